"""What each row has said lately, and which of it the repetition penalty makes less likely."""

from typing import Protocol

import torch
from torch import Tensor

WINDOW = 16
"""Frames that the penalty looks back (inference.py, fish-speech 0.1.0)."""


class History(Protocol):
    """Recent frames of every row."""

    def round(self, value: float) -> float:
        """A sampling parameter in the precision in which it is applied."""

    def clear(self, row: int) -> None:
        """Forget what was said in `row`."""

    def swap(self, first: int, second: int) -> None:
        """Let two rows change places."""

    def choices(self, codebook: int, num_rows: int) -> Tensor:
        """Choices of `codebook` to penalise: int64 [rows, n], -1 for none."""

    def record(self, codes: Tensor, frames: Tensor, is_stepped: Tensor) -> None:
        """Note frame number `frames` int64 [rows], `codes` int64 [rows, num_codebooks].

        Nothing changes for rows where `is_stepped`, bool [rows], is false.
        """


class ResidualHistory:
    """Penalises, in each residual codebook, its own codes of the last `WINDOW` frames.

    The semantic codebook is exempt: it holds what is said, and sounds do recur. Upstream, by a slip,
    almost exempts it too (`UpstreamHistory`), and its published penalty was found with that slip.
    """

    def __init__(self, num_rows: int, num_codebooks: int, device: torch.device) -> None:
        self._codes = torch.full((num_rows, num_codebooks, WINDOW), -1, device=device)
        self._none = torch.empty((num_rows, 0), dtype=torch.int64, device=device)

    def round(self, value: float) -> float:
        """Unchanged."""
        return value

    def clear(self, row: int) -> None:
        """Forget what was said in `row`."""
        self._codes[row] = -1

    def swap(self, first: int, second: int) -> None:
        """Let two rows change places."""
        self._codes[[first, second]] = self._codes[[second, first]]

    def choices(self, codebook: int, num_rows: int) -> Tensor:
        """The codebook's own recent codes; none of the semantic one."""
        return self._none[:num_rows] if codebook == 0 else self._codes[:num_rows, codebook]

    def record(self, codes: Tensor, frames: Tensor, is_stepped: Tensor) -> None:
        """Overwrite each row's oldest frame."""
        slots = (frames % WINDOW).view(-1, 1, 1).expand(-1, codes.shape[1], 1)
        window = self._codes[: len(codes)]
        kept = window.gather(2, slots)
        window.scatter_(2, slots, torch.where(is_stepped.view(-1, 1, 1), codes.unsqueeze(2), kept))


class UpstreamHistory:
    """What 0.1.0 penalises, slips included, to the bit; for parity, not for listening.

    Its window starts as zeros, misses the first frame, and for the semantic codebook is read across
    instead of along: all ids of the oldest column, codes taken for token ids (`previous_tokens[:, 0]`).
    """

    def __init__(
        self,
        num_rows: int,
        num_codebooks: int,
        device: torch.device,
        *,
        semantic_begin_id: int,
        num_semantic: int,
        end_id: int,
    ) -> None:
        self._ids = torch.zeros(
            (num_rows, 1 + num_codebooks, WINDOW), dtype=torch.int64, device=device
        )
        self._recorded = torch.full((num_rows,), -1, device=device)
        self._semantic_begin_id = semantic_begin_id
        self._num_semantic = num_semantic
        self._end_id = end_id

    def round(self, value: float) -> float:
        """To bfloat16, as upstream stores its parameters."""
        return float(torch.tensor(value, dtype=torch.bfloat16))

    def clear(self, row: int) -> None:
        """Forget what was said in `row`."""
        self._ids[row] = 0
        self._recorded[row] = -1

    def swap(self, first: int, second: int) -> None:
        """Let two rows change places."""
        pair, back = [first, second], [second, first]
        self._ids[pair] = self._ids[back]
        self._recorded[pair] = self._recorded[back]

    def choices(self, codebook: int, num_rows: int) -> Tensor:
        """Nothing for a row's first frame; then as the class says."""
        recorded = self._recorded[:num_rows, None]
        if codebook == 0:
            oldest = torch.where(recorded < WINDOW, 0, recorded % WINDOW)
            column = self._ids[:num_rows].gather(
                2, oldest[:, None].expand(-1, self._ids.shape[1], 1)
            )
            choices = self._as_choices(column.squeeze(2))
        else:
            choices = self._ids[:num_rows, codebook + 1]
        return choices.masked_fill(recorded < 0, -1)

    def record(self, codes: Tensor, frames: Tensor, is_stepped: Tensor) -> None:
        """Append to the window all frames but a row's first."""
        rows = torch.arange(len(codes), device=codes.device)
        ids = torch.cat([codes[:, :1] + self._semantic_begin_id, codes], dim=1)
        slots = (frames - 1) % WINDOW
        is_kept = ((frames == 0) | ~is_stepped)[:, None]
        self._ids[rows, :, slots] = torch.where(is_kept, self._ids[rows, :, slots], ids)
        recorded = self._recorded[: len(codes)]
        recorded.copy_(torch.where(is_stepped, frames, recorded))

    def _as_choices(self, ids: Tensor) -> Tensor:
        codes = ids - self._semantic_begin_id
        choices = torch.where((codes >= 0) & (codes < self._num_semantic), codes, -1)
        return torch.where(ids == self._end_id, self._num_semantic, choices)
