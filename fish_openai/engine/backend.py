"""What the engine thread drives: something that speaks frame by frame for several rows at once."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from fish_openai.engine.decoding import Decoding
from fish_openai.engine.request import Codes, EngineInfo, Pcm
from fish_openai.engine.row import Row
from fish_openai.engine.voice_cache import VoiceCache


class Frames(NamedTuple):
    """One step's result for the stepped rows, in order."""

    codes: NDArray[np.int32]
    """[rows, num_codebooks]"""
    is_over: NDArray[np.bool_]
    """[rows]: the turn is over, and the codes mean nothing."""


class Backend(Protocol):
    """All tensors, for a dense batch of rows. Every method runs on the engine thread.

    A row's prompts are read in blocks, so that reading never holds up the other rows for long; only a
    row that has nothing left to read may be stepped.
    """

    info: EngineInfo
    num_rows: int
    voices: VoiceCache

    def join(self, row: Row) -> None:
        """Append `row` to the batch, to read its voice and its first turn; or raise, and do not."""

    def begin_turn(self, index: int, row: Row) -> None:
        """Let row `index` read the current turn of `row`, and forget what it has said of this one.

        It goes on from the turn before only where `row.is_continuous`.
        """

    def read(self, index: int) -> bool:
        """Read the next block of row `index`; whether nothing is left to read."""

    def step(self, num_rows: int) -> Frames:
        """Speak one frame for each of the first `num_rows` rows."""

    def has_room(self, index: int) -> bool:
        """Whether row `index` can take another frame."""

    def decode(self, indices: Sequence[int], chunks: Sequence[Codes]) -> Decoding:
        """The next samples of each of these rows; all chunks have the same number of frames.

        They may still be made when this returns, beside whatever is asked for next.
        """

    def swap(self, first: int, second: int) -> None:
        """Let two rows change places."""

    def leave(self) -> None:
        """Forget the last row."""

    def encode(self, pcm: Pcm) -> Codes:
        """Codes of a recording."""
