"""What is accepted at a start and may still not be meant: said in the log, whatever the command."""

import os
from collections.abc import Iterator, Mapping

from fish_openai import variables
from fish_openai.settings import Settings, known_variables


def remarks(settings: Settings, environ: Mapping[str, str]) -> Iterator[str]:
    """A line for each thing that an operator should look at."""
    yield from variables.remarks(environ, known_variables())
    if settings.threads > (cpus := _num_cpus()):
        yield (
            f"--threads {settings.threads} is more than the {cpus} CPUs that this process may use: "
            f"they will wait for each other; give at most {cpus}, or 0"
        )


def _num_cpus() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
