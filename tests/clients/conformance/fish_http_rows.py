"""F01 to F08 and F12: the HTTP of Fish Audio, as its own clients speak it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from fish_audio_sdk import HttpCodeErr, Session
from fishaudio import FishAudio
from fishaudio.exceptions import NotFoundError
from fishaudio.types import ReferenceAudio

from tests.clients.conformance.mismatch import Mismatch, require
from tests.clients.conformance.row import Need, Row, Step
from tests.clients.conformance.sound import heard, seconds_of
from tests.clients.conformance.target import WAIT_S, Call, Target, shown
from tests.clients.conformance.voice_rows import SAID

TTS = "/v1/tts"
NO_VOICE = "0" * 32
RATES = (8_000, 16_000, 24_000, 44_100)
DEFAULT_RATE = 44_100
ERROR_KEYS = {"status", "message", "detail"}
"""More than these would make the older client fail over the error itself."""


@contextmanager
def fish_client(target: Target) -> Iterator[FishAudio]:
    """The client of Fish Audio, which knows no `/v1` in its address."""
    http_client = httpx.Client(base_url=target.address, timeout=WAIT_S, trust_env=False)
    key = target.setup.key or "any"
    with http_client, FishAudio(api_key=key, httpx_client=http_client) as client:
        yield client


def tts(body: dict[str, Any], **headers: str) -> Call:
    """A call with a body in JSON."""
    return Call(path=TTS, json={"text": "Hello there.", **body}, headers=headers)


def spoken(body: dict[str, Any], rate: int, format_name: str = "mp3", **headers: str) -> Step:
    """A step whose answer is whole audio at a rate."""

    def step(target: Target) -> None:
        answer = target.send(tts(body, **headers))
        _check_audio(answer, format_name, rate)

    return step


def convert(target: Target) -> None:
    """F01: msgpack there, mp3 back."""
    with fish_client(target) as fish:
        sound = heard("mp3", fish.tts.convert(text="Hello there."))
    require(sound.rate == DEFAULT_RATE, f"mp3 at {sound.rate} Hz, not {DEFAULT_RATE}")
    require(sound.seconds > 0, "no sound")


def convert_at_each_rate_of_pcm(target: Target) -> None:
    """F03: pcm says nothing of its rate; twice the rate is twice as much."""
    sizes = [
        len(target.send(tts({"format": "pcm", "sample_rate": rate, "seed": 1})).content)
        for rate in (8_000, 16_000)
    ]
    require(1.9 < sizes[1] / sizes[0] < 2.1, f"bytes at 8 and 16 kHz: {sizes}")


def speak_like_a_recording(target: Target) -> None:
    """F05: a recording inside the request is the voice."""
    recording = target.speak(input=SAID, response_format="wav", stream=False)
    with fish_client(target) as fish:
        references = [ReferenceAudio(audio=recording, text=SAID)]
        audio = fish.tts.convert(text="Hello there.", references=references)
    require(seconds_of("mp3", audio) > 0, "no sound")


def speak_in_turns(target: Target) -> None:
    """F06: a voice for each speaker of the text."""
    with fish_client(target) as fish:
        voices = [voice.id for voice in fish.voices.list(page_size=2).items]
    require(len(voices) == 2, f"{len(voices)} voices, where two were asked for")
    text = "<|speaker:0|>Good morning.<|speaker:1|>Good morning to you."
    answer = target.send(tts({"text": text, "reference_id": voices}))
    _check_audio(answer, "mp3", DEFAULT_RATE)


def refuse_an_unknown_voice(target: Target) -> None:
    """F08: 404 with the keys that its clients can take, and both clients raise it."""
    answer = target.send(tts({"reference_id": NO_VOICE}))
    _check_error(answer, httpx.codes.NOT_FOUND)
    with fish_client(target) as fish:
        try:
            fish.voices.get(NO_VOICE)
        except NotFoundError as error:
            require(error.message, "the error has no message")
        else:
            raise Mismatch("a voice that does not exist was found")


def refuse_the_older_client(target: Target) -> None:
    """F08: it takes the error apart key by key."""
    with Session(target.setup.key or "any", base_url=target.address) as session:
        try:
            session.get_model(NO_VOICE)
        except HttpCodeErr as error:
            require(error.status == httpx.codes.NOT_FOUND, f"status {error.status}")
        else:
            raise Mismatch("a voice that does not exist was found")


def refuse_without_a_key(target: Target) -> None:
    """F08: 401 in the shape of Fish Audio."""
    answer = target.send_bare(tts({}), {"Authorization": "Bearer wrong"})
    _check_error(answer, httpx.codes.UNAUTHORIZED)


def keep_a_voice(target: Target) -> None:
    """F12: made, found, changed and deleted, each answer as its client's own types want it."""
    recording = target.speak(input=SAID, response_format="wav", stream=False)
    with fish_client(target) as fish:
        made = fish.voices.create(title="Conformance F12", voices=[recording], texts=[SAID])
        try:
            require(made.state == "trained", f"the state is {made.state}")
            require(fish.voices.get(made.id).title == made.title, "another title")
            fish.voices.update(made.id, title="Conformance F12, again", tags=["one", "two"])
            changed = fish.voices.get(made.id)
            require(changed.tags == ["one", "two"], f"tags are {changed.tags}")
            found = fish.voices.list(title=changed.title, page_size=100).items
            require(made.id in [voice.id for voice in found], "not in the list")
            audio = fish.tts.convert(text="Hello there.", reference_id=made.id)
            require(seconds_of("mp3", audio) > 0, "no sound")
        finally:
            fish.voices.delete(made.id)
        _must_be_gone(fish, made.id)


def _must_be_gone(fish: FishAudio, voice_id: str) -> None:
    try:
        fish.voices.get(voice_id)
    except NotFoundError:
        return
    raise Mismatch("the voice is still there")


def _check_audio(answer: httpx.Response, format_name: str, rate: int) -> None:
    require(answer.status_code == httpx.codes.OK, f"not 200: {shown(answer)}")
    kind = answer.headers.get("content-type", "")
    require(kind.startswith("audio/"), f"content-type is {kind!r}")
    sound = heard(format_name, answer.content)
    require((sound.rate, sound.channels) == (rate, 1), f"{format_name} is {sound}, not {rate} Hz")
    require(sound.seconds > 0, "no sound")


def _check_error(answer: httpx.Response, status: int) -> None:
    require(answer.status_code == status, f"not {status}: {shown(answer)}")
    error = answer.json()
    require(error.keys() <= ERROR_KEYS, f"the error has the keys {sorted(error)}")
    require(error.get("status") == status, f"status in the body: {error.get('status')!r}")
    require(error.get("message"), "the error has no message")


ROWS = (
    Row("F01", "the client of Fish Audio speaks", (convert,)),
    Row(
        "F02",
        "a body in JSON",
        (spoken({}, DEFAULT_RATE), spoken({"format": "wav"}, DEFAULT_RATE, "wav")),
    ),
    Row(
        "F03",
        "each format at the rates that it has",
        (
            *(spoken({"format": "wav", "sample_rate": rate}, rate, "wav") for rate in RATES),
            *(spoken({"format": "mp3", "sample_rate": rate}, rate) for rate in RATES),
            spoken({"format": "opus"}, 48_000, "opus"),
            convert_at_each_rate_of_pcm,
        ),
    ),
    Row(
        "F04",
        "opus_bitrate in kbit/s and in bit/s",
        tuple(
            spoken({"format": "opus", "opus_bitrate": bitrate}, 48_000, "opus")
            for bitrate in (32, 32_000)
        ),
    ),
    Row("F05", "a recording inside the request", (speak_like_a_recording,)),
    Row("F06", "two speakers in one text", (speak_in_turns,)),
    Row(
        "F07",
        "any name of a model in the header",
        tuple(spoken({}, DEFAULT_RATE, model=name) for name in ("s1", "speech-1.5", "nonsense")),
    ),
    Row("F08", "an unknown voice", (refuse_an_unknown_voice, refuse_the_older_client)),
    Row("F08-key", "a wrong key", (refuse_without_a_key,), need=Need.KEYS),
    Row("F12", "a voice is made, found, changed and deleted", (keep_a_voice,)),
)
