"""The engine: one named thread loads, steps and alone touches tensors; requests come as messages."""

import asyncio
import logging
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import NamedTuple

import torch

from fish_openai.engine.backend import Backend
from fish_openai.engine.handle import Handle, Outcome
from fish_openai.engine.planner import Planner
from fish_openai.engine.request import Codes, EngineInfo, EngineStatus, Pcm, SpeechRequest
from fish_openai.engine.stepper import Stepper
from fish_openai.errors import EngineFault, EngineUnavailable, Overloaded

_log = logging.getLogger(__name__)
_JOIN_S = 30.0
"""How long `stop` waits for the step in hand."""
_RETRY_S = 5
"""When a refused client should try again; a full queue moves within seconds."""


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
    """

    def __init__(self, load: Callable[[], Loaded], *, max_queue: int) -> None:
        self._load = load
        self._max_queue = max_queue
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
        self._ready.result()

    def stop(self) -> None:
        """End what is open and join the thread; see `SpeechEngine`."""
        if self._thread.is_alive():
            self._inbox.put(self._begin_stop)
            self._thread.join(_JOIN_S)

    def speak(self, request: SpeechRequest) -> Handle:
        """Tokenise and queue; see `SpeechEngine`."""
        loaded = self._require()
        self._check_queue(loaded.backend.num_rows)
        handle = Handle(asyncio.get_running_loop(), lambda: self._inbox.put(lambda s: s.abort(row)))
        row = loaded.planner.plan(request, handle)
        self._post(lambda stepper: stepper.scheduler.submit(row))
        self._open.add(handle)
        return handle

    async def encode(self, pcm: Pcm) -> Codes:
        """Encode between two steps; see `SpeechEngine`."""
        backend, future = self._require().backend, Future[Codes]()
        self._post(lambda _: _answer(future, lambda: backend.encode(pcm)))
        return await asyncio.wrap_future(future)

    def status(self) -> EngineStatus:
        """See `SpeechEngine`."""
        scheduler = self._stepper.scheduler if self._stepper else None
        return EngineStatus(
            state=self._state,
            rows=scheduler.num_rows if scheduler else 0,
            rows_running=len(scheduler.running) if scheduler else 0,
            rows_waiting=len(scheduler.waiting) if scheduler else 0,
            error=self._error,
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

    def _check_queue(self, num_rows: int) -> None:
        self._open = {handle for handle in self._open if handle.outcome is Outcome.OPEN}
        num_waiting = len(self._open) - num_rows
        if num_waiting >= self._max_queue:
            raise Overloaded(
                f"{num_waiting} requests are waiting already; try again in a few seconds.",
                retry_after_s=_RETRY_S,
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
        try:
            self._loaded = self._load()
            self._stepper = Stepper(self._loaded.backend)
        except BaseException as error:  # noqa: BLE001 - whatever it is, `start` raises it
            self._error = str(error)
            self._ready.set_exception(error)
            return
        self._ready.set_result(None)
        try:
            self._loop(self._stepper)
        except BaseException:  # noqa: BLE001 - the last border: nobody must wait for a dead thread
            self._error = "the engine thread has died"
            _log.exception("%s", self._error)
            self._end(self._stepper, EngineFault(self._error))

    def _loop(self, stepper: Stepper) -> None:
        while not self._is_stopping:
            self._drain(stepper)
            stepper.round()
        self._end(stepper, EngineUnavailable("the server is shutting down."))

    def _end(self, stepper: Stepper, error: Exception) -> None:
        """Accept nothing more, and leave nobody waiting."""
        with self._hearing:
            self._is_deaf = True
        stepper.fail_all(error)
        while not self._inbox.empty():
            self._inbox.get()(stepper)
        stepper.fail_all(error)

    def _drain(self, stepper: Stepper) -> None:
        """Handle every message; with nothing else to do, wait for one."""
        if not stepper.scheduler.has_work:
            self._inbox.get()(stepper)
        while not self._inbox.empty():
            self._inbox.get()(stepper)

    def _begin_stop(self, _: Stepper) -> None:
        self._is_stopping = True


def _answer(future: Future[Codes], work: Callable[[], Codes]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(work())
    except Exception as error:  # noqa: BLE001 - the waiting coroutine gets it
        _log.exception("the codec could not encode a recording")
        fault = EngineFault("the engine failed in encoding a recording")
        fault.__cause__ = error
        future.set_exception(fault)
