"""What people say about a voice beside its name: language, description, tags, visibility."""

import re

from fish_openai.errors import BadRequest
from fish_openai.voices.record import NewBlend, NewVoice, VoiceChanges

MAX_DESCRIPTION_CHARS = 2_000
MAX_TAGS = 32
MAX_TAG_CHARS = 64
VISIBILITIES = ("private", "unlist", "public")
"""Kept for clients that ask for it; whoever may ask sees every voice of this server."""

_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}")


Labels = NewVoice | NewBlend | VoiceChanges
"""What is said of a new voice, or changed; None says nothing."""


def check_labels(labels: Labels) -> None:
    """Refuse what is too long or unknown.

    Raises:
        BadRequest: names the field, its value and what is accepted.
    """
    if labels.language is not None and not _LANGUAGE.fullmatch(labels.language):
        raise _refused("language", labels.language, "a language tag such as en or zh-Hans")
    if len(labels.description or "") > MAX_DESCRIPTION_CHARS:
        raise _refused(
            "description", labels.description, f"at most {MAX_DESCRIPTION_CHARS} characters"
        )
    if any(not 1 <= len(tag) <= MAX_TAG_CHARS for tag in labels.tags or ()):
        raise _refused("tags", labels.tags, f"tags of 1 to {MAX_TAG_CHARS} characters")
    if len(labels.tags or ()) > MAX_TAGS:
        raise _refused("tags", labels.tags, f"at most {MAX_TAGS} of them")
    if labels.visibility not in {None, *VISIBILITIES}:
        raise _refused("visibility", labels.visibility, ", ".join(VISIBILITIES))


def _refused(param: str, value: object, accepted: str) -> BadRequest:
    return BadRequest(
        f"{param} is {value!r:.80}; give {accepted}", param=param, code=f"invalid_{param}"
    )
