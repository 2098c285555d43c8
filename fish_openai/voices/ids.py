"""Ids of voices: new ones, and those of voices that were never given one."""

import hashlib
import secrets
from typing import Annotated

from msgspec import Meta

VoiceId = Annotated[str, Meta(pattern="^voice_[0-9a-f]{24}$")]
FishId = Annotated[str, Meta(pattern="^[0-9a-f]{32}$")]


def new_id() -> str:
    """An id that no voice has had before."""
    return f"voice_{secrets.token_hex(12)}"


def new_fish_id() -> str:
    """The same towards clients of Fish Audio."""
    return secrets.token_hex(16)


def derived_id(name: str) -> str:
    """The id of a folder that was made by hand: the same one as long as it keeps its name."""
    return f"voice_{_digest('id', name)[:24]}"


def derived_fish_id(name: str) -> str:
    """The same towards clients of Fish Audio."""
    return _digest("fish", name)[:32]


def _digest(purpose: str, name: str) -> str:
    return hashlib.sha256(f"{purpose}:{name}".encode(errors="surrogateescape")).hexdigest()
