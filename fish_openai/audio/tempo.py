"""Change of speed that keeps the pitch, as the samples come."""

import math
from fractions import Fraction

import av
import numpy as np
from av.filter import Graph

from fish_openai.audio.pcm import Pcm, join, silence
from fish_openai.audio.stage import Identity, Stage
from fish_openai.errors import BadRequest

MIN_SPEED = 0.25
MAX_SPEED = 4.0

# Where atempo splices depends on how its input was cut, so it always gets blocks of one size.
_BLOCK = 512

# atempo keeps its last windows to itself; this much silence pushes the speech in them out.
_TAIL_S = 0.5


class Tempo:
    """Stage that makes speech at `rate` Hz `speed` times as fast (0.25 to 4), at the same pitch.

    `n` samples in make exactly `round((n + w) / speed)` out, where `w` is one `splice_window`: that
    much silence goes ahead, because atempo's first splice is a poor one. After it a sound is up to
    30 ms early at natural speeds, 60 ms at half speed and 180 ms at a quarter.
    """

    def __init__(self, speed: float, rate: int) -> None:
        self._speed = speed
        self._rate = rate
        self._graph = _atempo_graph(speed, rate)
        self._held = np.zeros(splice_window(rate), np.float32)
        self._samples_in = len(self._held)
        self._samples_pushed = 0
        self._samples_out = 0

    def write(self, pcm: Pcm) -> Pcm:
        """Take samples at natural speed; return what is ready at the new one."""
        self._samples_in += len(pcm)
        held = np.concatenate([self._held, pcm])
        whole = len(held) - len(held) % _BLOCK
        self._held = held[whole:]
        return self._apply(held[:whole])

    def finish(self) -> Pcm:
        """Return the rest, so that the whole has its exact length."""
        due = round(self._samples_in / self._speed) - self._samples_out
        tail = self._apply(np.concatenate([self._held, silence(_TAIL_S, self._rate)]))
        return tail[:due]

    def _apply(self, pcm: Pcm) -> Pcm:
        parts = []
        for start in range(0, len(pcm), _BLOCK):
            self._push(pcm[start : start + _BLOCK])
            parts += self._pull()
        ready = join(parts)
        self._samples_out += len(ready)
        return ready

    def _push(self, block: Pcm) -> None:
        frame = av.AudioFrame.from_ndarray(block[np.newaxis], format="flt", layout="mono")
        frame.sample_rate = self._rate
        frame.pts = self._samples_pushed
        frame.time_base = Fraction(1, self._rate)
        self._samples_pushed += len(block)
        self._graph.push(frame)

    def _pull(self) -> list[Pcm]:
        parts: list[Pcm] = []
        while True:
            try:
                frame = self._graph.pull()
            except av.BlockingIOError:
                return parts
            parts.append(frame.to_ndarray()[0])


def splice_window(rate: int) -> int:
    """Return how many samples at `rate` Hz atempo blends at a splice: 2048 at 44.1 kHz (46 ms)."""
    return 1 << (rate // 24 - 1).bit_length()


def open_tempo(speed: float, rate: int) -> Stage:
    """Open the stage for `speed`, a factor from 0.25 to 4, on samples at `rate` Hz.

    Raises `BadRequest` outside that range.
    """
    if not MIN_SPEED <= speed <= MAX_SPEED:
        message = f"speed is {speed}; choose a number from {MIN_SPEED} to {MAX_SPEED}."
        raise BadRequest(message, param="speed")
    return Identity() if speed == 1.0 else Tempo(speed, rate)


def _atempo_graph(speed: float, rate: int) -> Graph:
    """Chain equal atempo filters, each from 0.5 to 2: above that it skips instead of blending."""
    count = math.ceil(abs(math.log2(speed)))
    graph = Graph()
    source = graph.add_abuffer(
        sample_rate=rate, format="flt", layout="mono", time_base=Fraction(1, rate)
    )
    filters = [graph.add("atempo", f"{speed ** (1 / count):.9f}") for _ in range(count)]
    graph.link_nodes(source, *filters, graph.add("abuffersink"))
    graph.configure()
    return graph
