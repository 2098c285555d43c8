"""NVML as Python sees it, with GPUs that are always the same."""

from collections.abc import Collection
from types import ModuleType
from typing import Any, NamedTuple, cast


class Memory(NamedTuple):
    total: int
    used: int


class Rates(NamedTuple):
    gpu: int
    memory: int


class FakeNvml:
    """What is used of `pynvml`.

    Args:
        num_gpus: how many there are.
        untold: names of functions that these GPUs do not have.
        has_driver: without one, NVML cannot begin.
    """

    NVML_TEMPERATURE_GPU = 0

    class NVMLError(Exception):
        pass

    class NVMLError_NotSupported(NVMLError):  # noqa: N801
        pass

    def __init__(
        self, num_gpus: int, *, untold: Collection[str] = (), has_driver: bool = True
    ) -> None:
        self.num_gpus = num_gpus
        self.untold = untold
        self.has_driver = has_driver
        self.is_lost = False

    def load(self) -> ModuleType:
        return cast("ModuleType", self)

    def nvmlInit(self) -> None:  # noqa: N802
        if not self.has_driver:
            raise self.NVMLError("Driver Not Loaded")

    def nvmlDeviceGetCount(self) -> int:  # noqa: N802
        return self.num_gpus

    def __getattr__(self, name: str) -> Any:
        answers = {
            "nvmlDeviceGetHandleByIndex": 0,
            "nvmlDeviceGetName": b"NVIDIA Test",
            "nvmlDeviceGetMemoryInfo": Memory(24 * 2**30, 3 * 2**30),
            "nvmlDeviceGetUtilizationRates": Rates(75, 10),
            "nvmlDeviceGetPowerUsage": 310_500,
            "nvmlDeviceGetTemperature": 61,
        }

        def answer(*_: object) -> object:
            if self.is_lost:
                raise self.NVMLError("GPU is lost")
            if name in self.untold:
                raise self.NVMLError_NotSupported("Not Supported")
            return answers[name]

        return answer
