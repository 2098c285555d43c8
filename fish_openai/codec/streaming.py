"""State of a causal network as a value, so that a signal can be processed in pieces of any size.

Every layer has `init_state(rows)` and `forward(x, state) -> (y, state)`, and feeding a signal in pieces
gives what feeding it whole gives. Nothing is remembered inside a layer. A state is a tensor whose first
dimension is rows, or a tuple of states; rows are independent, so states can be stacked and split.
"""

from collections.abc import Sequence
from typing import Protocol, cast

import torch
from torch import Tensor, nn

State = Tensor | tuple["State", ...]


class Streaming(Protocol):
    """What a layer must offer to be part of a `Chain`."""

    def init_state(self, rows: int) -> State:
        """State before the first sample."""

    def __call__(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """Process the next piece."""


class Chain(nn.ModuleList):
    """Streaming layers one after the other."""

    def init_state(self, rows: int) -> State:
        """The layers' states in order."""
        return tuple(cast("Streaming", layer).init_state(rows) for layer in self)

    def forward(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """Through every layer."""
        after = []
        for layer, before in zip(self, state, strict=True):
            x, layer_state = layer(x, before)
            after.append(layer_state)
        return x, tuple(after)


class Stateless(nn.Module):
    """Base of layers that treat every time step on its own."""

    def init_state(self, rows: int) -> State:  # noqa: ARG002
        """Nothing to remember."""
        return ()


def stack_states(states: Sequence[State]) -> State:
    """Put the rows of `states` one after the other."""
    first = states[0]
    if isinstance(first, Tensor):
        return torch.cat([state for state in states if isinstance(state, Tensor)])
    return tuple(stack_states(parts) for parts in zip(*states, strict=True))


def split_state(state: State, rows: int) -> list[State]:
    """The opposite of `stack_states` for states of one row each."""
    if isinstance(state, Tensor):
        return list(state.split(1))
    if not state:
        return [()] * rows
    return list(zip(*(split_state(part, rows) for part in state), strict=True))
