"""A speech call that is no HTTP request: what `api/passage.py` does for those that are."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from fish_openai.api.door import Door
from fish_openai.api.errors import ClientGone
from fish_openai.api.headers import Exchange
from fish_openai.errors import AudioError, BadRequest, EngineUnavailable, Overloaded
from fish_openai.metrics import CallOutcome, Metrics


@contextmanager
def speech_call(door: Door, metrics: Metrics) -> Iterator[Exchange]:
    """The time from a text to the last byte of its audio; counted once, by how it ended.

    Raises:
        EngineUnavailable: not now.
    """
    exchange = Exchange()
    outcome = CallOutcome.DONE
    with door.passage():
        try:
            door.check()
            yield exchange
        except BaseException as error:
            outcome = _outcome_of(error)
            raise
        else:
            metrics.request_seconds.observe(exchange.elapsed_s())
        finally:
            metrics.requests.labels(outcome).inc()


def _outcome_of(error: BaseException) -> CallOutcome:
    match error:
        case asyncio.CancelledError() | ClientGone():
            return CallOutcome.ABORTED
        case Overloaded():
            return CallOutcome.REFUSED_FULL
        case EngineUnavailable():
            return CallOutcome.REFUSED_LOADING
        case BadRequest() | AudioError():
            return CallOutcome.BAD_REQUEST
        case _:
            return CallOutcome.ERROR
