"""Made-up tokenizer files: every byte, the commonest pairs and triples, and the real control tokens."""

import base64
import itertools
import json
from collections.abc import Iterator
from pathlib import Path

from fish_openai.testing.sizes import CONTROL_TOKENS

_FREQUENT = b"e taoinshrdlcumwfgypbvkjxqz"


def write_tokenizer(folder: Path, num_ranks: int, num_semantic: int) -> None:
    """Write `tokenizer.tiktoken` and `special_tokens.json`.

    Args:
        folder: where they go.
        num_ranks: byte-pair tokens, at least the 256 bytes.
        num_semantic: semantic codes, whose ids follow the control tokens'.
    """
    ranks = itertools.islice(_byte_strings(), num_ranks)
    lines = (f"{base64.b64encode(token).decode()} {rank}\n" for rank, token in enumerate(ranks))
    (folder / "tokenizer.tiktoken").write_text("".join(lines), encoding="ascii")
    names = [f"<|{name}|>" for name in CONTROL_TOKENS]
    names += [f"<|semantic:{code}|>" for code in range(num_semantic)]
    ids = {name: num_ranks + index for index, name in enumerate(names)}
    (folder / "special_tokens.json").write_text(json.dumps(ids, indent=2), encoding="utf-8")


def _byte_strings() -> Iterator[bytes]:
    """All single bytes, then all pairs, then all triples, letters that are frequent first."""
    alphabet = bytes(dict.fromkeys(_FREQUENT + bytes(range(256))))
    yield from (bytes([value]) for value in range(256))
    for length in (2, 3):
        yield from map(bytes, itertools.product(alphabet, repeat=length))
