"""Asynchronous tests without a plugin: each runs on a loop of its own and within ten seconds."""

import asyncio
import functools
from collections.abc import Callable, Coroutine
from typing import Any

Scenario = Callable[..., Coroutine[Any, Any, None]]


def on_a_loop(scenario: Scenario) -> Callable[..., None]:
    @functools.wraps(scenario)
    def test(*args: Any, **kwargs: Any) -> None:
        asyncio.run(asyncio.wait_for(scenario(*args, **kwargs), timeout=10))

    return test
