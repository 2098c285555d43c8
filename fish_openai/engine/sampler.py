"""Draws codes from logits, for each row with its own parameters and its own noise. All float32.

Order and rules are upstream's (inference.py, fish-speech 0.1.0), because its published settings were
tuned with them: repetition penalty, then top-p on untempered logits without the choice that crosses
it, then temperature, then an exponential race (the Gumbel-max trick without a synchronisation).
What is penalised is the history's business, see `engine/history.py`.
"""

from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from fish_openai.engine.history import History
from fish_openai.engine.noise import exponential_noise
from fish_openai.engine.request import Sampling
from fish_openai.model.dual_ar import Draw
from fish_openai.text.profile import Profile


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """How one row draws. Temperature 0 is greedy; top_p 1 and repetition_penalty 1 do nothing."""

    temperature: float
    top_p: float
    repetition_penalty: float
    seed: int

    @classmethod
    def of(cls, sampling: Sampling, profile: Profile) -> Self:
        """What a request asks for, and the checkpoint's defaults for the rest."""
        return cls(
            temperature=_or(sampling.temperature, profile.temperature),
            top_p=_or(sampling.top_p, profile.top_p),
            repetition_penalty=_or(sampling.repetition_penalty, profile.repetition_penalty),
            seed=0 if sampling.seed is None else sampling.seed,
        )


class Sampler:
    """Parameters, frame counts and history of every row.

    Args:
        widths: how many choices each codebook has, in order.
        history: decides what the repetition penalty applies to.
        num_rows: rows of the batch.
        device: where it all lies.
    """

    def __init__(
        self, widths: list[int], history: History, num_rows: int, device: torch.device
    ) -> None:
        self._widths = widths
        self._history = history
        self._temperature = torch.zeros(num_rows, 1, device=device)
        self._top_p = torch.ones(num_rows, 1, device=device)
        self._penalty = torch.ones(num_rows, 1, device=device)
        self._seeds = torch.zeros(num_rows, dtype=torch.int64, device=device)
        self._frames = torch.zeros(num_rows, dtype=torch.int64, device=device)

    def join(self, row: int, drawing: Drawing) -> None:
        """Start a new request in `row`."""
        self._temperature[row] = self._history.round(drawing.temperature)
        self._top_p[row] = self._history.round(drawing.top_p)
        self._penalty[row] = self._history.round(drawing.repetition_penalty)
        self._seeds[row] = drawing.seed
        self._frames[row] = 0
        self._history.clear(row)

    def swap(self, first: int, second: int) -> None:
        """Let two rows change places."""
        pair, back = [first, second], [second, first]
        for store in (self._temperature, self._top_p, self._penalty, self._seeds, self._frames):
            store[pair] = store[back]
        self._history.swap(first, second)

    def draw(self, num_rows: int) -> Draw:
        """The draws of one frame for the first `num_rows` rows; noise is made for all at once."""
        noise = self.noise(num_rows)

        def choose(logits: Tensor, codebook: int) -> Tensor:
            logits = penalise(
                logits, self._history.choices(codebook, num_rows), self._penalty[:num_rows]
            )
            return race(
                logits, noise[codebook], self._temperature[:num_rows], self._top_p[:num_rows]
            )

        return choose

    def noise(self, num_rows: int) -> tuple[Tensor, ...]:
        """Exponential variates [rows, width] of each codebook for the frame that comes next."""
        seeds, frames = self._seeds[:num_rows], self._frames[:num_rows]
        return exponential_noise(seeds, frames, sum(self._widths)).split(self._widths, dim=1)

    def record(self, codes: Tensor, is_stepped: Tensor) -> None:
        """Note the frame that the first rows have drawn, int64 [rows, num_codebooks].

        Rows where `is_stepped`, bool [rows], is false have drawn nothing.
        """
        frames = self._frames[: len(codes)]
        self._history.record(codes, frames, is_stepped)
        frames += is_stepped


def penalise(logits: Tensor, choices: Tensor, penalty: Tensor) -> Tensor:
    """Make `choices` int64 [rows, n] less likely; -1 means none (Keskar et al., 2019).

    Args:
        logits: [rows, width].
        choices: indices into width; one that occurs twice is penalised once.
        penalty: [rows, 1]; positive logits are divided by it, negative ones multiplied.
    """
    if not choices.shape[1]:
        return logits
    padded = torch.cat([logits, logits[:, :1]], dim=1)
    index = torch.where(choices < 0, logits.shape[1], choices)
    scores = padded.gather(1, index)
    scores = torch.where(scores < 0, scores * penalty, scores / penalty)
    return padded.scatter(1, index, scores)[:, :-1]


def race(logits: Tensor, noise: Tensor, temperature: Tensor, top_p: Tensor) -> Tensor:
    """Sample from tempered, top-p-limited logits [rows, width] with exponential `noise`.

    Returns:
        int64 [rows].
    """
    order = logits.sort(dim=-1, descending=True)
    # Rounding may take the sum above 1 before the last choice, which a top_p of 1 is to keep.
    is_beyond = (order.values.softmax(dim=-1).cumsum(dim=-1) > top_p) & (top_p < 1)
    is_beyond[:, :1].zero_()
    limited = logits.masked_fill(is_beyond.scatter(1, order.indices, is_beyond), -torch.inf)
    probabilities = (limited / temperature.clamp(min=1e-5)).softmax(dim=-1)
    drawn = (probabilities / noise).argmax(dim=-1)
    return torch.where(temperature[:, 0] > 0, drawn, logits.argmax(dim=-1))


def _or(value: float | None, default: float) -> float:
    return default if value is None else value
