"""A backend that can let go of its weights while nobody speaks, and load them again."""

import logging
import time
from collections.abc import Callable, Sequence

from fish_openai.engine.backend import Backend, Frames
from fish_openai.engine.decoding import Decoding
from fish_openai.engine.memory import let_go
from fish_openai.engine.request import Codes, Pcm
from fish_openai.engine.row import Row
from fish_openai.engine.voice_cache import VoiceCache
from fish_openai.errors import EngineUnavailable

_log = logging.getLogger(__name__)


class Sleeper:
    """A `Backend` around another one, which is made again when a row or a recording comes.

    Args:
        awake: the backend to begin with.
        load: makes another one like it.
    """

    def __init__(self, awake: Backend, load: Callable[[], Backend]) -> None:
        self.info = awake.info
        self.num_rows = awake.num_rows
        self.voices = awake.voices
        self.error: str | None = None
        """Why the weights could not be loaded again, the last time that was tried."""
        self._backend: Backend | None = awake
        self._load = load

    @property
    def is_asleep(self) -> bool:
        """Whether the weights are gone; may be asked on any thread."""
        return self._backend is None

    def sleep(self) -> None:
        """Let everything go that can be loaded again; there must be no row."""
        self._backend, self.voices = None, VoiceCache(0)
        let_go()
        _log.info("nobody has asked for anything: the weights are let go until somebody does")

    def join(self, row: Row) -> None:
        """See `Backend`.

        Raises:
            EngineUnavailable: loading again failed.
        """
        self._wake().join(row)

    def begin_turn(self, index: int, row: Row) -> None:
        """See `Backend`."""
        self._awake.begin_turn(index, row)

    def read(self, index: int) -> bool:
        """See `Backend`."""
        return self._awake.read(index)

    def step(self, num_rows: int) -> Frames:
        """See `Backend`."""
        return self._awake.step(num_rows)

    def has_room(self, index: int) -> bool:
        """See `Backend`."""
        return self._awake.has_room(index)

    def decode(self, indices: Sequence[int], chunks: Sequence[Codes]) -> Decoding:
        """See `Backend`."""
        return self._awake.decode(indices, chunks)

    def swap(self, first: int, second: int) -> None:
        """See `Backend`."""
        self._awake.swap(first, second)

    def leave(self) -> None:
        """See `Backend`."""
        self._awake.leave()

    def encode(self, pcm: Pcm) -> Codes:
        """See `Backend`.

        Raises:
            EngineUnavailable: loading again failed.
        """
        return self._wake().encode(pcm)

    @property
    def _awake(self) -> Backend:
        assert self._backend is not None
        return self._backend

    def _wake(self) -> Backend:
        if self._backend is None:
            self._backend = self._reload()
            self.num_rows, self.voices = self._backend.num_rows, self._backend.voices
        return self._backend

    def _reload(self) -> Backend:
        began = time.monotonic()
        try:
            backend = self._load()
        except Exception as error:
            self.error = str(error)
            raise EngineUnavailable(
                f"the model could not be loaded again: {error} Try again in a few seconds."
            ) from error
        self.error = None
        _log.info("the weights are loaded again after %.1f s", time.monotonic() - began)
        return backend
