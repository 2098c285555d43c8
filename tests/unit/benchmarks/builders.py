"""Building blocks of the load program's tests."""

from benchmarks.load_hearing import Hearing
from benchmarks.load_playback import Arrival


def heard(*arrivals: tuple[float, float], sent_s: float = 0.0, total_s: float = 1.0) -> Hearing:
    """A request that ended well; arrivals are (seconds after sending, seconds of audio)."""
    return Hearing(
        sent_s=sent_s,
        status=200,
        arrivals=[Arrival(*arrival) for arrival in arrivals],
        total_s=total_s,
    )


def refused(retry_after: str | None, status: int = 429) -> Hearing:
    return Hearing(
        sent_s=0.0, status=status, retry_after=retry_after, fault=f"status {status}: busy"
    )
