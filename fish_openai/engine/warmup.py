"""A first request of our own, so that the first one of a client finds everything in place."""

from fish_openai.engine.backend import Backend
from fish_openai.engine.planner import Planner
from fish_openai.engine.request import Pcm, Sampling, SpeechRequest, Usage
from fish_openai.engine.stepper import Stepper

_WARM_UP = SpeechRequest(text="warm up", sampling=Sampling(seed=0), max_frames=8)


class _Discard:
    """Drops the samples; a fault is a fault of the start-up."""

    num_unread = 0
    taken_at = 0.0

    def push(self, pcm: Pcm, usage: Usage) -> None:
        """Drop."""

    def finish(self, usage: Usage) -> None:
        """Nothing left to do."""

    def fail(self, error: Exception) -> None:
        """Raise what went wrong."""
        raise error


def warm_up(backend: Backend, planner: Planner) -> None:
    """Speak a few frames and throw them away.

    Raises:
        EngineFault: the backend failed.
    """
    stepper = Stepper(backend)
    stepper.submit(planner.plan(_WARM_UP, _Discard()))
    while stepper.has_work:
        stepper.round()
