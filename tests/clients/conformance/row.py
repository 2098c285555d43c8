"""One row of the contract: what is sent, and what has to come back in each mode."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

import httpx

from tests.clients.conformance.checks import Check, told_apart
from tests.clients.conformance.target import Call, Mode, Setup, Target

Step = Callable[[Target], None]
"""Raises `Mismatch` if the server does not do what it has to."""

BOTH: tuple[Mode, ...] = ("lenient", "strict")
LENIENT: tuple[Mode, ...] = ("lenient",)


class Need(Enum):
    """What a row asks of the server beside its address."""

    NOTHING = auto()
    KEYS = auto()
    NO_KEYS = auto()
    CONTROL = auto()


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One call and what its answer has to be, in each mode."""

    call: Call
    lenient: Check
    strict: Check

    def __call__(self, target: Target) -> None:
        """Send the call and check the answer."""
        answer: httpx.Response = target.send(self.call)
        told_apart(answer)
        check = self.strict if target.setup.mode == "strict" else self.lenient
        check(answer)


@dataclass(frozen=True)
class Row:
    """One row, played step by step."""

    id: str
    title: str
    steps: tuple[Step, ...]
    need: Need = Need.NOTHING
    modes: tuple[Mode, ...] = BOTH

    def play(self, target: Target) -> None:
        """Raise `Mismatch` at the first step that fails."""
        for step in self.steps:
            step(target)

    def why_not(self, setup: Setup) -> str | None:
        """Why the row cannot be played against such a server, or None."""
        if setup.mode not in self.modes:
            return f"only for {self.modes[0]} servers"
        return _unmet(self.need, setup)


def both(call: Call, check: Check) -> Exchange:
    """An exchange that is the same in both modes."""
    return Exchange(call=call, lenient=check, strict=check)


def _unmet(need: Need, setup: Setup) -> str | None:
    match need:
        case Need.KEYS if setup.key is None:
            return "needs a server that asks for a key, and that key: --api-key"
        case Need.NO_KEYS if setup.key is not None:
            return "needs a server that asks for no key"
        case Need.CONTROL if setup.engine is None:
            return "needs an engine that fails when told to: runs under pytest"
        case _:
            return None
