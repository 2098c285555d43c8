"""What is recorded of a request: metrics while it is spoken, one log line when it ends.

Neither ever holds what was said.
"""

import logging
from dataclasses import dataclass

from fish_openai.api.headers import Exchange
from fish_openai.engine.handle import Outcome
from fish_openai.engine.request import Pcm
from fish_openai.metrics import Metrics

logger = logging.getLogger(__name__)


@dataclass(slots=True, eq=False, kw_only=True)
class AccessRecord:
    """One request while it is spoken."""

    exchange: Exchange
    metrics: Metrics
    num_characters: int
    sample_rate: int
    """Of the samples that are counted, Hz."""
    voice_id: str = ""
    num_samples: int = 0
    first_audio_ms: int | None = None

    def count(self, pcm: Pcm) -> None:
        """More has been spoken."""
        self.num_samples += pcm.size
        self.metrics.audio_seconds.inc(pcm.size / self.sample_rate)

    def mark_audio(self) -> None:
        """Bytes are ready for the client."""
        if self.first_audio_ms is None:
            self.first_audio_ms = self.exchange.elapsed_ms()
            self.metrics.first_audio_seconds.observe(self.exchange.elapsed_s())

    def write(self, outcome: Outcome) -> None:
        """Log how it ended."""
        logger.info(
            "speech id=%s voice=%s characters=%d audio_s=%.2f first_audio_ms=%s outcome=%s",
            self.exchange.log_id,
            self.voice_id,
            self.num_characters,
            self.num_samples / self.sample_rate,
            "-" if self.first_audio_ms is None else self.first_audio_ms,
            outcome.value,
        )
