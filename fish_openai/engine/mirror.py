"""A tensor that the host and the device both have."""

import torch
from torch import Tensor


class Mirror:
    """Numbers on the host and their twin on the device; each side is copied to the other on demand.

    The host's side of a GPU is pinned, so that the copy is queued like any other work of the device.

    Args:
        shape: of both.
        dtype: of both.
        device: where the twin is.
    """

    def __init__(self, shape: tuple[int, ...], dtype: torch.dtype, device: torch.device) -> None:
        self._is_pinned = device.type == "cuda"
        self.host = torch.zeros(shape, dtype=dtype, pin_memory=self._is_pinned)
        self.device = torch.zeros(shape, dtype=dtype, device=device)

    def upload(self) -> None:
        """Queue a copy to the device. The host's side has to stay as it is until that is done."""
        self.device.copy_(self.host, non_blocking=self._is_pinned)

    def download(self) -> Tensor:
        """The host's side, once everything that the device was asked to do has been copied into it."""
        self.host.copy_(self.device, non_blocking=self._is_pinned)
        if self._is_pinned:
            torch.cuda.current_stream(self.device.device).synchronize()
        return self.host
