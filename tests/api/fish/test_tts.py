"""`POST /v1/tts`: what reaches the engine, what comes back, what is refused and how."""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import numpy as np
import pytest

from fish_openai.audio.loudness import SPEECH_DB
from fish_openai.errors import Overloaded
from fish_openai.settings import Settings
from tests.api.fish.service import INFO, PATH, fish_served, recording, refusal_of, samples
from tests.fakes import TIMEOUT_S, FakeEngine, Script, sine

MSGPACK = {"content-type": "application/msgpack"}


def speak(client: httpx.Client, **fields: Any) -> httpx.Response:
    return client.post(PATH, json={"text": "Hello there."} | fields)


def spoken(client: httpx.Client, **fields: Any) -> np.ndarray:
    """The samples of an answer in pcm."""
    answer = speak(client, format="pcm", **fields)
    assert answer.status_code == 200, answer.text
    return samples("pcm", answer.content)


def level_db(pcm: np.ndarray) -> float:
    return float(10 * np.log10(np.square(pcm).mean()))


@pytest.fixture
def voice_ids(client: httpx.Client) -> Iterator[list[str]]:
    """Two voices, whose recordings are of different lengths."""
    ids = []
    for title, seconds in (("Anna", 2.0), ("Ben", 4.0)):
        files = {"voices": recording(seconds)}
        answer = client.post("/model", data={"title": title, "texts": title}, files=files)
        ids.append(answer.json()["_id"])
    yield ids
    for voice_id in ids:
        assert client.delete(f"/model/{voice_id}").status_code == 200


@pytest.mark.parametrize("media_type", ["application/json", "text/plain", ""])
def test_a_body_is_json_whatever_its_content_type_says(
    client: httpx.Client, engine: FakeEngine, media_type: str
) -> None:
    answer = client.post(PATH, content=b'{"text": "Hi."}', headers={"content-type": media_type})
    assert answer.status_code == 200
    assert [request.text for request in engine.requests] == ["Hi."]


@pytest.mark.parametrize("media_type", ["application/msgpack", "application/x-msgpack"])
def test_a_body_of_msgpack_asks_for_the_same(
    client: httpx.Client, engine: FakeEngine, media_type: str
) -> None:
    body = msgspec.msgpack.encode({"text": "Hi.", "seed": 3, "reference_id": None})
    answer = client.post(PATH, content=body, headers={"content-type": media_type})
    assert answer.status_code == 200
    assert (engine.requests[0].text, engine.requests[0].sampling.seed) == ("Hi.", 3)


@pytest.mark.parametrize(
    ("format_name", "asked", "rate", "media_type"),
    [
        ("mp3", None, 44_100, "audio/mpeg"),
        ("mp3", 32_000, 32_000, "audio/mpeg"),
        ("wav", None, 44_100, "audio/wav"),
        ("wav", 8_000, 8_000, "audio/wav"),
        ("wav", 24_000, 24_000, "audio/wav"),
        ("pcm", None, 44_100, "audio/pcm"),
        ("pcm", 16_000, 16_000, "audio/pcm"),
        ("opus", None, 48_000, "audio/ogg"),
        ("opus", 24_000, 48_000, "audio/ogg"),
        ("opus", 44_100, 48_000, "audio/ogg"),
    ],
)
def test_every_format_has_the_rate_that_was_asked_for(
    client: httpx.Client, format_name: str, asked: int | None, rate: int, media_type: str
) -> None:
    answer = speak(client, format=format_name, sample_rate=asked)
    assert answer.headers["content-type"] == media_type
    assert answer.headers["transfer-encoding"] == "chunked"
    heard = samples(format_name, answer.content, rate)
    assert heard.size / rate == pytest.approx(1.0, abs=0.1)
    if format_name == "wav":
        assert int.from_bytes(answer.content[24:28], "little") == rate


def test_an_mp3_has_the_bit_rate_that_was_asked_for(client: httpx.Client) -> None:
    small, large = (len(speak(client, mp3_bitrate=rate).content) for rate in (64, 192))
    assert large / small == pytest.approx(3, rel=0.05)


def test_f04_the_bit_rate_of_opus_may_be_in_bits_or_kilobits(client: httpx.Client) -> None:
    sizes = [
        len(speak(client, format="opus", opus_bitrate=rate).content) for rate in (24, 24_000, 64)
    ]
    assert sizes[0] == sizes[1] < sizes[2]


def test_prosody_changes_speed_and_volume(client: httpx.Client) -> None:
    plain = spoken(client)
    fast = spoken(client, prosody={"speed": 2.0, "volume": None})
    quiet = spoken(client, prosody={"volume": -20})
    assert fast.size / plain.size == pytest.approx(0.5, abs=0.05)
    assert level_db(quiet) == pytest.approx(level_db(plain) - 20, abs=0.1)


def test_loudness_is_levelled_when_asked_for(client: httpx.Client, engine: FakeEngine) -> None:
    engine.script = Script(pcm=sine(3.0) / 8)
    left_alone = spoken(client, prosody={"normalize_loudness": False})
    levelled = spoken(client, prosody={"normalize_loudness": True})
    assert level_db(left_alone) < SPEECH_DB - 6
    assert level_db(levelled[INFO.sample_rate :]) == pytest.approx(SPEECH_DB, abs=0.5)


def test_the_clients_own_defaults_leave_the_choice_to_the_checkpoint(
    client: httpx.Client, engine: FakeEngine
) -> None:
    speak(client, temperature=0.7, top_p=0.7, repetition_penalty=1.2)
    speak(client, temperature=0.5, top_p=0.9, repetition_penalty=1.0, seed=7)
    default, chosen = (request.sampling for request in engine.requests)
    assert (default.temperature, default.top_p, default.repetition_penalty) == (None, None, None)
    assert (chosen.temperature, chosen.top_p, chosen.repetition_penalty) == (0.5, 0.9, 1.0)
    assert chosen.seed == 7


def test_the_most_new_tokens_count_for_each_chunk(client: httpx.Client, engine: FakeEngine) -> None:
    speak(client, text="x" * 450, max_new_tokens=10, chunk_length=200)
    speak(client, max_new_tokens=0)
    assert [request.max_frames for request in engine.requests] == [30, None]


def test_f05_recordings_in_the_request_are_the_voice(
    client: httpx.Client, engine: FakeEngine
) -> None:
    references = [{"audio": recording(), "text": "One."}, {"audio": recording(3.0), "text": "Two."}]
    body = {"text": "Hi.", "references": references, "reference_id": "nobody"}
    answer = client.post(PATH, content=msgspec.msgpack.encode(body), headers=MSGPACK)
    assert answer.status_code == 200, answer.text
    assert [each.text for each in engine.requests[0].references] == ["One.", "Two."]


def test_recordings_in_json_are_base64(client: httpx.Client, engine: FakeEngine) -> None:
    audio = base64.b64encode(recording()).decode()
    assert speak(client, references=[{"audio": audio, "text": "One."}]).status_code == 200
    assert engine.requests[0].references[0].text == "One."


def test_a_voice_is_found_by_each_of_its_names(
    client: httpx.Client, engine: FakeEngine, voice_ids: list[str]
) -> None:
    for name in (voice_ids[1], "Ben", "ben"):
        assert speak(client, reference_id=name).status_code == 200
    assert {request.references[0].text for request in engine.requests} == {"Ben"}


def test_f06_tagged_turns_are_spoken_one_after_another_by_their_voices(
    client: httpx.Client, engine: FakeEngine, voice_ids: list[str]
) -> None:
    text = "Wait. <|speaker:1|>Hi, Anna. <|speaker:0|>Hi! <|speaker:0|>Come in.<|speaker:1|> …"
    pcm = spoken(client, text=text, reference_id=voice_ids)
    said = [(request.references[0].text, request.text) for request in engine.requests]
    assert said == [("Anna", "Wait."), ("Ben", "Hi, Anna."), ("Anna", "Hi! Come in.")]
    assert pcm.size == 3 * INFO.sample_rate


def test_f06_with_one_voice_every_turn_is_its(
    client: httpx.Client, engine: FakeEngine, voice_ids: list[str]
) -> None:
    speak(client, text="<|speaker:0|>Hi! <|speaker:5|>Hello.", reference_id=voice_ids[0])
    assert [request.text for request in engine.requests] == ["Hi!", "Hello."]


def test_turns_of_a_voice_without_a_seed_share_one(
    client: httpx.Client, engine: FakeEngine, voice_ids: list[str]
) -> None:
    speak(client, text="<|speaker:0|>Hi! <|speaker:1|>Hello.", reference_id=voice_ids)
    first, second = (request.sampling.seed for request in engine.requests)
    assert first == second is not None


def test_a_later_turn_waits_for_a_place(
    client: httpx.Client, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fish_openai.api.fish.conversation._FULL_S", 0.0)
    speak_at_once, refusals = engine.speak, iter([None, Overloaded("full", retry_after_s=1), None])

    def speak_sometimes(request: Any) -> Any:
        if refusal := next(refusals):
            raise refusal
        return speak_at_once(request)

    monkeypatch.setattr(engine, "speak", speak_sometimes)
    pcm = spoken(client, text="<|speaker:0|>Hi! <|speaker:1|>Hello.", reference_id="alloy")
    assert pcm.size == 2 * INFO.sample_rate


def test_a_fault_in_a_later_turn_breaks_the_answer_off(
    client: httpx.Client, engine: FakeEngine
) -> None:
    engine.script = Script(fails_before=2)
    with pytest.raises(httpx.RemoteProtocolError):
        spoken(client, text="<|speaker:0|>Hi! <|speaker:1|>Hello.")


@pytest.mark.parametrize("text", ["…", "🙂", " ", "<|speaker:0|>"])
def test_a_text_with_nothing_to_say_is_left_to_the_engine(
    client: httpx.Client, engine: FakeEngine, text: str
) -> None:
    assert speak(client, text=text).status_code == 200
    assert [request.text for request in engine.requests] == ["…"]


def test_numbers_are_left_to_the_operator_unless_the_client_objects(
    client: httpx.Client, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    async def note(text: str, _settings: Settings, *, normalize: bool | None) -> str:
        asked.append(normalize)
        return text.upper()

    monkeypatch.setattr("fish_openai.api.fish.casting.wording", note)
    speak(client, normalize=True)
    speak(client, normalize=False)
    assert asked == [None, False]
    assert engine.requests[0].text == "HELLO THERE."


@pytest.mark.parametrize("model", ["s1", "s2-pro", "speech-1.5", "nonsense"])
def test_f07_any_model_is_this_one(client: httpx.Client, model: str) -> None:
    answer = client.post(PATH, json={"text": "Hi."}, headers={"model": model})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"text": ""}, "text"),
        ({"text": None}, "text"),
        ({"text": "x" * 41_000}, "text"),
        ({"text": 5}, "text"),
        ({"format": "flac"}, "format"),
        ({"format": "wav", "sample_rate": 12_345}, "sample rate of 12345 Hz"),
        ({"sample_rate": "fast"}, "sample_rate"),
        ({"mp3_bitrate": 96}, "mp3_bitrate"),
        ({"opus_bitrate": 1}, "opus_bitrate"),
        ({"prosody": {"speed": 2.1}}, "prosody"),
        ({"prosody": {"volume": -21}}, "prosody"),
        ({"temperature": -1}, "temperature"),
        ({"top_p": 1.1}, "top_p"),
        ({"latency": "late"}, "latency"),
        ({"references": [{"audio": "###"}]}, "references"),
        ({"reference_id": ["alloy"] * 17}, "reference_id"),
        ({"text": "<|speaker:2|>Hi.", "reference_id": ["alloy", "echo"]}, "<|speaker:2|>"),
    ],
)
def test_what_is_not_accepted_is_named(
    client: httpx.Client, engine: FakeEngine, fields: dict[str, Any], named: str
) -> None:
    answer = speak(client, **fields)
    assert answer.status_code == 400
    assert named in refusal_of(answer)
    assert not engine.requests


@pytest.mark.parametrize(
    ("content", "headers"),
    [
        (b"{bad", {}),
        (b"[]", {}),
        (b"", {}),
        (b"\x80\x01", {}),
        (b"\xc1", MSGPACK),
        (b"", MSGPACK),
        (b"\x90", MSGPACK),
        (b"\x81\x01\x02", MSGPACK),
        (b"\x81\xa4text\xd9\x02\xff\xff", MSGPACK),
        (b"\x91" * 10_000 + b"\x90", MSGPACK),
        (b"[" * 100_000, {}),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(
    client: httpx.Client, content: bytes, headers: dict[str, str]
) -> None:
    answer = client.post(PATH, content=content, headers=headers)
    assert answer.status_code == 400
    assert "The body cannot be read" in refusal_of(answer)


def test_f08_an_unknown_voice_is_404(client: httpx.Client) -> None:
    answer = speak(client, reference_id="933563129e564b19a115bedd57b7406a")
    assert answer.status_code == 404
    assert "933563129e564b19a115bedd57b7406a" in refusal_of(answer)


def test_an_id_of_the_cloud_can_be_given_to_a_voice_of_ours(tmp_path: Path) -> None:
    engine = FakeEngine(info=INFO)
    cloud_id = "933563129e564b19a115bedd57b7406a"
    (tmp_path / "aliases.toml").write_text(f'"{cloud_id}" = "echo"\n')
    with fish_served(engine, tmp_path) as url, httpx.Client(base_url=url) as client:
        for name in (cloud_id, "echo"):
            assert speak(client, reference_id=name).status_code == 200
    first, second = (request.sampling.seed for request in engine.requests)
    assert first == second


def test_f08_a_recording_that_is_none_is_refused(client: httpx.Client) -> None:
    audio = base64.b64encode(b"no audio at all").decode()
    answer = speak(client, references=[{"audio": audio}])
    assert answer.status_code == 400
    assert refusal_of(answer)


def test_f08_a_loading_engine_is_503(client: httpx.Client, engine: FakeEngine) -> None:
    engine.state = "loading"
    answer = speak(client)
    assert answer.status_code == 503
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert "loaded" in refusal_of(answer)


def test_f08_a_full_engine_is_429(client: httpx.Client, engine: FakeEngine) -> None:
    engine.script = Script(refuses=Overloaded("the queue is full", retry_after_s=2))
    answer = speak(client)
    assert answer.status_code == 429
    assert refusal_of(answer) == "the queue is full"


def test_f08_a_fault_before_the_first_byte_is_500_without_its_cause(
    client: httpx.Client, engine: FakeEngine
) -> None:
    engine.script = Script(fails_before=0)
    answer = speak(client)
    assert answer.status_code == 500
    assert "secret" not in refusal_of(answer)


def test_f08_without_the_key_it_is_401(tmp_path: Path) -> None:
    locked = FakeEngine(info=INFO)
    keys = Settings.load({}, {"FISH_API_KEYS": "the key of this test"}).api_keys
    with fish_served(locked, tmp_path, api_keys=keys) as url, httpx.Client() as client:
        for path in ("/model", "/wallet/self/package"):
            answer = client.get(url + path)
            assert answer.status_code == 401
            assert refusal_of(answer)
        assert client.post(url + PATH, json={"text": "Hi."}).status_code == 401
        headers = {"authorization": "Bearer the key of this test"}
        assert client.post(url + PATH, json={"text": "Hi."}, headers=headers).status_code == 200
    assert len(locked.requests) == 1


def test_leaving_in_mid_stream_frees_the_row(client: httpx.Client, engine: FakeEngine) -> None:
    engine.script = Script(holds_before=2)
    with client.stream("POST", PATH, json={"text": "Hi.", "format": "pcm"}) as answer:
        next(answer.iter_bytes())
    assert engine.next_accepted().closed.wait(TIMEOUT_S)


def test_leaving_in_a_later_turn_begins_no_more(client: httpx.Client, engine: FakeEngine) -> None:
    engine.script = Script(holds_before=1)
    text = "<|speaker:0|>One.<|speaker:1|>Two.<|speaker:2|>Three."
    with client.stream("POST", PATH, json={"text": text, "format": "pcm"}):
        engine.next_accepted().resumed.set()
        second = engine.next_accepted()
    assert second.closed.wait(TIMEOUT_S)
    assert [request.text for request in engine.requests] == ["One.", "Two."]
