"""GPUs through NVML: all of it, part of it, none of it."""

from types import ModuleType

import pytest
from msgspec import structs

from fish_openai.telemetry import Gpu, Gpus
from tests.unit.nvml import FakeNvml

WHOLE = Gpu(
    index=0,
    name="NVIDIA Test",
    memory_used_bytes=3 * 2**30,
    memory_total_bytes=24 * 2**30,
    utilization=0.75,
    power_watts=310.5,
    temperature_celsius=61,
)


def not_installed() -> ModuleType:
    raise ImportError("No module named 'pynvml'")


def test_a_gpu_tells_its_figures_in_base_units() -> None:
    assert Gpus(FakeNvml(1).load).look() == (WHOLE,)


def test_every_gpu_is_asked() -> None:
    assert [gpu.index for gpu in Gpus(FakeNvml(3).load).look()] == [0, 1, 2]


@pytest.mark.parametrize(
    ("function", "figure"),
    [
        ("nvmlDeviceGetUtilizationRates", "utilization"),
        ("nvmlDeviceGetPowerUsage", "power_watts"),
        ("nvmlDeviceGetTemperature", "temperature_celsius"),
    ],
)
def test_what_a_gpu_does_not_tell_is_none_and_the_rest_is_there(function: str, figure: str) -> None:
    (gpu,) = Gpus(FakeNvml(1, untold={function}).load).look()
    assert gpu == structs.replace(WHOLE, **{figure: None})


def test_without_the_library_there_are_no_gpus() -> None:
    assert Gpus(not_installed).look() == ()


def test_without_a_driver_there_are_no_gpus() -> None:
    assert Gpus(FakeNvml(1, has_driver=False).load).look() == ()


def test_a_gpu_that_is_lost_is_said_and_does_no_harm(caplog: pytest.LogCaptureFixture) -> None:
    nvml = FakeNvml(1)
    gpus = Gpus(nvml.load)
    nvml.is_lost = True
    assert gpus.look() == ()
    assert "could not be asked for their figures: GPU is lost" in caplog.text
    nvml.is_lost = False
    assert gpus.look() == (WHOLE,)
