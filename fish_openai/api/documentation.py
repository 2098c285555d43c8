"""What a route says about itself: every handler carries an `Operation`, `openapi.py` joins them.

An API module writes it beside its handler, and has nothing to register anywhere:

    @post(
        ["/v1/things", "/things"],
        status_code=HTTPStatus.OK,
        opt={
            DOCUMENTED: Operation(
                tag="things",
                asks=ThingQuery,
                takes={JSON: NewThing, FORM: ThingForm},
                gives={HTTPStatus.OK: {JSON: Thing}},
                refuses=(HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND),
            )
        },
    )
    async def create_thing(...) -> Thing:
        '''The first line is the summary; what follows it is the description.'''

Path parameters come from the path, 401 from `PUBLIC` (`keys.py`), the shape of errors from
`DIALECT` (`errors.py`), and 500 can happen everywhere. Of the spellings `/v1/things` and `/things`
the first is shown. Routes for machines only say `opt={DOCUMENTED: None}`; WebSockets have no place
in OpenAPI. `tests/api/test_openapi.py` fails for a route that says nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

DOCUMENTED = "documented"
"""The key in a route's `opt` under which its `Operation` is."""

JSON = "application/json"
FORM = "multipart/form-data"

Content = Mapping[str, Any]
"""A body: its type by media type; a Struct, or `bytes` or `str` where it is not JSON.

In a `FORM` the fields of the Struct are the parts, and those of type `bytes` are files. A tuple of
types is a body of one of them.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What one route takes and gives."""

    tag: str
    """The group of routes it belongs to."""
    gives: Mapping[int, Content]
    """The bodies of its answers by their status; an empty one is no body."""
    takes: Content = field(default_factory=dict)
    """The body of its request; with several media types, whichever the client sends."""
    asks: type[msgspec.Struct] | None = None
    """Its query parameters: the fields of a Struct, required where they have no default."""
    refuses: tuple[int, ...] = ()
    """The statuses of its errors, beside 401 and 500."""


def alternatives(kind: object) -> tuple[Any, ...]:
    """The types that a body may have, of a value in a `Content`."""
    return kind if isinstance(kind, tuple) else (kind,)
