"""`GET /v1/audio/markers`: the words in parentheses that the model acts on."""

from http import HTTPStatus
from typing import Literal

from litestar import get
from msgspec import Struct

from fish_openai.api.dependencies import Engine
from fish_openai.api.documentation import DOCUMENTED, JSON, Operation
from fish_openai.api.keys import PUBLIC
from fish_openai.text.marker_names import MARKERS, SYNONYMS

_SENTENCE = "Well, here we are."


class MarkerBody(Struct, frozen=True, kw_only=True):
    """One marker."""

    name: str
    group: str
    """`emotion`, `advanced emotion`, `tone` or `effect`."""
    synonyms: tuple[str, ...]
    """What is understood as this marker too, in text and in `instructions`."""
    example: str
    object: Literal["audio.marker"] = "audio.marker"


class MarkerList(Struct, frozen=True, kw_only=True):
    """The body of `GET /v1/audio/markers`."""

    supported: bool
    """Whether the loaded checkpoint acts on them; otherwise they are left out of what is spoken."""
    data: tuple[MarkerBody, ...]
    object: Literal["list"] = "list"


_LISTED = tuple(
    MarkerBody(
        name=name,
        group=group,
        synonyms=tuple(word for word, marker in SYNONYMS.items() if marker == name),
        example=f"({name}) {_SENTENCE}",
    )
    for name, group in MARKERS.items()
)


@get(
    ["/v1/audio/markers", "/audio/markers"],
    opt={
        PUBLIC: True,
        DOCUMENTED: Operation(
            tag="speech",
            gives={HTTPStatus.OK: {JSON: MarkerList}},
            refuses=(HTTPStatus.SERVICE_UNAVAILABLE,),
        ),
    },
)
async def list_markers(engine: Engine) -> MarkerList:
    """Every emotion, tone and sound that a text or `instructions` can ask for."""
    return MarkerList(supported=engine.info.reads_markers, data=_LISTED)
