"""One frame of every row, as work for the device alone: the host asks for nothing while it runs.

Whatever differs from one frame to the next lies in tensors that never move, so that the work can be
recorded once and replayed (`step_graphs`).
"""

from collections.abc import Callable
from contextlib import nullcontext

import torch
from torch import Tensor

from fish_openai.engine.mirror import Mirror
from fish_openai.engine.sampler import Sampler
from fish_openai.engine.threads import is_small, on_one_thread
from fish_openai.model.dual_ar import DualAR
from fish_openai.model.kv import FrameCache, KVCache, Span

IDLE, FRESH, SPEAKING = 0, 1, 2
"""What a step does with a row: nothing; draw from what reading a prompt has left; read its last frame
and draw."""


class FrameStep:
    """The step and its tensors.

    Args:
        model: on the device, in the precision to run in.
        cache: the slow transformer's.
        sampler: for as many rows as `cache`.

    Attributes:
        hidden: [rows, dim], what the next frame of a fresh row follows from.
        plan: int64 [2, rows], each row's live tokens and what to do with it.
        result: int32 [rows, num_codebooks + 1], the frame, and 1 where the turn is over.
    """

    def __init__(self, model: DualAR, cache: KVCache, sampler: Sampler) -> None:
        weight, config = model.norm.weight, model.config
        device, dtype, num_rows = weight.device, weight.dtype, cache.num_rows
        self._model = model
        self._on_threads = on_one_thread if is_small(config.slow) else nullcontext
        self._cache = cache
        self._sampler = sampler
        self._scratch = FrameCache(
            config.fast, num_rows, config.num_codebooks, device=device, dtype=dtype
        )
        self._codes = torch.zeros(num_rows, config.num_codebooks, dtype=torch.int64, device=device)
        self.hidden = torch.zeros(num_rows, config.dim, device=device, dtype=dtype)
        self.plan = Mirror((2, num_rows), torch.int64, device)
        self.result = Mirror((num_rows, config.num_codebooks + 1), torch.int32, device)

    def exact(self, num_rows: int, live: int) -> None:
        """Step the first `num_rows` rows, none of them idle.

        Args:
            num_rows: at least 1.
            live: tokens of the longest row after the step; 0 where every row is fresh.
        """
        self._run(num_rows, live, Span.step)

    def padded(self, num_rows: int, live: int) -> None:
        """Step the rows among the first `num_rows` that are not idle; `live` may be too large."""
        self._run(num_rows, live, Span.padded)

    def swap(self, first: int, second: int) -> None:
        """Let two rows change places."""
        pair, back = [first, second], [second, first]
        self.hidden[pair] = self.hidden[back]
        self._codes[pair] = self._codes[back]

    def _run(
        self, num_rows: int, live: int, make_span: Callable[[KVCache, Tensor, int], Span]
    ) -> None:
        lengths, states = self.plan.device[:, :num_rows]
        with self._on_threads():
            if live:
                self._read(make_span(self._cache, lengths, live), states)
            self._speak(num_rows, states)

    def _read(self, span: Span, states: Tensor) -> None:
        # Rows that do not speak go along, so that the batch stays dense: what they write lies behind
        # their live tokens and is overwritten, what they compute is dropped.
        num_rows = len(states)
        read = self._model.read_frames(self._codes[:num_rows], span)
        hidden = self.hidden[:num_rows]
        hidden.copy_(torch.where((states == SPEAKING).unsqueeze(1), read, hidden))

    def _speak(self, num_rows: int, states: Tensor) -> None:
        draw = self._sampler.draw(num_rows)
        codes, is_over = self._model.speak(self.hidden[:num_rows], self._scratch, draw)
        is_stepped = states != IDLE
        kept = self._codes[:num_rows]
        kept.copy_(torch.where(is_stepped.unsqueeze(1), codes, kept))
        self._sampler.record(codes, is_stepped)
        self.result.device[:num_rows] = torch.cat([codes, is_over.unsqueeze(1)], dim=1)
