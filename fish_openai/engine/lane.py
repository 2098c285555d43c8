"""A queue of work on a device, apart from other work there."""

from contextlib import AbstractContextManager, nullcontext

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fish_openai.engine.decoding import Decoding


class Lane:
    """A CPU's: everything is done at once."""

    def entered(self) -> AbstractContextManager[object]:
        """What is done inside is queued in this lane."""
        return nullcontext()

    def upload(self, numbers: NDArray[np.int32], target: Tensor) -> None:
        """Queue a copy of `numbers` into `target`, of the same shape."""
        target.copy_(torch.from_numpy(numbers))

    def download(self, samples: Tensor) -> Decoding:
        """Queue a copy of `samples` float32 [rows, samples] to the host."""
        return Decoding(list(samples.numpy().copy()))


class CudaLane(Lane):
    """A stream of a GPU's own; host memory is pinned, so that nothing waits but `Decoding.wait`."""

    def __init__(self, device: torch.device) -> None:
        self._stream = torch.cuda.Stream(device)
        # Weights and states were written elsewhere.
        self._stream.wait_stream(torch.cuda.current_stream(device))

    def entered(self) -> AbstractContextManager[object]:
        """See `Lane`."""
        return torch.cuda.stream(self._stream)

    def upload(self, numbers: NDArray[np.int32], target: Tensor) -> None:
        """See `Lane`."""
        # Of the target's type: a copy that converts would wait.
        pinned = torch.from_numpy(numbers).to(target.dtype).pin_memory()
        target.copy_(pinned, non_blocking=True)

    def download(self, samples: Tensor) -> Decoding:
        """See `Lane`."""
        copied = torch.empty(samples.shape, dtype=samples.dtype, pin_memory=True)
        copied.copy_(samples, non_blocking=True)
        done = torch.cuda.Event()
        done.record(self._stream)
        return Decoding(list(copied.numpy()), done)


def lane_of(device: torch.device) -> Lane:
    """A lane beside everything else on `device`, where the device has any."""
    return CudaLane(device) if device.type == "cuda" else Lane()
