"""State of a causal network as a value, so that a signal can be processed in pieces of any size.

Every layer has `init_state(rows)` and `forward(x, state) -> (y, state)`, and feeding a signal in pieces
gives what feeding it whole gives. Nothing is remembered inside a layer. A state is a tensor whose first
dimension is rows, or a tuple of states; rows are independent, so they can be picked and put back.
"""

from typing import Protocol, cast

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


def pick(state: State, places: Tensor) -> State:
    """The rows at `places` int64 [rows] of `state`, copied."""
    if isinstance(state, Tensor):
        return state.index_select(0, places)
    return tuple(pick(part, places) for part in state)


def put(state: State, places: Tensor, rows: State) -> None:
    """Overwrite the rows at `places` int64 [rows] of `state` by `rows`."""
    if isinstance(state, Tensor):
        state.index_copy_(0, places, cast("Tensor", rows))
        return
    for part, part_rows in zip(state, rows, strict=True):
        put(part, places, part_rows)


def put_one(state: State, place: int, row: State) -> None:
    """Overwrite the row at `place` of `state` by `row`, a state of one row."""
    if isinstance(state, Tensor):
        state[place : place + 1].copy_(cast("Tensor", row))
        return
    for part, part_row in zip(state, row, strict=True):
        put_one(part, place, part_row)
