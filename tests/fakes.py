"""An engine and voices that do what a test says, behind the real border: `Handle` and threads."""

import asyncio
import hashlib
import queue
import threading
from dataclasses import dataclass, field, replace

import numpy as np

from fish_openai.audio.pcm import silence
from fish_openai.engine.handle import Handle, Outcome
from fish_openai.engine.request import (
    Codes,
    EngineInfo,
    EngineStatus,
    Pcm,
    Reference,
    SpeechRequest,
    Usage,
)
from fish_openai.errors import EngineUnavailable, NotFound, Overloaded
from fish_openai.proof import WORD
from fish_openai.text.script import SILENCE_S
from fish_openai.text.split import is_speakable
from fish_openai.voices.record import VoiceRecord
from fish_openai.voices.voice import Voice

TIMEOUT_S = 10.0
"""How long a test waits for something that has to happen."""

FAKE_INFO = EngineInfo(
    checkpoint="fake/minnow",
    codec_id="fake-codec",
    sample_rate=44_100,
    frame_samples=2048,
    num_codebooks=10,
    device="cpu",
    precision="float32",
    uses_references=True,
    threads=2,
    allocator="a test's",
)


def sine(seconds: float, rate: int = FAKE_INFO.sample_rate, hz: float = 220.0) -> Pcm:
    times = np.arange(round(seconds * rate)) / rate
    return (0.5 * np.sin(2 * np.pi * hz * times)).astype(np.float32)


@dataclass(frozen=True, kw_only=True)
class Script:
    """What the engine does with every request."""

    pcm: Pcm = field(default_factory=lambda: sine(1.0))
    num_chunks: int = 4
    refuses: Exception | None = None
    """Raised by `speak`."""
    holds_before: int | None = None
    """Waits before this chunk until `release`, or until the handle is closed."""
    fails_before: int | None = None
    """Fails before this chunk with `fault`."""
    fault: Exception = field(default_factory=lambda: RuntimeError("secret detail of the fault"))


@dataclass(eq=False)
class Performance:
    """One accepted request."""

    request: SpeechRequest
    handle: Handle
    resumed: threading.Event
    closed: threading.Event


class FakeEngine:
    """A `SpeechEngine` that follows its script; one thread a request stands in for the real one.

    The word that proves the service at the start has a script of its own, and is no request.
    """

    def __init__(self, script: Script | None = None, *, info: EngineInfo = FAKE_INFO) -> None:
        self._info = info
        self.script = script or Script()
        self.proof = Script()
        self.state = "loading"
        self.error: str | None = None
        self.is_asleep = False
        self.capacity = 1_000
        """Requests that may be open; the next is refused."""
        self.start_error: Exception | None = None
        self.proofs: list[Performance] = []
        self.performances: list[Performance] = []
        self.accepted: queue.Queue[Performance] = queue.Queue()
        self._threads: list[threading.Thread] = []

    @property
    def info(self) -> EngineInfo:
        self._require_ready()
        return self._info

    def start(self) -> None:
        if self.start_error is not None:
            self.state = "failed"
            raise self.start_error
        self.state = "ready"

    def stop(self) -> None:
        self.state = "stopped"
        for performance in self.proofs + self.performances:
            performance.handle.fail(EngineUnavailable("the engine is stopping"))
        self.release()
        for thread in self._threads:
            thread.join(TIMEOUT_S)

    def speak(self, request: SpeechRequest) -> Handle:
        self._require_ready()
        if request is WORD:
            return self._begin(request, self.proof, self.proofs)
        if self.script.refuses is not None:
            raise self.script.refuses
        if len(self.open_performances()) >= self.capacity:
            raise Overloaded("the queue is full", retry_after_s=1)
        return self._begin(request, self._script(request), self.performances)

    def _begin(
        self, request: SpeechRequest, script: Script, performances: list[Performance]
    ) -> Handle:
        resumed, closed = threading.Event(), threading.Event()

        def on_close() -> None:
            closed.set()
            resumed.set()

        handle = Handle(asyncio.get_running_loop(), on_close)
        performance = Performance(request, handle, resumed, closed)
        performances.append(performance)
        thread = threading.Thread(target=self._perform, args=(performance, script))
        self._threads.append(thread)
        thread.start()
        return handle

    async def encode(self, pcm: Pcm) -> Codes:
        frames = -(-pcm.size // self.info.frame_samples)
        return np.zeros((self.info.num_codebooks, frames), np.int32)

    def status(self) -> EngineStatus:
        return EngineStatus(
            state=self.state,
            rows=8,
            rows_running=len(self.open_performances()),
            rows_waiting=0,
            is_asleep=self.is_asleep,
            error=self.error,
        )

    @property
    def requests(self) -> list[SpeechRequest]:
        return [performance.request for performance in self.performances]

    def open_performances(self) -> list[Performance]:
        return [each for each in self.performances if each.handle.outcome is Outcome.OPEN]

    def next_accepted(self) -> Performance:
        return self.accepted.get(timeout=TIMEOUT_S)

    def release(self) -> None:
        for performance in self.proofs + self.performances:
            performance.resumed.set()

    def reset(self, script: Script | None = None) -> None:
        """As new; for tests that share a server."""
        self.release()
        self.script = script or Script()
        self.state, self.error, self.capacity = "ready", None, 1_000
        self.is_asleep = False
        self.performances.clear()
        self.accepted = queue.Queue()

    def _script(self, request: SpeechRequest) -> Script:
        """As the real engine: nothing to say is a short silence."""
        if is_speakable(request.text):
            return self.script
        return replace(self.script, pcm=silence(SILENCE_S, self._info.sample_rate))

    def _require_ready(self) -> None:
        if self.state != "ready":
            raise EngineUnavailable(f"the engine is {self.state}")

    def _perform(self, performance: Performance, script: Script) -> None:
        if performance.request is not WORD:
            self.accepted.put(performance)
        handle = performance.handle
        usage = Usage(input_tokens=len(performance.request.text), output_frames=0)
        for index, pcm in enumerate(np.array_split(script.pcm, script.num_chunks)):
            if index == script.holds_before:
                performance.resumed.wait(TIMEOUT_S)
            if index == script.fails_before:
                handle.fail(script.fault)
                return
            usage = Usage(input_tokens=usage.input_tokens, output_frames=usage.output_frames + 5)
            handle.push(pcm, usage)
        handle.finish(usage)


class FakeVoices:
    """A `VoiceRegistry` of three voices."""

    def __init__(self) -> None:
        codes = np.zeros((FAKE_INFO.num_codebooks, 4), np.int32)
        reference = Reference(text="What is said in the recording.", codes=codes)
        self.voices = (
            Voice(id="alloy", name="alloy", seed=1),
            Voice(id="echo", name="echo", seed=2),
            Voice(id="my voice", name="My voice", references=(reference,)),
        )

    def names(self) -> tuple[str, ...]:
        return tuple(voice.name for voice in self.voices)

    async def listing(self) -> tuple[VoiceRecord, ...]:
        return tuple(
            VoiceRecord(
                id=voice.id,
                fish_id=hashlib.md5(voice.id.encode()).hexdigest(),  # noqa: S324 - no secret
                name=voice.name,
                type="audio_sample" if voice.references else "builtin",
                created_at=0,
                updated_at=0,
                language="en" if voice.references else None,
            )
            for voice in self.voices
        )

    async def resolve(self, name: str | None) -> Voice:
        wanted = (name or "alloy").casefold()
        for voice in self.voices:
            if voice.id == wanted:
                return voice
        raise NotFound(
            f"the voice {name!r} does not exist; there are {', '.join(self.names())}",
            param="voice",
            code="voice_not_found",
        )
