"""The voices of OpenAI, which every client of its API assumes."""

import hashlib

OPENAI_NAMES = (
    "alloy",
    "ash",
    "ballad",
    "coral",
    "echo",
    "fable",
    "onyx",
    "nova",
    "sage",
    "shimmer",
    "verse",
    "marin",
    "cedar",
)

DEFAULT_NAME = "alloy"
"""The voice of a request that names none."""

DEFAULT_FOLDER = "default"
"""The folder behind every name of OpenAI that has no folder of its own."""


def seed_of(name: str) -> int:
    """Choose the seed of a name, 0 to 2**31 - 1; the same one on every machine, for ever."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4]) >> 1
