"""Whoever turns text into speech, and how they are asked for a whole reading."""

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

from fish_openai.audio.pcm import Pcm
from fish_openai.errors import EngineFault
from fish_openai.evaluation.reading import NOTHING, Reading, Utterance

logger = logging.getLogger(__name__)


class Narrator(Protocol):
    """Speaks one sentence at a time; may be asked for several at once."""

    @property
    def in_flight(self) -> int:
        """How many sentences to ask for at once."""

    async def say(self, voice: str, text: str) -> Pcm:
        """Speak; samples at `reading.RATE`.

        Raises:
            EngineFault: no speech came of it: a fault of the speaker, which is counted.
            FishError: it cannot be asked for.
        """


async def read_aloud(
    narrator: Narrator, voice: str, sentences: tuple[str, ...], on_spoken: Callable[[], object]
) -> Reading:
    """Have every sentence spoken; `on_spoken` is called after each.

    Raises:
        FishError: the narrator cannot be asked for this voice or text.
    """
    places = asyncio.Semaphore(narrator.in_flight)

    async def speak(text: str) -> Utterance:
        async with places:
            utterance = await _speak(narrator, voice, text)
        on_spoken()
        return utterance

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(speak(text)) for text in sentences]
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from errors
    return Reading(voice, tuple(task.result() for task in tasks))


async def _speak(narrator: Narrator, voice: str, text: str) -> Utterance:
    try:
        return Utterance(text, await narrator.say(voice, text))
    except EngineFault as exc:
        logger.warning("%s did not say %r: %s", voice, text, exc)
        return Utterance(text, NOTHING, str(exc))
