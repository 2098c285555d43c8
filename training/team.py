"""Several processes that train one model, one thread each: on a CPU faster than one with many."""

import os
from collections.abc import Callable, Sequence

import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch import Tensor, nn


class Team:
    """One member's view; a team of one needs no communication."""

    def __init__(self, rank: int, size: int) -> None:
        self.rank, self.size = rank, size

    @property
    def is_lead(self) -> bool:
        """Whether this member reports and saves."""
        return self.rank == 0

    def share_gradients(self, parameters: Sequence[nn.Parameter]) -> "SharedGradients":
        """Make all gradients views of one buffer, averaged by one call."""
        return SharedGradients(self, parameters)

    def agree(self, number: float) -> float:
        """The lead's number."""
        if self.size > 1:
            value = torch.tensor([number], dtype=torch.float64)
            dist.broadcast(value, 0)
            number = float(value)
        return number

    def copy_from_lead(self, tensors: Sequence[Tensor]) -> None:
        """Overwrite with what the lead has."""
        if self.size > 1:
            for tensor in tensors:
                dist.broadcast(tensor, 0)


class SharedGradients:
    """The gradients of one member, in one flat buffer."""

    def __init__(self, team: Team, parameters: Sequence[nn.Parameter]) -> None:
        self._team = team
        self._flat = parameters[0].new_zeros(sum(p.numel() for p in parameters))
        pieces = self._flat.split([p.numel() for p in parameters])
        for parameter, piece in zip(parameters, pieces, strict=True):
            parameter.grad = piece.view_as(parameter)

    def clear(self) -> None:
        """Set to zero."""
        self._flat.zero_()

    def average(self) -> None:
        """Every member gets the mean of all."""
        if self._team.size > 1:
            dist.all_reduce(self._flat)
            self._flat.div_(self._team.size)


def run_team(size: int, work: Callable[..., None], *arguments: object) -> None:
    """Call `work(team, *arguments)` in `size` processes of one thread each."""
    os.environ.setdefault("MASTER_ADDR", "127.0.0.1")
    os.environ.setdefault("MASTER_PORT", "29571")
    if size == 1:
        _member(0, 1, work, arguments)
    else:
        mp.spawn(_member, (size, work, arguments), nprocs=size)


def _member(rank: int, size: int, work: Callable[..., None], arguments: tuple[object, ...]) -> None:
    torch.set_num_threads(1)
    if size > 1:
        dist.init_process_group("gloo", rank=rank, world_size=size)
    work(Team(rank, size), *arguments)
    if size > 1:
        dist.destroy_process_group()
