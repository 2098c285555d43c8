"""How torch's threads wait for one another; decided before torch is imported.

A product is over when its slowest thread is. OpenMP's runtimes let the others spin until then: libgomp
(torch's wheels for Linux) for milliseconds, LLVM's and Intel's (macOS, Windows, conda) for 200. Where
another program has the slow one's processor, they spin away the time that it waits for.
"""

import os
import sys

_BRIEFLY = {"GOMP_SPINCOUNT": "1000", "KMP_BLOCKTIME": "0"}
"""libgomp counts turns of its loop, here some ten microseconds: longer than most waits of a step, shorter
than a turn of the scheduler. The others count milliseconds."""
_DECIDING = ("OMP_WAIT_POLICY", "KMP_LIBRARY", *_BRIEFLY)
"""Whoever has set one of these has decided."""


def wait_briefly() -> None:
    """Let waiting threads spin for a moment and then sleep.

    Does nothing where the environment decides, or where torch has been imported: its runtime has
    read the environment.
    """
    if not waiting() and "torch" not in sys.modules:
        os.environ.update(_BRIEFLY)


def waiting() -> str:
    """The variables by which OpenMP's runtime waits; empty: as it likes, because torch came first."""
    return " ".join(f"{name}={os.environ[name]}" for name in _DECIDING if name in os.environ)
