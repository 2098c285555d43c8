"""Whether the client is still there. Litestar does not look for that while a handler runs."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from litestar import Request
from litestar.exceptions import InternalServerException

from fish_openai.api.errors import ClientGone

T = TypeVar("T")


async def read_body(request: Request[Any, Any, Any]) -> bytes:
    """The whole body.

    Raises:
        ClientGone: the client left before it had sent all of it.
    """
    try:
        return await request.body()
    except InternalServerException as exc:
        raise ClientGone from exc


async def unless_client_leaves(request: Request[Any, Any, Any], work: Coroutine[Any, Any, T]) -> T:
    """The result of `work`, which is cancelled if the client leaves before it is there.

    Raises:
        ClientGone: the client left first.
    """
    task, left = asyncio.create_task(work), asyncio.create_task(_client_left(request))
    try:
        await asyncio.wait({task, left}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise ClientGone
        return task.result()
    finally:
        task.cancel()
        left.cancel()
        await asyncio.gather(task, left, return_exceptions=True)


async def _client_left(request: Request[Any, Any, Any]) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
