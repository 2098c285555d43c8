"""How one setting is described and read: its help text, what it accepts, the parser of its text.

Every source (command line, environment, TOML) is brought to text first, so there is one parser.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass
from pathlib import Path
from typing import Any, Literal, cast

_NONE = "none"

_ORIGIN = re.compile(r"\*|null|[a-z][a-z0-9+.-]*://(\[[0-9a-f:]+\]|[a-z0-9*._-]+)(:(\d+|\*))?")
"""Scheme, host and perhaps a port, of which `*` may be a part: a page has no path there."""

Group = Literal["server", "engine", "common"]
"""Who takes a setting: `serve` takes all, `speak` no "server" ones, `voices` only "common" ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One setting as a person sees it."""

    group: Group
    help: str
    accepts: str
    """What a value has to be, as in "a whole number from 0 to 65535"."""
    parse: Callable[[str], object]
    """Turns text into the value; raises `ValueError` for text that is not accepted."""
    default: str | None = None
    """How help texts write a default that depends on where the product runs."""


Metadata = Mapping[str, Option]


def of(setting: Field[Any]) -> Option:
    """The option that a field of `Settings` carries."""
    return cast("Option", setting.metadata["option"])


def text(group: Group, help_text: str, accepts: str) -> Metadata:
    """Any text that is not empty."""
    return _metadata(Option(group=group, help=help_text, accepts=accepts, parse=_non_empty))


def matching(group: Group, help_text: str, accepts: str, pattern: str) -> Metadata:
    """Text that the whole regular expression matches."""

    def parse(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(value)
        return value

    return _metadata(Option(group=group, help=help_text, accepts=accepts, parse=parse))


def choice(group: Group, help_text: str, *choices: str) -> Metadata:
    """One of a few words."""
    return matching(group, help_text, ", ".join(choices), "|".join(choices))


def whole(group: Group, help_text: str, low: int, high: int) -> Metadata:
    """A whole number between two bounds, both included."""

    def parse(value: str) -> int:
        number = int(value)
        if not low <= number <= high:
            raise ValueError(value)
        return number

    accepts = f"a whole number from {low} to {high}"
    return _metadata(Option(group=group, help=help_text, accepts=accepts, parse=parse))


def decimal(group: Group, help_text: str, low: float, high: float) -> Metadata:
    """A number between two bounds, both included."""

    def parse(value: str) -> float:
        number = float(value)
        if not low <= number <= high:
            raise ValueError(value)
        return number

    accepts = f"a number from {low:g} to {high:g}"
    return _metadata(Option(group=group, help=help_text, accepts=accepts, parse=parse))


def folder(group: Group, help_text: str, default: str) -> Metadata:
    """A path; `~` is the home folder, a relative path starts at the current folder."""

    def parse(value: str) -> Path:
        return Path(_non_empty(value)).expanduser().absolute()

    return _metadata(
        Option(group=group, help=help_text, accepts="a path", parse=parse, default=default)
    )


def origins(group: Group, help_text: str) -> Metadata:
    """A list of web pages' origins separated by commas; empty text is the empty list."""

    def parse(value: str) -> tuple[str, ...]:
        given = tuple(_as_browsers_write(word) for word in value.split(",") if word.strip())
        if any(_ORIGIN.fullmatch(origin) is None for origin in given):
            raise ValueError(value)
        return given

    accepts = "origins such as https://example.com, separated by commas, or *"
    return _metadata(Option(group=group, help=help_text, accepts=accepts, parse=parse))


def secrets(group: Group, help_text: str) -> Metadata:
    """A list of secrets separated by commas, of which only digests are kept; `none` is none."""

    def parse(value: str) -> tuple[str, ...]:
        # Every text is accepted, because a refusal would show it.
        given = (word.strip() for word in value.split(","))
        return tuple(digest_of(word) for word in given if word not in ("", _NONE))

    accepts = "texts separated by commas, or none"
    return _metadata(
        Option(group=group, help=help_text, accepts=accepts, parse=parse, default=_NONE)
    )


def digest_of(secret: str) -> str:
    """What is kept of a secret: enough to recognise it."""
    return hashlib.sha256(secret.encode(errors="surrogateescape")).hexdigest()


def _as_browsers_write(origin: str) -> str:
    """What is copied from an address line has a slash behind the host, which no origin has."""
    return origin.strip().lower().removesuffix("/")


def _metadata(option: Option) -> Metadata:
    return {"option": option}


def _non_empty(value: str) -> str:
    if not value.strip():
        raise ValueError(value)
    return value
