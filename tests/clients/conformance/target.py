"""The server that is checked, and the ways in which a row can call it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import httpx

from tests.clients.conformance.mismatch import require
from tests.fakes import FakeEngine

Mode = Literal["lenient", "strict"]

SPEECH = "/v1/audio/speech"
WAIT_S = 120.0
"""How long a server may be silent: a real one may take so long for the first frame on a CPU."""


def speech(**changes: Any) -> dict[str, Any]:
    """A body that every server accepts, with changes; a field changed to `...` is left out."""
    body = {"model": "tts-1", "input": "Hello there.", "voice": "alloy"} | changes
    return {name: value for name, value in body.items() if value is not ...}


@dataclass(frozen=True, kw_only=True)
class Call:
    """What is sent."""

    method: str = "POST"
    path: str = SPEECH
    json: Any = None
    content: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    max_bytes: int | None = None
    """Hang up after so much of the answer, where all of it would take a real server minutes."""


@dataclass(frozen=True, kw_only=True)
class Setup:
    """What is known of the server before anything has been sent."""

    mode: Mode = "lenient"
    key: str | None = None
    """Of a server that asks for one."""
    engine: FakeEngine | None = None
    """Of a server in this process: it does what a row says."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """A server to be checked."""

    address: str
    """`http://host:port`, without `/v1`."""
    setup: Setup
    client: httpx.Client

    @property
    def engine(self) -> FakeEngine:
        """The engine of a server in this process."""
        assert self.setup.engine is not None, "only rows with Need.CONTROL may ask for it"
        return self.setup.engine

    def authorized(self, headers: Mapping[str, str]) -> dict[str, str]:
        """`headers` with the server's key, if it has one and they bring none of their own."""
        given = {name.lower() for name in headers}
        if self.setup.key is None or "authorization" in given:
            return dict(headers)
        return {"Authorization": f"Bearer {self.setup.key}", **headers}

    def send(self, call: Call) -> httpx.Response:
        """The answer to a call, with the key if the server has one."""
        return self.send_bare(call, self.authorized(call.headers))

    def send_bare(self, call: Call, headers: Mapping[str, str]) -> httpx.Response:
        """The answer to a call with just these headers, and with the body as far as it is read."""
        with self.opened(call, headers) as answer:
            content = _read(answer, call.max_bytes)
        read = httpx.Response(
            answer.status_code,
            headers=answer.headers,
            stream=httpx.ByteStream(content),
            request=answer.request,
        )
        read.read()
        return read

    @contextmanager
    def opened(self, call: Call, headers: Mapping[str, str]) -> Iterator[httpx.Response]:
        """The head of the answer to a call with just these headers, before its body is read."""
        body: dict[str, Any] = (
            {"json": call.json} if call.content is None else {"content": call.content}
        )
        url = self.address + call.path
        with self.client.stream(call.method, url, headers=headers, **body) as answer:
            yield answer

    def get(self, path: str, **headers: str) -> httpx.Response:
        """The answer to a GET without any key, as discovery comes."""
        return self.send_bare(Call(method="GET", path=path), headers)

    def speak(self, **changes: Any) -> bytes:
        """The audio of a body that has to be spoken."""
        answer = self.send(Call(json=speech(**changes)))
        require(answer.status_code == httpx.codes.OK, f"speech: {shown(answer)}")
        return answer.content


def shown(answer: httpx.Response) -> str:
    """An answer in one line."""
    kind = answer.headers.get("content-type", "no content-type")
    told = answer.content[:200].decode(errors="replace") if "json" in kind or "text" in kind else ""
    return f"{answer.status_code} {kind} {told}".strip()


@contextmanager
def reaching(address: str, setup: Setup) -> Iterator[Target]:
    """A target behind `http://host:port`, with or without `/v1` at its end."""
    root = address.rstrip("/").removesuffix("/v1")
    with httpx.Client(timeout=WAIT_S, trust_env=False) as client:
        yield Target(address=root, setup=setup, client=client)


def _read(answer: httpx.Response, max_bytes: int | None) -> bytes:
    content = bytearray()
    for chunk in answer.iter_raw():
        content += chunk
        if max_bytes is not None and len(content) >= max_bytes:
            break
    return bytes(content)
