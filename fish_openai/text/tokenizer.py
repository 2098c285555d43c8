"""Byte-pair tokens of a checkpoint: `tokenizer.tiktoken` for text, `special_tokens.json` for control.

The ids stored in the checkpoint are trusted and checked; nothing is renumbered, and text that people
write can never become a control token.
"""

import base64
import binascii
from pathlib import Path

import msgspec
import tiktoken

from fish_openai.errors import CheckpointError

# How text is cut before byte pairs are merged; part of the checkpoint format
# (fish_speech/tokenizer.py, 0.1.0), `(\?!\S)` included: it looks like a slip, but the model learnt it.
_SPLIT_PATTERN = "|".join(
    (
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)",
        r"\p{P}",
        r"[^\r\n\p{L}\p{N}]?\p{L}+",
        r"\p{N}",
        r" ?[^\s\p{L}\p{N}]+[\r\n]*",
        r"\s*[\r\n]+",
        r"\s+(\?!\S)",
        r"\s+",
    )
)
_MAX_ENCODE_CHARS = 400_000
"""tiktoken's regex engine may overflow its stack beyond this many characters at once."""

_INTERLEAVE = "<|interleave|>"
_IM_END = "<|im_end|>"
_SEMANTIC = "<|semantic:{}|>"


class Tokenizer:
    """Text to token ids, and the ids of the control tokens that a prompt needs.

    Attributes:
        interleave_id: opens every prompt.
        end_id: closes a turn; the model emits it when it has finished speaking.
        semantic_begin_id: id of semantic code 0; code `c` is `semantic_begin_id + c`.
        num_semantic: how many semantic codes there are.
    """

    def __init__(self, ranks: dict[bytes, int], special_ids: dict[str, int]) -> None:
        _check_ranks(ranks)
        self._encoding = tiktoken.Encoding(
            name="fish", pat_str=_SPLIT_PATTERN, mergeable_ranks=ranks, special_tokens={}
        )
        self.interleave_id = _control_id(special_ids, _INTERLEAVE)
        self.end_id = _control_id(special_ids, _IM_END)
        self.semantic_begin_id, self.num_semantic = _semantic_range(special_ids)
        _check_disjoint(ranks, special_ids)

    @classmethod
    def load(cls, folder: Path) -> "Tokenizer":
        """Read both files of a checkpoint folder.

        Raises:
            CheckpointError: a file is missing or malformed, or the ids contradict each other.
        """
        return cls(
            _read_ranks(folder / "tokenizer.tiktoken"), _read_ids(folder / "special_tokens.json")
        )

    def encode(self, text: str) -> list[int]:
        """Token ids of `text`; `<|im_end|>` and its like are read as the characters they are."""
        pieces = (
            text[start : start + _MAX_ENCODE_CHARS]
            for start in range(0, len(text), _MAX_ENCODE_CHARS)
        )
        return [token for piece in pieces for token in self._encoding.encode_ordinary(piece)]


def _check_ranks(ranks: dict[bytes, int]) -> None:
    # tiktoken answers either fault with a panic that no handler of exceptions sees.
    if len(set(ranks.values())) != len(ranks):
        raise CheckpointError("tokenizer.tiktoken gives one rank to two tokens.")
    missing = next((byte for byte in range(256) if bytes([byte]) not in ranks), None)
    if missing is not None:
        raise CheckpointError(
            f"tokenizer.tiktoken has no token for the byte 0x{missing:02x}; every byte needs one, "
            "or some text could not be read. Download the checkpoint again."
        )


def _control_id(special_ids: dict[str, int], name: str) -> int:
    if name not in special_ids:
        raise CheckpointError(
            f"special_tokens.json has no {name}; a prompt cannot be built without it. "
            "Download the checkpoint again."
        )
    return special_ids[name]


def _semantic_range(special_ids: dict[str, int]) -> tuple[int, int]:
    count = sum(name.startswith("<|semantic:") for name in special_ids)
    begin = _control_id(special_ids, _SEMANTIC.format(0))
    for code in range(count):
        if special_ids.get(_SEMANTIC.format(code)) != begin + code:
            raise CheckpointError(
                f"special_tokens.json gives {_SEMANTIC.format(code)} the id "
                f"{special_ids.get(_SEMANTIC.format(code))}; semantic ids must follow each other, "
                f"so {begin + code} was expected."
            )
    return begin, count


def _check_disjoint(ranks: dict[bytes, int], special_ids: dict[str, int]) -> None:
    if len(set(special_ids.values())) != len(special_ids):
        raise CheckpointError("special_tokens.json gives one id to two tokens.")
    shared = set(special_ids.values()) & set(ranks.values())
    if shared:
        raise CheckpointError(
            f"tokenizer.tiktoken and special_tokens.json both use id {min(shared)}; "
            "the two files belong to different checkpoints."
        )


def _read_ids(path: Path) -> dict[str, int]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, int])
    except FileNotFoundError:
        raise CheckpointError(f"{path} is missing; without it the token ids are unknown.") from None
    except msgspec.DecodeError as error:
        raise CheckpointError(f"{path} must map token names to ids: {error}") from error


def _read_ranks(path: Path) -> dict[bytes, int]:
    try:
        lines = path.read_text(encoding="ascii").splitlines()
        pairs = (line.split() for line in lines if line)
        return {base64.b64decode(piece): int(rank) for piece, rank in pairs if piece != "="}
    except FileNotFoundError:
        raise CheckpointError(f"{path} is missing; without it text cannot be tokenised.") from None
    except (UnicodeDecodeError, ValueError, binascii.Error) as error:
        raise CheckpointError(
            f"{path} must hold one base64 token and its rank a line: {error}"
        ) from error
