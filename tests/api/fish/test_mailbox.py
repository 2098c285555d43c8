import asyncio

import pytest

from fish_openai.api.fish.events import FlushEvent, StopEvent, TextEvent
from fish_openai.api.fish.mailbox import Mailbox
from fish_openai.errors import BadRequest


def test_texts_that_have_piled_up_are_one() -> None:
    mailbox = Mailbox(100)
    for event in (TextEvent("a"), TextEvent("b"), FlushEvent(), TextEvent("c"), StopEvent()):
        mailbox.put(event, 1)

    async def read() -> list[object]:
        return [await mailbox.get() for _ in range(4)]

    assert asyncio.run(read()) == [TextEvent("ab"), FlushEvent(), TextEvent("c"), StopEvent()]


def test_who_waits_gets_the_next_event() -> None:
    async def wait() -> object:
        mailbox = Mailbox(100)
        waiting = asyncio.create_task(mailbox.get())
        await asyncio.sleep(0)
        mailbox.put(StopEvent(), 1)
        return await waiting

    assert asyncio.run(wait()) == StopEvent()


def test_only_so_much_may_wait() -> None:
    mailbox = Mailbox(100)
    mailbox.put(TextEvent("a"), 60)
    asyncio.run(mailbox.get())
    mailbox.put(TextEvent("b"), 60)
    with pytest.raises(BadRequest, match="More than 100 bytes"):
        mailbox.put(TextEvent("c"), 60)
