"""The OpenAI client as it is installed, pointed at the target."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
from openai import OpenAI

from tests.clients.conformance.target import WAIT_S, Target

Hook = Callable[[httpx2.Request], None]


@contextmanager
def openai_client(
    target: Target, *, max_retries: int = 0, before: Hook | None = None
) -> Iterator[OpenAI]:
    """A client; `before` is called with every request that it sends."""
    hooks: dict[str, list[Any]] = {"request": [before] if before else []}
    with httpx2.Client(event_hooks=hooks, trust_env=False, timeout=WAIT_S) as http_client:
        yield OpenAI(
            base_url=f"{target.address}/v1",
            api_key=target.setup.key or "any",
            max_retries=max_retries,
            http_client=http_client,
        )
