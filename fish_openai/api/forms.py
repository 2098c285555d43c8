"""Bodies in which files are sent: `multipart/form-data`, read with bounds as it comes."""

from dataclasses import dataclass, field
from typing import Any

from litestar import Request
from litestar.exceptions import InternalServerException
from multipart import MultipartError, MultipartSegment, PushMultipartParser

from fish_openai.api.errors import ClientGone
from fish_openai.audio.decode import MAX_BYTES
from fish_openai.errors import BadRequest, TooLarge

FORM_TYPE = "multipart/form-data"
MAX_FILE_BYTES = MAX_BYTES
"""Of one file: what a recording may have."""
MAX_BODY_BYTES = 32 * 2**20
"""All of a body: three of the largest files, or two of them as base64."""
MAX_PARTS = 64

_ADVICE = "Let the client write the form and its Content-Type, as curl -F does."


@dataclass(frozen=True, slots=True)
class Part:
    """One field of a form, a file or text."""

    name: str
    data: bytearray = field(default_factory=bytearray)

    @property
    def text(self) -> str:
        """What the field says.

        Raises:
            BadRequest: it is not UTF-8.
        """
        try:
            return self.data.decode()
        except UnicodeDecodeError as exc:
            message = f"The form field {self.name!r:.80} is not UTF-8 text. Send it as UTF-8."
            raise BadRequest(message, param=self.name) from exc


def is_form(request: Request[Any, Any, Any]) -> bool:
    """Whether the body says that it is a form."""
    return request.content_type[0] == FORM_TYPE


async def read_form(request: Request[Any, Any, Any]) -> tuple[Part, ...]:
    """The form's fields in the order in which they came; a name may come several times.

    What is wrong with a form is said when all of it has come: clients read no answer before.

    Raises:
        BadRequest: not a form, malformed, cut short, or more than `MAX_PARTS` fields.
        TooLarge: a field has more than `MAX_FILE_BYTES`.
        ClientGone: the client left before it had sent all of it.
    """
    reader = _Reader(_boundary(request))
    try:
        async for chunk in request.stream():
            reader.feed(chunk)
    except InternalServerException as exc:
        raise ClientGone from exc
    return reader.finish()


def _boundary(request: Request[Any, Any, Any]) -> str:
    boundary = request.content_type[1].get("boundary")
    if is_form(request) and boundary:
        return boundary
    declared = request.headers.get("content-type", "")
    raise BadRequest(
        f"The body has to be {FORM_TYPE} with a boundary; its Content-Type is {declared!r:.120}. "
        f"{_ADVICE}"
    )


class _Reader:
    """Takes a body piece by piece."""

    def __init__(self, boundary: str) -> None:
        self._parser = PushMultipartParser(boundary)
        self._parts: list[Part] = []
        self._refusal: BadRequest | None = None

    def feed(self, chunk: bytes) -> None:
        """Read the next piece. After a refusal, and after the form's end, nothing is read."""
        if not chunk or self._refusal or self._parser.closed:
            return
        try:
            for event in self._parser.parse(chunk):
                self._take(event)
        except MultipartError as exc:
            self._refusal = _malformed(exc)
        except BadRequest as exc:
            self._refusal = exc

    def finish(self) -> tuple[Part, ...]:
        """The fields; raises what was wrong with the form."""
        if self._refusal:
            raise self._refusal
        try:
            self._parser.close()
        except MultipartError as exc:
            raise _malformed(exc) from exc
        return tuple(self._parts)

    def _take(self, event: MultipartSegment | bytes | None) -> None:
        if isinstance(event, MultipartSegment):
            self._begin(event.name or "")
        elif event:
            self._append(event)

    def _begin(self, name: str) -> None:
        if len(self._parts) == MAX_PARTS:
            raise BadRequest(f"The form has more than {MAX_PARTS} fields. Send fewer at a time.")
        self._parts.append(Part(name))

    def _append(self, data: bytes) -> None:
        part = self._parts[-1]
        if len(part.data) + len(data) > MAX_FILE_BYTES:
            self._parts.clear()
            raise too_large(part.name)
        part.data.extend(data)


def too_large(param: str) -> TooLarge:
    """Say that a file is larger than one may be."""
    return TooLarge(
        f"The file in '{param:.80}' is larger than {MAX_FILE_BYTES} bytes (10 MiB). "
        "Send a shorter recording, or a compressed one such as mp3 or flac.",
        param=param,
        code="file_too_large",
    )


def _malformed(error: MultipartError) -> BadRequest:
    return BadRequest(f"The form cannot be read: {error}. {_ADVICE}")
