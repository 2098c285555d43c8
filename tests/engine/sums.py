"""Requests for the counting backend: a text says how many frames each of its sentences has.

`"3 _7 5"` has a pause of seven samples before its second sentence.
"""

from typing import Any

import numpy as np

from fish_openai.engine.request import Sampling, SpeechRequest
from fish_openai.engine.row import Row, Sink, Turn
from fish_openai.errors import BadRequest

ENDLESS = str(10**9)


def speech(text: str, name: int = 0, **others: Any) -> SpeechRequest:
    """A request whose seed is the name by which the backend's events know it."""
    return SpeechRequest(text=text, sampling=Sampling(seed=name), **others)


def a_turn(num_frames: int) -> Turn:
    """A sentence of as many tokens as frames."""
    prompt = np.broadcast_to(np.zeros((1, 1), np.int32), (1, num_frames))
    return Turn(prompt, usual_frames=num_frames, limit=max(64, 2 * num_frames))


class CountingPlanner:
    """Reads how many frames to speak, and trusts texts to need as many tokens."""

    def plan(self, request: SpeechRequest, sink: Sink) -> Row:
        if not request.text:
            raise BadRequest("there is nothing to count")
        column = np.zeros((1, 1), np.int32)
        turns, pauses = [], [0]
        for word in request.text.split():
            if word.startswith("_"):
                pauses[-1] += int(word[1:])
            else:
                turns.append(int(word))
                pauses.append(0)
        return Row(
            sink=sink,
            prefix=column,
            turns=tuple(map(a_turn, turns)),
            pauses=tuple(pauses),
            sampling=request.sampling,
            max_frames=request.max_frames,
            is_whole=request.is_whole,
        )
