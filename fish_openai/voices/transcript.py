"""What is said in a recording, by a recogniser on this machine, if its user has installed one."""

import logging
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any

from fish_openai.audio.pcm import Pcm
from fish_openai.audio.resample import resample

logger = logging.getLogger(__name__)

Recogniser = Callable[[Pcm, int], str]
"""From samples and their rate in Hz to what is said, or to nothing."""

_MODEL = "base"
_RATE = 16_000
"""Hz; what the recogniser listens at."""


def recognise(pcm: Pcm, rate: int) -> str:
    """Write down what is said; empty if there is no recogniser. Blocks for seconds."""
    model = _model()
    if model is None:
        return ""
    segments, _ = model.transcribe(resample(pcm, rate, _RATE))
    return " ".join(segment.text.strip() for segment in segments)


@cache
def _model() -> Any:  # noqa: ANN401 - a library that need not be there
    """faster-whisper's model; None where it or its weights are not there. Never downloads."""
    try:
        library = import_module("faster_whisper")
        return library.WhisperModel(
            _MODEL, device="cpu", compute_type="int8", local_files_only=True
        )
    except ImportError:
        logger.info("recordings without a transcript stay so: faster-whisper is not installed")
    except (OSError, ValueError, RuntimeError) as exc:
        logger.warning("recordings without a transcript stay so: faster-whisper: %s", exc)
    return None
