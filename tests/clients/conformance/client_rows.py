"""Speech as other clients ask for it and read it, replayed from what they send."""

import base64
import io
import json
import wave
from collections.abc import Iterator
from typing import Any

import httpx

from tests.clients.conformance.by_hand import post
from tests.clients.conformance.checks import begun, streamed
from tests.clients.conformance.discovery_rows import OPENAI_NAMES
from tests.clients.conformance.mismatch import Mismatch, require
from tests.clients.conformance.row import LENIENT, Need, Row, Step
from tests.clients.conformance.sdk import openai_client
from tests.clients.conformance.sound import mp3_frames, seconds_of
from tests.clients.conformance.target import Call, Target, shown, speech

BASE = {"model": "tts-1", "input": "Hello there, how are you today?", "voice": "alloy"}
_LIVEKIT_AUDIO = frozenset(
    {
        "aac",
        "flac",
        "mp3",
        "mp4",
        "mpeg",
        "ogg",
        "opus",
        "pcm",
        "wav",
        "wave",
        "webm",
        "x-aac",
        "x-flac",
        "x-mpeg",
        "x-wav",
    }
)
_SLIM_AUDIO = frozenset(
    {"aac", "flac", "mp3", "mp4", "mpeg", "ogg", "opus", "wav", "webm", "x-wav"}
)
_MAGIC = {b"RIFF": "wav", b"OggS": "ogg", b"fLaC": "flac", b"ID3": "mp3"}
_WYOMING_BYTES = 2048
_BIG_AGI_BYTES = 4096
_OBSIDIAN = "app://obsidian.md"


def posted(body: dict[str, Any], format_name: str = "mp3", **headers: str) -> Step:
    """A step that sends a body as it is, and gets whole audio."""

    def step(target: Target) -> None:
        streamed(format_name)(target.send(Call(json=body, headers=headers)))

    return step


def posted_keyless(body: dict[str, Any], authorization: str) -> Step:
    """The same with what clients send that were given no key."""

    def step(target: Target) -> None:
        streamed()(post(target, body, {"Authorization": authorization}))

    return step


def read_aloud_as_open_webui(target: Target) -> None:
    """Its address ends with a slash; admins merge what they like into the body; mp3 is kept as is."""
    params = {"speed": 1.1, "response_format": None, "chunking": {"by": "line"}}
    sent = Call(path="/v1//audio/speech", json={**BASE, **params})
    answer = target.send(sent)
    require(answer.status_code == httpx.codes.OK, f"not 200: {shown(answer)}")
    kind = answer.headers["content-type"]
    require(kind.removeprefix("audio/") in _SLIM_AUDIO, f"slim images refuse {kind}")
    require(kind == "audio/mpeg", f"{kind} would be encoded again")


def read_fragments_as_open_webui(target: Target) -> None:
    """One refused sentence stops the reading; it sends all of these as sentences."""
    for text in ("1.", "—", "🙂", "…", "- "):
        streamed()(target.send(Call(json={**BASE, "input": text})))


def read_events_as_livekit(target: Target) -> None:
    """It looks at the Content-Type first, then at lines that begin with `data: `, until [DONE]."""
    target.get("/v1/")  # it warms the connection up, whatever is answered
    body = {
        "input": "Hello there.",
        "model": "gpt-4o-mini-tts",
        "voice": "ash",
        "response_format": "mp3",
        "speed": 1.0,
        "stream_format": "sse",
    }
    with openai_client(target) as client:
        create = client.audio.speech.with_streaming_response.create
        with create(**body) as answer:
            require("text/event-stream" in answer.headers["content-type"], "no events")
            audio = b"".join(_livekit_audio(answer.iter_lines()))
    require(seconds_of("mp3", audio) > 0, "no sound in the events")


def read_audio_as_livekit(target: Target) -> None:
    """With tts-1 it asks for no events, and decodes what the Content-Type says."""
    answer = target.send(Call(json={**BASE, "voice": "ash", "response_format": "pcm"}))
    streamed("pcm")(answer)
    kind = answer.headers["content-type"].removeprefix("audio/")
    require(kind in _LIVEKIT_AUDIO, f"audio/{kind} is none that it knows")


def stream_as_pipecat(target: Target) -> None:
    """Every name of OpenAI, 200 and nothing else, 16-bit samples at 24 kHz."""
    with openai_client(target) as client:
        create = client.audio.speech.with_streaming_response.create
        for name in sorted(OPENAI_NAMES):
            body = speech(model="gpt-4o-mini-tts", voice=name, response_format="pcm")
            with create(**body) as answer:
                require(answer.status_code == httpx.codes.OK, f"{name}: {answer.status_code}")
                audio = b"".join(answer.iter_bytes(1024))
            require(seconds_of("pcm", audio) > 0, f"{name}: no sound")


def concatenate_as_librechat(target: Target) -> None:
    """Chunks of a long text are played as one stream of frames."""
    texts = ("The first thousand characters.", "The next thousand.", "And the rest.")
    bodies = [{"input": text, "model": "tts-1", "voice": "nova", "backend": ""} for text in texts]
    audio = b"".join(target.send(Call(json=body)).content for body in bodies)
    require(len(list(mp3_frames(audio))) > len(texts), "not frames of mp3 from end to end")


def read_header_as_silly_tavern(target: Target) -> None:
    """A page reads the header at fixed places of the first chunk of the network."""
    body = {**BASE, "response_format": "wav", "stream": True, "params": {"temperature": 0.7}}
    headers = {"Origin": "http://127.0.0.1:8000"}
    chunk = target.send(Call(json=body, headers=headers, max_bytes=1)).content
    require(len(chunk) > 44, f"the first chunk has {len(chunk)} bytes")
    rate = int.from_bytes(chunk[24:28], "little")
    channels, bits = int.from_bytes(chunk[22:24], "little"), int.from_bytes(chunk[34:36], "little")
    told = (rate, channels, bits)
    require(told == (24_000, 1, 16), f"rate, channels and bits at their places: {told}")


def sniff_as_anything_llm(target: Target) -> None:
    """It goes by the first bytes, and takes what it does not know for mp3."""
    body = {"model": "kokoro", "voice": "alloy", "input": "Hello there."}
    content = target.send(Call(json=body)).content
    kind = next((name for magic, name in _MAGIC.items() if content.startswith(magic)), "mp3")
    is_frame = content[0] == 0xFF and content[1] & 0xE0 == 0xE0
    require(kind == "mp3" and is_frame, f"it takes {content[:4].hex(' ')} for {kind}")


def parse_as_wyoming(target: Target) -> None:
    """It parses the header out of the first bytes of a stream, with Python's own reader."""
    body = speech(voice="echo", response_format="wav")
    content = target.send(Call(json=body)).content
    with wave.open(io.BytesIO(content[:_WYOMING_BYTES])) as reader:
        told = (reader.getframerate(), reader.getnchannels(), reader.getsampwidth())
    require(told == (24_000, 1, 2), f"rate, channels and bytes of a sample: {told}")


def read_long_as_big_agi(target: Target) -> None:
    """As much text at once as nobody else sends; the audio is played as it comes."""
    body = {
        "input": "word " * 8_000,
        "model": "tts-1",
        "voice": "alloy",
        "speed": 1,
        "response_format": "mp3",
    }
    begun()(target.send(Call(json=body, max_bytes=_BIG_AGI_BYTES)))


def convert_as_home_assistant(target: Target) -> None:
    """It sends the text "None" where there are no instructions."""
    for format_name in ("mp3", "opus", "aac", "flac", "wav", "pcm"):
        body = speech(
            model="gpt-4o-mini-tts",
            voice="marin",
            instructions="None",
            speed=1.0,
            response_format=format_name,
        )
        streamed(format_name)(target.send(Call(json=body)))


def speak_as_obsidian(target: Target) -> None:
    """A page of its own kind, no voice chosen, samples without a header."""
    body = {**BASE, "voice": "", "speed": 0.3, "response_format": "pcm"}
    answer = target.send(Call(json=body, headers={"Origin": _OBSIDIAN}))
    streamed("pcm")(answer)
    allowed = answer.headers.get("access-control-allow-origin")
    require(allowed in {"*", _OBSIDIAN}, f"pages of {_OBSIDIAN} may not read: {allowed}")


def concatenate_as_epub_to_audiobook(target: Target) -> None:
    """Nulls for what nobody chose; parts of a chapter are put behind each other."""
    body = {**BASE, "speed": None, "instructions": None, "response_format": "mp3"}
    parts = [target.send(Call(json=body)) for _ in range(2)]
    for part in parts:
        streamed()(part)
    whole, sum_s = (
        b"".join(p.content for p in parts),
        sum(seconds_of("mp3", p.content) for p in parts),
    )
    require(abs(seconds_of("mp3", whole) - sum_s) < 0.1, "parts are lost in the whole")


def pass_on_as_litellm(target: Target) -> None:
    """It adds who asks, and passes the Content-Type on if it is audio."""
    answer = target.send(Call(path="/audio/speech", json={**BASE, "user": "somebody"}))
    streamed()(answer)


def _livekit_audio(lines: Iterator[str]) -> Iterator[bytes]:
    for line in lines:
        if not line.startswith("data: "):
            continue
        data = line.removeprefix("data: ")
        if data == "[DONE]":
            return
        event = json.loads(data)
        yield base64.b64decode(event.get("delta") or event.get("audio") or "")
    raise Mismatch("the events do not end with [DONE]")


ROWS = (
    Row("open-webui", "Open WebUI reads aloud", (read_aloud_as_open_webui,), modes=LENIENT),
    Row(
        "open-webui-pieces",
        "Open WebUI: what it takes for sentences",
        (read_fragments_as_open_webui,),
    ),
    Row(
        "open-webui-keyless",
        "Open WebUI without a key",
        (posted_keyless(BASE, "Bearer "),),
        need=Need.NO_KEYS,
    ),
    Row("livekit-sse", "LiveKit: events", (read_events_as_livekit,)),
    Row("livekit-audio", "LiveKit: plain audio", (read_audio_as_livekit,)),
    Row("pipecat", "pipecat: pcm in each of the thirteen voices", (stream_as_pipecat,)),
    Row(
        "vercel-ai",
        "Vercel AI SDK",
        (posted({**BASE, "response_format": "mp3", "speed": 1.2, "instructions": "Calmly."}),),
    ),
    Row("librechat", "LibreChat: mp3 bodies behind each other", (concatenate_as_librechat,)),
    Row(
        "librechat-keyless",
        "LibreChat without a key",
        (posted_keyless({**BASE, "backend": "x"}, "undefined"),),
        need=Need.NO_KEYS,
    ),
    Row(
        "silly-tavern",
        "SillyTavern: mp3",
        (posted({**BASE, "response_format": "mp3", "speed": 1, "retry_badcase": False}),),
    ),
    Row(
        "silly-tavern-wav",
        "SillyTavern: the header of a streamed wav",
        (read_header_as_silly_tavern,),
    ),
    Row(
        "anything-llm",
        "AnythingLLM: what its first bytes say",
        (sniff_as_anything_llm,),
        modes=LENIENT,
    ),
    Row("home-assistant", 'Home Assistant: instructions "None"', (convert_as_home_assistant,)),
    Row(
        "openai-tts",
        "Home Assistant, openai_tts: a point as a probe",
        (
            posted({**BASE, "input": "."}, **{"User-Agent": "HomeAssistant-OpenAI-TTS"}),
            posted({**BASE, "response_format": "mp3", "chunk_length": 200, "stream_options": {}}),
        ),
    ),
    Row("wyoming", "wyoming_openai: the header of a streamed wav", (parse_as_wyoming,)),
    Row(
        "n8n",
        "n8n: tts-1-hd in each format",
        tuple(
            posted({**BASE, "model": "tts-1-hd", "response_format": name, "speed": 1}, name)
            for name in ("mp3", "opus", "aac", "flac")
        ),
    ),
    Row("lobe-chat", "LobeChat: any Accept", (posted(BASE, Accept="*/*"),)),
    Row("big-agi", "big-AGI: 40,000 characters", (read_long_as_big_agi,), modes=LENIENT),
    Row(
        "big-agi-local",
        "big-AGI as to LocalAI: no voice",
        (
            posted(
                {"input": "Hello.", "model": "tts-1", "language": "en", "response_format": "mp3"}
            ),
        ),
        modes=LENIENT,
    ),
    Row(
        "epub-to-audiobook",
        "epub_to_audiobook: nulls, parts behind each other",
        (concatenate_as_epub_to_audiobook,),
    ),
    Row(
        "obsidian",
        "obsidian-aloud-tts: no voice chosen, from a page",
        (speak_as_obsidian,),
        modes=LENIENT,
    ),
    Row("litellm", "LiteLLM: a user, and no /v1", (pass_on_as_litellm,)),
)
