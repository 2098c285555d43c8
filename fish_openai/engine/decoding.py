"""Samples that a device has been asked for."""

from collections.abc import Sequence

import torch

from fish_openai.engine.request import Pcm


class Decoding:
    """The next samples of some rows, which are perhaps still being made.

    Args:
        samples: where they are, or will be once `done` is: [samples] each.
        done: recorded behind the work on a GPU; None: they are there.
    """

    def __init__(self, samples: Sequence[Pcm], done: torch.cuda.Event | None = None) -> None:
        self._samples = samples
        self._done = done

    @property
    def is_ready(self) -> bool:
        """Whether `wait` returns at once."""
        return self._done is None or self._done.query()

    def wait(self) -> list[Pcm]:
        """The samples of each row, once they are there."""
        if self._done is not None:
            self._done.synchronize()
        return list(self._samples)
