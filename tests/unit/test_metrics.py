"""The metrics by themselves: what is shown, and when the engine is asked."""

import os
import re
from collections.abc import Callable

from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from fish_openai.engine.request import EngineStatus
from fish_openai.metrics import CallOutcome, Metrics
from fish_openai.telemetry import Gpus
from tests.unit.nvml import FakeNvml

NAMES_AND_KINDS = {
    "fish_requests": "counter",
    "fish_first_audio_seconds": "histogram",
    "fish_request_seconds": "histogram",
    "fish_audio_seconds": "counter",
    "fish_rows_running": "gauge",
    "fish_rows_waiting": "gauge",
    "fish_rows_preempted": "gauge",
    "fish_sentences": "counter",
    "fish_sentence_retries": "counter",
    "fish_sentences_cut": "counter",
    "fish_frames": "counter",
    "fish_step_seconds": "gauge",
    "fish_voice_cache_hits": "counter",
    "fish_voice_cache_misses": "counter",
    "fish_voice_cache_bytes": "gauge",
    "fish_asleep": "gauge",
    "fish_system_cpu_busy_seconds": "counter",
    "fish_system_cpus": "gauge",
    "fish_system_memory_available_bytes": "gauge",
    "fish_system_memory_total_bytes": "gauge",
    "fish_gpu_utilization_ratio": "gauge",
    "fish_gpu_memory_used_bytes": "gauge",
    "fish_gpu_memory_total_bytes": "gauge",
    "fish_gpu_power_watts": "gauge",
    "fish_gpu_temperature_celsius": "gauge",
}


def idle() -> EngineStatus:
    return EngineStatus(state="ready", rows=8, rows_running=0, rows_waiting=0)


def metrics_of(status: Callable[[], EngineStatus] = idle, nvml: FakeNvml | None = None) -> Metrics:
    return Metrics(status, Gpus((nvml or FakeNvml(0)).load))


def figure(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(name, labels)


def test_everything_is_shown_under_its_name_and_kind_before_the_first_call() -> None:
    text = generate_latest(metrics_of().registry).decode()
    families = {each.name: each.type for each in text_string_to_metric_families(text)}
    ours = {
        name: kind
        for name, kind in families.items()
        if name.startswith("fish_") and not name.endswith("_created")
    }
    assert ours == NAMES_AND_KINDS
    assert "process_resident_memory_bytes" in families


def test_the_only_label_of_ours_is_one_of_six_outcomes() -> None:
    text = generate_latest(metrics_of().registry).decode()
    labels = re.findall(r'^fish_requests_total\{outcome="(\w+)"\} 0\.0$', text, re.MULTILINE)
    assert labels == [
        "done",
        "error",
        "aborted",
        "refused_full",
        "refused_loading",
        "bad_request",
    ]
    assert set(re.findall(r"^fish_\w+\{(\w+)=", text, re.MULTILINE)) == {"outcome", "le"}


def test_the_engine_is_asked_at_every_scrape() -> None:
    snapshots = iter(
        EngineStatus(
            state="ready",
            rows=8,
            rows_running=running,
            rows_waiting=2,
            rows_preempted=1,
            sentences=9,
            sentence_retries=8,
            sentences_cut=7,
            frames=3,
            step_s=0.5,
            voice_hits=4,
            voice_misses=5,
            voice_bytes=6,
        )
        for running in (1, 7)
    )
    registry = metrics_of(lambda: next(snapshots)).registry
    first, second = (
        {sample.name: sample.value for family in registry.collect() for sample in family.samples}
        for _ in range(2)
    )
    assert (first["fish_rows_running"], second["fish_rows_running"]) == (1, 7)
    assert [
        first[name]
        for name in (
            "fish_rows_waiting",
            "fish_rows_preempted",
            "fish_sentences_total",
            "fish_sentence_retries_total",
            "fish_sentences_cut_total",
            "fish_frames_total",
            "fish_step_seconds",
            "fish_voice_cache_hits_total",
            "fish_voice_cache_misses_total",
            "fish_voice_cache_bytes",
        )
    ] == [2, 1, 9, 8, 7, 3, 0.5, 4, 5, 6]


def test_two_applications_in_one_process_count_for_themselves() -> None:
    one, other = metrics_of(), metrics_of()
    one.requests.labels(CallOutcome.DONE).inc()
    assert figure(one, "fish_requests_total", outcome="done") == 1
    assert figure(other, "fish_requests_total", outcome="done") == 0


def test_each_gpu_is_shown_by_its_number() -> None:
    metrics = metrics_of(nvml=FakeNvml(2))
    for index in range(2):
        gpu = str(index)
        assert figure(metrics, "fish_gpu_utilization_ratio", gpu=gpu) == 0.75
        assert figure(metrics, "fish_gpu_memory_used_bytes", gpu=gpu) == 3 * 2**30
        assert figure(metrics, "fish_gpu_memory_total_bytes", gpu=gpu) == 24 * 2**30
        assert figure(metrics, "fish_gpu_power_watts", gpu=gpu) == 310.5
        assert figure(metrics, "fish_gpu_temperature_celsius", gpu=gpu) == 61


def test_what_a_gpu_does_not_tell_is_not_shown() -> None:
    metrics = metrics_of(nvml=FakeNvml(1, untold={"nvmlDeviceGetPowerUsage"}))
    assert figure(metrics, "fish_gpu_power_watts", gpu="0") is None
    assert figure(metrics, "fish_gpu_temperature_celsius", gpu="0") == 61


def test_the_machines_figures_are_those_of_this_machine() -> None:
    metrics = metrics_of()
    total = figure(metrics, "fish_system_memory_total_bytes")
    available = figure(metrics, "fish_system_memory_available_bytes")
    assert total is not None
    assert available is not None
    assert 0 < available <= total
    assert figure(metrics, "fish_system_cpus") == os.cpu_count()
    first = figure(metrics, "fish_system_cpu_busy_seconds_total")
    second = figure(metrics, "fish_system_cpu_busy_seconds_total")
    assert first is not None
    assert second is not None
    assert 0 < first <= second
