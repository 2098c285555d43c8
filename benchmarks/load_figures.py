"""A level of the load program in a few numbers."""

from collections import Counter
from collections.abc import Sequence
from statistics import median, quantiles
from typing import Any, NamedTuple, Self

from benchmarks.load_hearing import Ending
from benchmarks.load_level import Level

HEADER = (
    *("listeners", "first ms p50", "p95", "p99", "RTF", "audio s/s"),
    *("gap-free", "head start ms", "heard", "refused", "failed"),
)


class Percentiles(NamedTuple):
    """Middle and slow edge of repeated measurements."""

    p50: float
    p95: float
    p99: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Self:
        """Between neighbouring values they are interpolated; there is at least one value."""
        if len(values) == 1:
            return cls(values[0], values[0], values[0])
        hundredths = quantiles(values, n=100, method="inclusive")
        return cls(hundredths[49], hundredths[94], hundredths[98])


class Figures(NamedTuple):
    """Of those that were heard, unless it says otherwise."""

    concurrency: int
    first_audio_ms: Percentiles
    real_time_factor: float
    """Median of time spent by time heard: below 1 is faster than real time."""
    audio_s_per_s: float
    """Audio of all listeners by wall time."""
    gap_free_share: float
    """Where the player never ran dry."""
    head_start_ms: float
    """The wait after the first chunk with which 95 % would be free of gaps."""
    audio_s: float
    wall_s: float
    heard: int
    refused: int
    retry_after: dict[str, int]
    """How often the refusals named which Retry-After."""
    failed: int
    """Failed, or given up at the time limit."""
    faults: tuple[str, ...]
    """What went wrong, each once."""

    @classmethod
    def of(cls, level: Level, *, slack_s: float) -> Self:
        """Summarise `level`; a player that ran dry for at most `slack_s` counts as free of gaps.

        Raises:
            RuntimeError: nobody heard anything.
        """
        heard, refused = level.ended(Ending.HEARD), level.ended(Ending.REFUSED)
        faults = tuple({hearing.fault: None for hearing in level.ended(Ending.FAILED)})
        if not heard:
            raise RuntimeError(
                f"with {level.concurrency} listeners nothing was heard: {len(refused)} requests "
                f"refused, the others {faults or 'not answered in time'}; is this the right --url?"
            )
        head_starts = [hearing.head_start_s for hearing in heard]
        audio_s = sum(hearing.audio_s for hearing in heard)
        return cls(
            concurrency=level.concurrency,
            first_audio_ms=Percentiles.of([1000 * hearing.first_audio_s for hearing in heard]),
            real_time_factor=median(hearing.real_time_factor for hearing in heard),
            audio_s_per_s=audio_s / level.wall_s,
            gap_free_share=sum(start <= slack_s for start in head_starts) / len(heard),
            head_start_ms=1000 * Percentiles.of(head_starts).p95,
            audio_s=audio_s,
            wall_s=level.wall_s,
            heard=len(heard),
            refused=len(refused),
            retry_after=dict(Counter(hearing.retry_after or "none" for hearing in refused)),
            failed=level.planned - len(heard) - len(refused),
            faults=tuple(str(fault) for fault in faults),
        )

    def cells(self) -> list[str]:
        """For the table, in the order of `HEADER`."""
        return [
            str(self.concurrency),
            *(f"{value:.0f}" for value in self.first_audio_ms),
            f"{self.real_time_factor:.3f}",
            f"{self.audio_s_per_s:.2f}",
            f"{self.gap_free_share:.0%}",
            f"{self.head_start_ms:.0f}",
            *(str(count) for count in (self.heard, self.refused, self.failed)),
        ]

    def for_json(self) -> dict[str, Any]:
        """Numbers rounded, percentiles by their names."""
        values = self._asdict() | {"first_audio_ms": self.first_audio_ms._asdict()}
        return {name: _rounded(value) for name, value in values.items()}


def _rounded(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, dict):
        return {name: _rounded(item) for name, item in value.items()}
    return round(value, 4) if isinstance(value, float) else value
