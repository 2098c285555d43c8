"""Lists in pages as OpenAI cuts them: `limit` items behind the one named by `after`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from fish_openai.errors import BadRequest

DEFAULT_LIMIT = 20


class Listed(Protocol):
    """What a list holds."""

    @property
    def id(self) -> str:
        """What `after` names it by."""


T = TypeVar("T", bound=Listed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """Some of a list."""

    items: tuple[T, ...]
    has_more: bool

    @property
    def first_id(self) -> str | None:
        """Where it begins."""
        return self.items[0].id if self.items else None

    @property
    def last_id(self) -> str | None:
        """Where it ends: what `after` of the next page is."""
        return self.items[-1].id if self.items else None


def page_of(items: Sequence[T], after: str | None, limit: int) -> Page[T]:
    """Cut a page out of `items`.

    Raises:
        BadRequest: `after` names nothing in the list.
    """
    start = _place_behind(items, after) if after else 0
    return Page(items=tuple(items[start : start + limit]), has_more=start + limit < len(items))


def _place_behind(items: Sequence[Listed], after: str) -> int:
    for index, item in enumerate(items):
        if item.id == after:
            return index + 1
    raise BadRequest(
        f"Nothing in the list has the id {after!r:.80}. Give as 'after' the last_id of a page, or "
        "begin again without it.",
        param="after",
    )
