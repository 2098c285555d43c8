"""Every Prometheus object of the product, declared once, with its unit in its name.

Nothing here is global: each application has a `Metrics` of its own.
"""

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from fish_openai.engine.request import EngineStatus
from fish_openai.telemetry import Gpu, Gpus, machine

_FIRST_AUDIO_S = (0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30, 60)
_REQUEST_S = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600)


class CallOutcome(StrEnum):
    """How a speech call ended, as the label of `fish_requests_total`."""

    DONE = "done"
    ERROR = "error"
    ABORTED = "aborted"
    REFUSED_FULL = "refused_full"
    REFUSED_LOADING = "refused_loading"
    """Also while it stops, and when it has failed: whenever the engine is not there."""
    BAD_REQUEST = "bad_request"


class Metrics:
    """What is counted and timed in one application, and the registry that shows it.

    Args:
        status: asked at every scrape for the engine's own figures.
        gpus: asked for theirs.
    """

    def __init__(self, status: Callable[[], EngineStatus], gpus: Gpus) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "fish_requests",
            "Speech calls that have ended, by how.",
            ["outcome"],
            registry=self.registry,
        )
        self.first_audio_seconds = Histogram(
            "fish_first_audio_seconds",
            "From the headers of a speech call to the first bytes of its audio.",
            buckets=_FIRST_AUDIO_S,
            registry=self.registry,
        )
        self.request_seconds = Histogram(
            "fish_request_seconds",
            "From the headers of a speech call to the last bytes of its audio, when it was done.",
            buckets=_REQUEST_S,
            registry=self.registry,
        )
        self.audio_seconds = Counter(
            "fish_audio_seconds", "Length of all that has been spoken.", registry=self.registry
        )
        for outcome in CallOutcome:
            self.requests.labels(outcome)  # so that each is there, as 0, from the start
        self.registry.register(_EngineFigures(status))
        self.registry.register(_MachineFigures(gpus))
        ProcessCollector(registry=self.registry)


class _EngineFigures(Collector):
    """What the engine knows about itself, read when somebody asks."""

    def __init__(self, status: Callable[[], EngineStatus]) -> None:
        self._status = status

    def collect(self) -> Iterator[Metric]:
        """Yield one snapshot."""
        now = self._status()
        yield GaugeMetricFamily("fish_rows_running", "Requests being spoken.", now.rows_running)
        yield GaugeMetricFamily("fish_rows_waiting", "Requests in the queue.", now.rows_waiting)
        yield GaugeMetricFamily(
            "fish_rows_preempted",
            "Requests whose listeners do not listen and that have lost their row.",
            now.rows_preempted,
        )
        yield CounterMetricFamily("fish_sentences", "Sentences spoken.", now.sentences)
        yield CounterMetricFamily(
            "fish_sentence_retries",
            "Times that a sentence went wrong unheard and was begun again.",
            now.sentence_retries,
        )
        yield CounterMetricFamily(
            "fish_sentences_cut",
            "Sentences that went wrong and were cut short or left out.",
            now.sentences_cut,
        )
        yield CounterMetricFamily("fish_frames", "Frames spoken, of all rows.", now.frames)
        yield GaugeMetricFamily(
            "fish_step_seconds", "Time of one step of all rows, moving average.", now.step_s
        )
        yield CounterMetricFamily(
            "fish_voice_cache_hits", "Requests that found their voice's prompt.", now.voice_hits
        )
        yield CounterMetricFamily(
            "fish_voice_cache_misses", "Requests that had to read it.", now.voice_misses
        )
        yield GaugeMetricFamily(
            "fish_voice_cache_bytes", "Size of the voices' prompts kept.", now.voice_bytes
        )
        yield GaugeMetricFamily(
            "fish_asleep", "1 while the weights are let go because nobody speaks.", now.is_asleep
        )


_GPU_FIGURES: Mapping[str, tuple[str, Callable[[Gpu], float | None]]] = {
    "fish_gpu_utilization_ratio": ("Part of the time a GPU computes.", lambda g: g.utilization),
    "fish_gpu_memory_used_bytes": ("Taken, of all processes.", lambda g: g.memory_used_bytes),
    "fish_gpu_memory_total_bytes": ("Memory of a GPU.", lambda g: g.memory_total_bytes),
    "fish_gpu_power_watts": ("What a GPU draws.", lambda g: g.power_watts),
    "fish_gpu_temperature_celsius": ("Of a GPU's chip.", lambda g: g.temperature_celsius),
}
"""By name: what it is, and where it stands."""


class _MachineFigures(Collector):
    """What the machine knows about itself, read when somebody asks."""

    def __init__(self, gpus: Gpus) -> None:
        self._gpus = gpus

    def collect(self) -> Iterator[Metric]:
        """Yield one snapshot; what a GPU does not tell is left out."""
        now = machine()
        yield CounterMetricFamily(
            "fish_system_cpu_busy_seconds",
            "Time that all processors of the machine have worked.",
            now.cpu_busy_seconds,
        )
        yield GaugeMetricFamily("fish_system_cpus", "Processors of the machine.", now.cpus)
        yield GaugeMetricFamily(
            "fish_system_memory_available_bytes",
            "Memory that can still be taken.",
            now.memory_available_bytes,
        )
        yield GaugeMetricFamily(
            "fish_system_memory_total_bytes", "Memory of the machine.", now.memory_total_bytes
        )
        gpus = self._gpus.look()
        for name, (what, figure) in _GPU_FIGURES.items():
            yield _by_gpu(name, what, {gpu.index: figure(gpu) for gpu in gpus})


def _by_gpu(name: str, what: str, figures: Mapping[int, float | None]) -> Metric:
    family = GaugeMetricFamily(name, what, labels=["gpu"])
    for index, figure in figures.items():
        if figure is not None:
            family.add_metric([str(index)], figure)
    return family
