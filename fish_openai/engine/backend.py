"""What the engine thread drives: something that speaks frame by frame for several rows at once."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from fish_openai.engine.request import Codes, EngineInfo, Pcm
from fish_openai.engine.row import Row


class Frames(NamedTuple):
    """One step's result for the running rows, in order."""

    codes: NDArray[np.int32]
    """[rows, num_codebooks]"""
    is_over: NDArray[np.bool_]
    """[rows]: the turn is over, and the codes mean nothing."""


class Backend(Protocol):
    """All tensors. Rows are dense: joining takes the next index, leaving moves the last row down.

    Every method runs on the engine thread.
    """

    info: EngineInfo
    num_rows: int

    def join(self, index: int, row: Row) -> None:
        """Read the prefix of `row` and its first turn into row `index`."""

    def next_turn(self, index: int, row: Row) -> None:
        """Read the next turn of `row`, which has just finished one."""

    def step(self, num_rows: int) -> Frames:
        """Speak one frame for each of the first `num_rows` rows."""

    def has_room(self, index: int) -> bool:
        """Whether row `index` can take another frame."""

    def decode(self, indices: Sequence[int], chunks: Sequence[Codes]) -> list[Pcm]:
        """The next samples of each of these rows; all chunks have the same number of frames."""

    def leave(self, index: int, moved_from: int) -> None:
        """Forget row `index`; row `moved_from` takes its place (nothing moves if they are equal)."""

    def encode(self, pcm: Pcm) -> Codes:
        """Codes of a recording."""
