"""The bytes of an answer: six formats, streamed and whole."""

import httpx
import numpy as np
import pytest

from tests.api.speech_call import PATH, RATE, duration_s, samples, speech
from tests.fakes import FakeEngine, Script, sine

MEDIA_TYPES = {
    "mp3": "audio/mpeg",
    "opus": "audio/opus",
    "aac": "audio/aac",
    "flac": "audio/flac",
    "wav": "audio/wav",
    "pcm": "audio/pcm",
}
MAGIC = {"mp3": b"\xff\xf3", "opus": b"OggS", "aac": b"\xff\xf1", "flac": b"fLaC", "wav": b"RIFF"}
STREAMED_WAV_HEADER = bytes.fromhex(
    "52494646FFFFFFFF57415645666D74201000000001000100C05D000080BB00000200100064617461FFFFFFFF"
)
PADDING_S = 0.15
"""What the frames of a compressed format may add to a recording."""

every_format = pytest.mark.parametrize("format_name", MEDIA_TYPES)


@every_format
def test_s02_each_format_is_streamed_as_what_it_says(
    client: httpx.Client, format_name: str
) -> None:
    answer = client.post(PATH, json=speech(response_format=format_name))
    assert answer.headers["content-type"] == MEDIA_TYPES[format_name]
    assert answer.headers["transfer-encoding"] == "chunked"
    assert "content-length" not in answer.headers
    assert answer.content.startswith(MAGIC.get(format_name, b""))
    assert duration_s(format_name, answer.content) == pytest.approx(1.0, abs=PADDING_S)


@every_format
def test_whole_body_has_a_length_and_decodes_to_the_same_duration(
    client: httpx.Client, format_name: str
) -> None:
    answer = client.post(PATH, json=speech(response_format=format_name, stream=False))
    assert answer.headers["content-type"] == MEDIA_TYPES[format_name]
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert duration_s(format_name, answer.content) == pytest.approx(1.0, abs=PADDING_S)


@every_format
def test_streamed_and_whole_body_hold_the_same_samples(
    client: httpx.Client, format_name: str
) -> None:
    body = speech(response_format=format_name)
    streamed = client.post(PATH, json=body).content
    whole = client.post(PATH, json=body | {"stream": False}).content
    np.testing.assert_array_equal(samples(format_name, streamed), samples(format_name, whole))


def test_s02_mp3_is_the_default(client: httpx.Client) -> None:
    answer = client.post(PATH, json=speech())
    assert answer.headers["content-type"] == "audio/mpeg"
    assert answer.content.startswith(MAGIC["mp3"])


@pytest.mark.parametrize("name", ["ogg", "oga"])
def test_s20_ogg_is_another_name_of_opus(client: httpx.Client, name: str) -> None:
    answer = client.post(PATH, json=speech(response_format=name))
    assert answer.headers["content-type"] == "audio/opus"
    assert answer.content.startswith(b"OggS")


def test_s03_pcm_is_every_sample_at_24_khz_and_nothing_else(client: httpx.Client) -> None:
    answer = client.post(PATH, json=speech(response_format="pcm"))
    assert len(answer.content) == 2 * RATE


def test_s04_streamed_wav_has_one_header_of_unknown_length(client: httpx.Client) -> None:
    answer = client.post(PATH, json=speech(response_format="wav"))
    assert answer.content.startswith(STREAMED_WAV_HEADER)
    assert answer.content.count(b"RIFF") == 1
    assert len(answer.content) == len(STREAMED_WAV_HEADER) + 2 * RATE


def test_whole_wav_tells_its_exact_sizes(client: httpx.Client) -> None:
    content = client.post(PATH, json=speech(response_format="wav", stream=False)).content
    assert int.from_bytes(content[4:8], "little") == len(content) - 8
    assert int.from_bytes(content[40:44], "little") == len(content) - 44 == 2 * RATE


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("speed", [0.25, 0.5, 2.0, 4.0])
def test_s18_speed_changes_the_duration(client: httpx.Client, speed: float, stream: bool) -> None:  # noqa: FBT001
    body = speech(response_format="pcm", speed=speed, stream=stream)
    answer = client.post(PATH, json=body)
    assert duration_s("pcm", answer.content) == pytest.approx(1.0 / speed, rel=0.06)


def test_s32_audio_is_never_compressed_again(client: httpx.Client) -> None:
    answer = client.post(PATH, json=speech(), headers={"Accept-Encoding": "gzip, br"})
    assert "content-encoding" not in answer.headers


def test_s37_two_mp3_bodies_behind_each_other_are_one_recording(client: httpx.Client) -> None:
    body = client.post(PATH, json=speech()).content
    assert b"ID3" not in body
    assert b"Xing" not in body
    assert b"Info" not in body
    assert duration_s("mp3", body + body) == pytest.approx(2 * duration_s("mp3", body), abs=0.06)


def test_audio_is_not_stored_held_back_or_offered_as_a_file(client: httpx.Client) -> None:
    headers = client.post(PATH, json=speech()).headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-accel-buffering"] == "no"
    assert "content-disposition" not in headers


@every_format
def test_speech_too_short_for_a_frame_is_still_a_file(
    client: httpx.Client, engine: FakeEngine, format_name: str
) -> None:
    engine.script = Script(pcm=sine(0.002), num_chunks=1)
    answer = client.post(PATH, json=speech(response_format=format_name))
    assert answer.status_code == 200
    assert duration_s(format_name, answer.content) < PADDING_S


@pytest.mark.parametrize(
    "path", ["/v1/audio/speech", "/v1//audio/speech", "/v1/audio/speech/", "/audio/speech"]
)
def test_s39_every_spelling_of_the_path_speaks(client: httpx.Client, path: str) -> None:
    assert client.post(path, json=speech()).status_code == 200
