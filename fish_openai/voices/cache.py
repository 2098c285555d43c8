"""Voices in memory, the least recently used one dropped first."""

from collections import OrderedDict

from fish_openai.voices.recording import Stamp
from fish_openai.voices.voice import Voice


class VoiceCache:
    """Holds voices as long as their files keep their stamps and all codes fit into the budget."""

    def __init__(self, budget_bytes: int) -> None:
        self._budget_bytes = budget_bytes
        self._held_bytes = 0
        self._voices: OrderedDict[str, tuple[Stamp, Voice]] = OrderedDict()

    def get(self, voice_id: str, stamp: Stamp) -> Voice | None:
        """Return the voice, unless its files have changed since it was put here."""
        held = self._voices.get(voice_id)
        if held is None or held[0] != stamp:
            return None
        self._voices.move_to_end(voice_id)
        return held[1]

    def put(self, stamp: Stamp, voice: Voice) -> None:
        """Hold a voice in place of an earlier one of that id; drop others to make room."""
        self._drop(voice.id)
        self._voices[voice.id] = (stamp, voice)
        self._held_bytes += _size_bytes(voice)
        while self._held_bytes > self._budget_bytes:
            self._drop(next(iter(self._voices)))

    def _drop(self, voice_id: str) -> None:
        if held := self._voices.pop(voice_id, None):
            self._held_bytes -= _size_bytes(held[1])


def _size_bytes(voice: Voice) -> int:
    return sum(reference.codes.nbytes for reference in voice.references)
