"""What an installed fish-openai has to do: `python spoken.py`, in an empty folder.

Needs nothing but what the package brings. The last line is JSON: what came of each check, and the
version of each library that was there.
"""

import base64
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import requires, version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from websockets.sync.client import connect

START_S = 300
ANSWER_S = 120
SAID = "The quick brown fox jumps over the lazy dog, and the dog does not mind it at all."
MAGIC = {
    "mp3": (b"\xff\xf3", b"\xff\xfb"),
    "opus": (b"OggS",),
    "aac": (b"\xff\xf1", b"\xff\xf9"),
    "flac": (b"fLaC",),
    "wav": (b"RIFF",),
    "pcm": (b"",),
}
"""How the body of each format may begin."""
LEAST_BYTES = 1_000
COMMAND = [str(Path(sys.executable).with_name("fish-openai"))]
"""What the package puts beside the Python that runs it."""
LOG = Path("server.log")
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("FISH_")}


def check_every_format(url: str) -> None:
    for name, begins in MAGIC.items():
        for is_stream in (True, False):
            body = _speech(url, response_format=name, stream=is_stream)
            assert body.startswith(begins), (name, body[:8])
            assert len(body) > LEAST_BYTES, (name, len(body))


def check_another_speed(url: str) -> None:
    slow, quick = (_speech(url, response_format="pcm", speed=speed, seed=1) for speed in (0.5, 2))
    assert len(slow) > 3 * len(quick)


def check_a_recording_becomes_a_voice(url: str) -> None:
    recording = _speech(url, input=SAID, response_format="wav", stream=False)
    body, kind = _form({"name": "Anna", "ref_text": SAID}, "audio_sample", recording)
    voice = json.loads(_answer(f"{url}/v1/audio/voices", body, kind))
    assert len(_speech(url, voice=voice["id"])) > LEAST_BYTES
    assert "Anna" in _answer(f"{url}/v1/audio/voices").decode()


def check_events(url: str) -> None:
    events = _speech(url, model="gpt-4o-mini-tts", stream_format="sse").decode()
    assert "speech.audio.delta" in events
    assert "speech.audio.done" in events


def check_realtime(url: str) -> None:
    content = [{"type": "input_text", "text": "Hello there."}]
    item = {"type": "message", "role": "user", "content": content}
    address = f"ws://{urlsplit(url).netloc}/v1/realtime?model=gpt-realtime"
    samples = b""
    with connect(address) as socket:
        socket.send(json.dumps({"type": "response.create", "response": {"input": [item]}}))
        while (event := json.loads(socket.recv(ANSWER_S)))["type"] != "response.done":
            samples += base64.b64decode(event.get("delta", ""))
    assert event["response"]["status"] == "completed", event
    assert len(samples) > LEAST_BYTES


def check_fish_audio(url: str) -> None:
    body = json.dumps({"text": "Hello there.", "format": "mp3"}).encode()
    assert len(_answer(f"{url}/v1/tts", body)) > LEAST_BYTES


def check_what_it_tells_of_itself(url: str) -> None:
    assert json.loads(_answer(f"{url}/health"))["status"] == "ok"
    assert json.loads(_answer(f"{url}/openapi.json"))["paths"]
    assert b"fish" in _answer(f"{url}/metrics")


def check_the_command_speaks(_url: str) -> None:
    for name, begins in MAGIC.items():
        file = Path(f"hello.{name}")
        command = [*COMMAND, "speak", "Hello there.", "-o", str(file)]
        done = subprocess.run(
            command, env=ENVIRONMENT, capture_output=True, text=True, check=False, timeout=START_S
        )
        assert done.returncode == 0, (name, done.stderr)
        assert file.read_bytes().startswith(begins), name
        assert file.stat().st_size > LEAST_BYTES, name


CHECKS = {
    name.removeprefix("check_"): check
    for name, check in list(globals().items())
    if name.startswith("check_")
}
"""Each check by its name."""


def _speech(url: str, **fields: Any) -> bytes:
    body = {"model": "tts-1", "voice": "alloy", "input": "Hello, how are you today?", **fields}
    return _answer(f"{url}/v1/audio/speech", json.dumps(body).encode())


def _answer(url: str, body: bytes | None = None, kind: str = "application/json") -> bytes:
    request = Request(url, body, {"Content-Type": kind})  # noqa: S310 - the server just started
    with urlopen(request, timeout=ANSWER_S) as answer:  # noqa: S310 - likewise
        content: bytes = answer.read()
        return content


def _form(fields: dict[str, str], file_field: str, file: bytes) -> tuple[bytes, str]:
    """A form with one file in it, and its Content-Type."""
    line = b"--between\r\nContent-Disposition: form-data; "
    parts = [line + f'name="{name}"\r\n\r\n{value}\r\n'.encode() for name, value in fields.items()]
    head = f'name="{file_field}"; filename="anna.wav"\r\nContent-Type: audio/wav\r\n\r\n'
    parts.append(line + head.encode() + file + b"\r\n--between--\r\n")
    return b"".join(parts), "multipart/form-data; boundary=between"


@contextmanager
def _server() -> Iterator[str]:
    """A server's address, once it says that it is ready; it has to end cleanly."""
    command = [*COMMAND, "serve", "--port", "0"]
    with (
        LOG.open("wb") as log,
        subprocess.Popen(
            command, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=log, text=True
        ) as process,
    ):
        try:
            assert process.stdout is not None
            welcome = process.stdout.readline()
            ready = re.search(r"ready on (http://\S+)", welcome)
            assert ready, f"the server did not start: {welcome}{_last_words()}"
            yield ready[1]
            process.terminate()
            assert process.wait(START_S) == 0, "the server did not end cleanly"
        finally:
            process.kill()


def _last_words() -> str:
    """What the server wrote last into its log."""
    return " ".join(LOG.read_text("utf-8").splitlines()[-1:])


def _reason(check: Any, url: str) -> str:
    try:
        check(url)
    except Exception as exc:  # noqa: BLE001 - the other checks run all the same
        return f"{type(exc).__name__}: {exc}"
    return ""


def _libraries() -> dict[str, str]:
    """The version of each library that the package cannot do without."""
    texts = (text for text in requires("fish-openai") or [] if "extra ==" not in text)
    names = (re.match(r"[\w.-]+", text) for text in texts)
    return {name[0]: version(name[0]) for name in names if name}


def main() -> None:
    """Run every check and print what came of it."""
    with _server() as url:
        told = {name: _reason(check, url) for name, check in CHECKS.items()}
    print(json.dumps({"checks": told, "libraries": _libraries()}))  # noqa: T201


if __name__ == "__main__":
    main()
