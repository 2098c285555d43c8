"""Batches for the language model: turns of one speaker, as `text.prompt` lays them out.

The first turn shows who speaks, the next ones have to go on in the same voice: this is how references
are learnt. Every spoken frame of every turn is learnt from. A server's references come out of the codec's
encoder, which does not hear quite what the code defines; so a first turn is shown as the encoder hears
it, where that is known.
"""

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from training.lm_model import Guide
from training.speech import Line

_SPEAKER = b"<|speaker:0|>"
_GUIDE_WIDTH = 2
"""Characters before and after the one that is being said which a guided head may look at."""


@dataclass(frozen=True, slots=True, eq=False)
class Turn:
    """One utterance as tokens: its bytes, its codes, and the character said in each frame."""

    speaker: int
    text: bytes
    codes: NDArray[np.int64]
    """[num_codebooks, frames]"""
    heard: NDArray[np.int64] | None
    """The same as the codec's encoder hears it; None: nobody listened"""
    characters: NDArray[np.int64]
    """[frames]"""

    def __len__(self) -> int:
        return self.text_tokens + self.codes.shape[1] + 1

    @property
    def text_tokens(self) -> int:
        """Tokens before its speech."""
        return len(_SPEAKER) + len(self.text)


class Batch(NamedTuple):
    """Conversations of similar length, filled up with the end token."""

    prompt: Tensor
    """int64 [batch, 1 + num_codebooks, tokens]"""
    tokens: Tensor
    """[targets]: the next token"""
    codes: Tensor
    """[targets, num_codebooks]: the next frame; -1 where the turn ends"""
    guide: Guide
    """Where something is foretold, row and position, and the characters to look at there"""

    def to(self, device: torch.device) -> "Batch":
        """The same on a device."""
        guide = Guide(*(each.to(device) for each in self.guide))
        return Batch(self.prompt.to(device), self.tokens.to(device), self.codes.to(device), guide)


def make_turn(
    line: Line, codes: NDArray[np.int16], heard: NDArray[np.int16] | None, frame_s: float
) -> Turn:
    """A turn from an utterance and its codes [num_codebooks, frames], true and heard ones."""
    middles = (np.arange(codes.shape[1]) + 0.5) * frame_s
    seconds, characters = _anchors(line)
    places = np.interp(middles, seconds, characters).astype(np.int64)
    listened = None if heard is None else heard.astype(np.int64)
    return Turn(line.speaker, line.text.encode(), codes.astype(np.int64), listened, places)


def _anchors(line: Line) -> tuple[list[float], list[float]]:
    """Moments and the characters said then: both ends of every word."""
    seconds, characters, cursor = [0.0], [0.0], 0
    for name, start, end in line.words:
        # Flite drops apostrophes: a word that is not found letter by letter is left out.
        place = line.text.find(name, cursor)
        if place < 0:
            continue
        cursor = place + len(name)
        seconds += [start, end]
        characters += [place, cursor]
    seconds.append(max(line.samples / 16_000, seconds[-1]))
    characters.append(len(line.text) - 1)
    return seconds, characters


class Conversations:
    """An endless, seeded source of batches."""

    def __init__(
        self, turns: Sequence[Turn], *, interleave: int, end: int, semantic_begin: int, seed: int
    ) -> None:
        self._interleave, self._end, self._semantic_begin = interleave, end, semantic_begin
        self._by_speaker: defaultdict[int, list[Turn]] = defaultdict(list)
        for turn in turns:
            self._by_speaker[turn.speaker].append(turn)
        self._random = random.Random(seed)
        self._numpy = np.random.default_rng(seed)

    def batches(self, max_tokens: int, max_turns: int, corruption: float) -> Iterator[Batch]:
        """One round through all turns, every turn once, batches in random order.

        Args:
            max_tokens: of a batch, filling included.
            max_turns: of a conversation.
            corruption: share of frames shown wrong, so that the model learns to recover.
        """
        conversations = self._arrange(max_turns)
        conversations.sort(key=_length)
        groups: list[list[list[Turn]]] = [[]]
        for conversation in conversations:
            if _length(conversation) * (len(groups[-1]) + 1) > max_tokens and groups[-1]:
                groups.append([])
            groups[-1].append(conversation)
        self._random.shuffle(groups)
        for group in groups:
            yield self.collate(group, corruption)

    def _arrange(self, max_turns: int) -> list[list[Turn]]:
        conversations = []
        for turns in self._by_speaker.values():
            self._random.shuffle(turns)
            start = 0
            while start < len(turns):
                size = self._random.randint(1, max_turns)
                conversation = turns[start : start + size]
                # What the encoder has listened to comes first.
                conversations.append(sorted(conversation, key=lambda turn: turn.heard is None))
                start += size
        return conversations

    def collate(self, group: Sequence[Sequence[Turn]], corruption: float) -> Batch:
        """One batch of conversations."""
        said = self._prompt([[turn.codes for turn in each] for each in group], group)
        shown = self._prompt([_shown(each) for each in group], group)
        guide = _guide(group)
        targets = said[guide.rows, :, guide.positions + 1]
        codes = torch.where((targets[:, 0] == self._end)[:, None], -1, targets[:, 1:])
        return Batch(
            self._corrupted(shown, corruption),
            targets[:, 0],
            codes,
            guide,
        )

    def _prompt(
        self, codes: Sequence[Sequence[NDArray[np.int64]]], group: Sequence[Sequence[Turn]]
    ) -> Tensor:
        """int64 [batch, 1 + num_codebooks, tokens], with these codes as the turns' speech."""
        prompt = np.zeros((len(group), 1 + len(codes[0][0]), max(map(_length, group))), np.int64)
        prompt[:, 0] = self._end
        prompt[:, 0, 0] = self._interleave
        for row, conversation in enumerate(group):
            for start, turn, spoken in zip(
                _starts(conversation), conversation, codes[row], strict=True
            ):
                speech, end = start + turn.text_tokens, start + len(turn) - 1
                prompt[row, 0, start:speech] = list(_SPEAKER + turn.text)
                prompt[row, 0, speech:end] = spoken[0] + self._semantic_begin
                prompt[row, 1:, speech:end] = spoken
        return torch.from_numpy(prompt)

    def _corrupted(self, prompt: Tensor, share: float) -> Tensor:
        shown = prompt.clone()
        rows, positions = torch.nonzero(prompt[:, 0] >= self._semantic_begin, as_tuple=True)
        chosen = torch.from_numpy(np.flatnonzero(self._numpy.random(len(rows)) < share))
        others = torch.from_numpy(self._numpy.integers(0, max(len(rows), 1), len(chosen)))
        shown[rows[chosen], :, positions[chosen]] = prompt[rows[others], :, positions[others]]
        return shown


def _length(conversation: Sequence[Turn]) -> int:
    return 1 + sum(map(len, conversation))


def _starts(conversation: Sequence[Turn]) -> list[int]:
    """Where each turn's first token is, behind the one that opens a conversation."""
    return [1 + sum(map(len, conversation[:index])) for index in range(len(conversation))]


def _shown(conversation: Sequence[Turn]) -> list[NDArray[np.int64]]:
    """What the model sees of each turn's speech: of a reference, what the encoder hears."""
    shown = [turn.codes for turn in conversation]
    if len(conversation) > 1 and conversation[0].heard is not None:
        shown[0] = conversation[0].heard
    return shown


def _guide(group: Sequence[Sequence[Turn]]) -> Guide:
    """Where something is foretold, each frame and each end, and the characters to look at there."""
    parts = [
        (row, start + turn.text_tokens - 1, start + len(_SPEAKER), turn)
        for row, conversation in enumerate(group)
        for start, turn in zip(_starts(conversation), conversation, strict=True)
    ]
    counts = [turn.codes.shape[1] + 1 for *_, turn in parts]
    rows = np.repeat([row for row, *_ in parts], counts)
    positions = [first + np.arange(n) for (_, first, *_), n in zip(parts, counts, strict=True)]
    centres = [text + np.append(turn.characters, len(turn.text) - 1) for _, _, text, turn in parts]
    middle = np.concatenate(centres)
    low = np.repeat([text for _, _, text, _ in parts], counts)
    high = np.repeat([first for _, first, *_ in parts], counts)
    return Guide(
        torch.from_numpy(rows),
        torch.from_numpy(np.concatenate(positions)),
        torch.from_numpy(np.clip(middle - _GUIDE_WIDTH, low, high)),
        torch.from_numpy(np.clip(middle + _GUIDE_WIDTH, low, high)),
    )
