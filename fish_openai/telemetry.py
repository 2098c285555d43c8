"""How the machine is: its GPUs through NVML, its processors and memory through psutil."""

import logging
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from types import ModuleType
from typing import Any, TypeVar

import psutil
from msgspec import Struct

Told = TypeVar("Told")

_log = logging.getLogger(__name__)


class Gpu(Struct, frozen=True, kw_only=True):
    """One GPU at this moment; None for what its driver does not tell."""

    index: int
    name: str
    memory_used_bytes: int
    """Of all processes."""
    memory_total_bytes: int
    utilization: float | None
    """Part of the last moments in which it computed, 0-1."""
    power_watts: float | None
    temperature_celsius: int | None


class Machine(Struct, frozen=True, kw_only=True):
    """The machine at this moment."""

    cpus: int
    cpu_busy_seconds: float
    """Of all processors, since the machine was started."""
    memory_available_bytes: int
    memory_total_bytes: int


def machine() -> Machine:
    """Ask the system."""
    memory, times = psutil.virtual_memory(), psutil.cpu_times()
    idle = times.idle + getattr(times, "iowait", 0.0)
    # A guest's time is part of the user's.
    guests = getattr(times, "guest", 0.0) + getattr(times, "guest_nice", 0.0)
    return Machine(
        cpus=psutil.cpu_count() or 1,
        cpu_busy_seconds=sum(times) - idle - guests,
        memory_available_bytes=memory.available,
        memory_total_bytes=memory.total,
    )


class Gpus:
    """The GPUs of this machine, through `pynvml` if it is installed and finds a driver.

    Args:
        load: brings the module; raises `ImportError` where it is not installed.
    """

    def __init__(self, load: Callable[[], ModuleType] = lambda: import_module("pynvml")) -> None:
        self._nvml: Any = None
        try:
            nvml: Any = load()
        except ImportError:
            _log.debug("no figures of GPUs: pip install 'fish-openai[gpu]'")
            return
        try:
            nvml.nvmlInit()
        except nvml.NVMLError as error:
            _log.debug("no figures of GPUs: %s", error)
            return
        self._nvml = nvml

    def look(self) -> tuple[Gpu, ...]:
        """Ask all of them; if one does not answer any more there are none, and the log says so."""
        if self._nvml is None:
            return ()
        try:
            return tuple(self._gpu(index) for index in range(self._nvml.nvmlDeviceGetCount()))
        except self._nvml.NVMLError as error:
            _log.warning("the GPUs could not be asked for their figures: %s", error)
            return ()

    def _gpu(self, index: int) -> Gpu:
        nvml = self._nvml
        device = nvml.nvmlDeviceGetHandleByIndex(index)
        memory = nvml.nvmlDeviceGetMemoryInfo(device)
        rates = self._told(lambda: nvml.nvmlDeviceGetUtilizationRates(device))
        milliwatts = self._told(lambda: nvml.nvmlDeviceGetPowerUsage(device))
        return Gpu(
            index=index,
            name=_text(nvml.nvmlDeviceGetName(device)),
            memory_used_bytes=memory.used,
            memory_total_bytes=memory.total,
            utilization=None if rates is None else rates.gpu / 100,
            power_watts=None if milliwatts is None else milliwatts / 1000,
            temperature_celsius=self._told(
                lambda: nvml.nvmlDeviceGetTemperature(device, nvml.NVML_TEMPERATURE_GPU)
            ),
        )

    def _told(self, ask: Callable[[], Told]) -> Told | None:
        with suppress(self._nvml.NVMLError_NotSupported):
            return ask()
        return None


def _text(name: str | bytes) -> str:
    return name.decode() if isinstance(name, bytes) else name
