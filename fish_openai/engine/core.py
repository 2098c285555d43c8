"""The engine: one named thread loads, steps and alone touches tensors; requests come as messages."""

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from typing import NamedTuple

import torch

from fish_openai.engine.backend import Backend
from fish_openai.engine.handle import Handle, Outcome
from fish_openai.engine.planner import Planner
from fish_openai.engine.request import Codes, EngineInfo, EngineStatus, Pcm, SpeechRequest
from fish_openai.engine.sleeper import Sleeper
from fish_openai.engine.stepper import Stepper, told_of
from fish_openai.errors import EngineFault, EngineUnavailable, Overloaded

_log = logging.getLogger(__name__)
_JOIN_S = 30.0
"""How long `stop` waits for the step in hand."""
_MAX_RETRY_S = 60
"""Clients do not honour a longer Retry-After."""
_SLACK_S = 60.0
"""Added to the longest time that a request can take, before it is given up."""
_NAP_S = 0.02


Message = Callable[[Stepper], None]
"""What the event loop asks of the engine thread, done between two steps."""


class Loaded(NamedTuple):
    """What a loader returns: what speaks, and what turns requests into rows."""

    backend: Backend
    planner: Planner


class Engine:
    """The `SpeechEngine` of the product.

    Args:
        load: makes the backend; runs on the engine thread, so that every tensor is born there.
        max_queue: requests that may wait while every row is taken.
        idle_unload_s: let go of the weights after that many seconds without work, and load them again
            for the next request; 0: never.
    """

    def __init__(
        self, load: Callable[[], Loaded], *, max_queue: int, idle_unload_s: float = 0
    ) -> None:
        self._load = load
        self._max_queue = max_queue
        self._idle_unload_s = idle_unload_s
        self._sleeper: Sleeper | None = None
        self._inbox: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._main, name="fish-engine", daemon=True)
        self._ready: Future[None] = Future()
        self._open: set[Handle] = set()
        self._is_stopping = False
        self._is_deaf = False
        self._hearing = threading.Lock()
        """Held while `_is_deaf` and the inbox must agree."""
        self._loaded: Loaded | None = None
        self._stepper: Stepper | None = None
        self._error: str | None = None

    @property
    def info(self) -> EngineInfo:
        """What is loaded; only after `start` has returned."""
        return self._require().backend.info

    def start(self) -> None:
        """Load and warm up; see `SpeechEngine`."""
        self._thread.start()
        try:
            self._ready.result()
        except CancelledError:
            raise EngineUnavailable("the engine was stopped while it was loading.") from None

    def stop(self) -> None:
        """End what is open and join the thread; see `SpeechEngine`."""
        # A load cannot be interrupted: its thread is left to end by itself, or with the process.
        if not self._ready.cancel() and self._thread.is_alive():
            self._inbox.put(self._begin_stop)
            self._thread.join(_JOIN_S)

    def speak(self, request: SpeechRequest) -> Handle:
        """Tokenise and queue; see `SpeechEngine`."""
        loaded, stepper = self._require(), self._stepper
        assert stepper is not None
        self._check_queue(stepper)
        handle = Handle(asyncio.get_running_loop(), lambda: self._inbox.put(lambda s: s.abort(row)))
        row = loaded.planner.plan(request, handle)
        row.deadline = time.monotonic() + _SLACK_S + stepper.longest_s(row)
        self._post(lambda stepper: stepper.submit(row))
        self._open.add(handle)
        return handle

    async def encode(self, pcm: Pcm) -> Codes:
        """Encode between two steps; see `SpeechEngine`."""
        backend, future = self._require().backend, Future[Codes]()
        self._post(lambda _: _answer(future, lambda: backend.encode(pcm)))
        return await asyncio.wrap_future(future)

    def status(self) -> EngineStatus:
        """See `SpeechEngine`."""
        if self._loaded is None or self._stepper is None:
            return EngineStatus(
                state=self._state, rows=0, rows_running=0, rows_waiting=0, error=self._error
            )
        stepper, voices, sleeper = self._stepper, self._loaded.backend.voices, self._sleeper
        return EngineStatus(
            state=self._state,
            rows=stepper.table.num_rows,
            rows_running=len(stepper.table),
            rows_waiting=len(stepper.waiting),
            rows_preempted=len(stepper.preempted),
            sentences=stepper.num_sentences,
            sentence_retries=stepper.num_retries,
            sentences_cut=stepper.num_cut,
            frames=stepper.num_frames,
            step_s=stepper.round_s,
            voice_hits=voices.num_hits,
            voice_misses=voices.num_misses,
            voice_bytes=voices.num_bytes,
            is_asleep=sleeper is not None and sleeper.is_asleep,
            error=self._error or (sleeper.error if sleeper else None),
        )

    @property
    def _state(self) -> str:
        if self._error is not None:
            return "failed"
        if self._is_deaf:
            return "stopped"
        return "ready" if self._ready.done() else "loading"

    def _require(self) -> Loaded:
        if self._loaded is None or not self._thread.is_alive():
            raise self._unavailable()
        return self._loaded

    def _unavailable(self) -> EngineUnavailable:
        return EngineUnavailable(f"the engine is {self._state}; try again in a few seconds.")

    def _check_queue(self, stepper: Stepper) -> None:
        self._open = {handle for handle in self._open if handle.outcome is Outcome.OPEN}
        num_rows = stepper.table.num_rows
        # Listeners that do not listen are as many again at most: each holds half a minute of sound.
        num_stalled = min(len(stepper.preempted), self._max_queue + num_rows)
        num_waiting = len(self._open) - num_rows - num_stalled
        if num_waiting >= self._max_queue:
            retry_after_s = round(stepper.request_s * (num_waiting + 1) / num_rows)
            retry_after_s = min(max(retry_after_s, 1), _MAX_RETRY_S)
            raise Overloaded(
                f"{num_waiting} requests are waiting already; try again in {retry_after_s} s.",
                retry_after_s=retry_after_s,
            )

    def _post(self, message: Message) -> None:
        """Hand over a message that somebody waits for: it is certain to be handled."""
        with self._hearing:
            if self._is_deaf:
                raise self._unavailable()
            self._inbox.put(message)

    # From here on: the engine thread.

    @torch.inference_mode()
    def _main(self) -> None:
        stepper = self._begin()
        if stepper is None:
            return
        try:
            self._loop(stepper)
        except BaseException:  # noqa: BLE001 - the last border: nobody must wait for a dead thread
            self._error = "the engine thread has died"
            _log.exception("%s", self._error)
            self._end(stepper, EngineFault(self._error))

    def _begin(self) -> Stepper | None:
        """Load; None if that failed, or if nobody wants it any more."""
        try:
            loaded, failure = self._load(), None
        except BaseException as error:  # noqa: BLE001 - whatever it is, `start` raises it
            loaded, failure = None, error
        if not self._ready.set_running_or_notify_cancel():
            return None
        if loaded is None:
            self._error = str(failure)
            self._ready.set_exception(failure)
            return None
        if self._idle_unload_s:
            self._sleeper = Sleeper(loaded.backend, lambda: self._load().backend)
            loaded = loaded._replace(backend=self._sleeper)
        self._loaded, self._stepper = loaded, Stepper(loaded.backend)
        self._ready.set_result(None)
        return self._stepper

    def _loop(self, stepper: Stepper) -> None:
        has_stepped = False
        while not self._is_stopping:
            self._drain(stepper, has_stepped=has_stepped)
            has_stepped = stepper.round()
        self._end(stepper, EngineUnavailable("the server is shutting down."))

    def _end(self, stepper: Stepper, error: Exception) -> None:
        """Accept nothing more, and leave nobody waiting."""
        with self._hearing:
            self._is_deaf = True
        stepper.end(error)
        while not self._inbox.empty():
            self._inbox.get()(stepper)
        stepper.end(error)

    def _drain(self, stepper: Stepper, *, has_stepped: bool) -> None:
        """Handle every message; with nothing to step, wait for one."""
        with suppress(queue.Empty):
            if not has_stepped:
                stepper.check_integrity()
                # Rows may all be far ahead of their listeners: look again soon.
                self._wait(stepper)(stepper)
            while True:
                self._inbox.get_nowait()(stepper)

    def _wait(self, stepper: Stepper) -> Message:
        """The next message.

        Raises:
            queue.Empty: none has come, and rows may be due.
        """
        if stepper.has_work:
            return self._inbox.get(timeout=_NAP_S)
        if self._sleeper is None or self._sleeper.is_asleep:
            return self._inbox.get()
        try:
            return self._inbox.get(timeout=self._idle_unload_s)
        except queue.Empty:
            self._sleeper.sleep()
            return self._inbox.get()

    def _begin_stop(self, _: Stepper) -> None:
        self._is_stopping = True


def _answer(future: Future[Codes], work: Callable[[], Codes]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(work())
    except Exception as error:  # noqa: BLE001 - the waiting coroutine gets it
        _log.exception("the codec could not encode a recording")
        told = told_of(error, "encoding a recording")
        told.__cause__ = error
        future.set_exception(told)
