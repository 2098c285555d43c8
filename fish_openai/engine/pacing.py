"""How much of a row is decoded and handed out when, and which rows wait for others. No torch, no clock.

A stream is played while it is made, so what counts is a row's lead: seconds of sound that its listener
has been given and has not played yet, if playing began with the first of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from fish_openai.engine.row import Row

CHUNKS = (4, 8, 16, 24)
"""Frames in the chunks of a stream: small at first, so that sound starts early, then larger, because
fewer and larger decodes cost less. All are multiples of the codec's `EXACT_FRAMES`, so that how a stream
is cut, which depends on the load, does not change a bit of it."""
_MARGIN = 0.8
"""Part of the lead that the making of the next chunk may use up."""
_RESERVE_S = 0.25
"""With less lead than this, and what a small chunk takes, a sentence is handed out while it is spoken."""

_AHEAD_S = 3.0
_RESUME_S = 1.5
"""With a row about to starve, rows this far ahead wait until they have come down to this."""
_STALLED_S = 1.0
_STALLED_UNREAD_S = 2.0
"""With requests waiting for a place, a listener that has taken nothing for so long, and has so much to
take, loses its own between two sentences."""
_MAX_UNREAD_S = 30.0
"""Sound that may pile up for a client that does not take it, before its next sentence has to wait."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What the decisions of one round depend on.

    Attributes:
        now: the monotonic clock.
        frame_s: seconds of sound in a frame.
        round_s: seconds that a round takes, a moving average.
        block_s: the same of a block of a prompt, if one is to be read; it may hold up a round.
        sample_rate: of the sound, Hz.
    """

    now: float
    frame_s: float
    round_s: float
    sample_rate: int
    block_s: float = 0.0

    def lead_s(self, row: Row) -> float:
        """How far `row` is ahead of its listener; 0 while there is nothing to listen to.

        What has not been taken has not been played, even if there was time for it: a player may pause.
        """
        if row.started_at is None:
            return 0.0
        played_on_s = row.num_handed_out / self.sample_rate - (self.now - row.started_at)
        unread_s = self.unread_s(row)
        return max(played_on_s, unread_s) if unread_s else played_on_s

    def unread_s(self, row: Row) -> float:
        """Sound that the client has not taken yet."""
        return row.sink.num_unread / self.sample_rate

    def due_frames(self, row: Row) -> int:
        """How many frames of `row` to decode now: a chunk, what is left at a sentence's end, or none."""
        ready = len(row.utterance.frames)
        wanted = self._chunk_frames(row)
        if ready >= wanted:
            return wanted
        return ready if row.utterance.is_over else 0

    def _chunk_frames(self, row: Row) -> int:
        """The schedule's size, or the largest one before it that is made before the sound runs out.

        Where speaking is slower than listening, the sound runs out whatever is done, and large chunks
        cost least; they do, too, where nobody waits for them.
        """
        if not row.utterance.is_open:
            return CHUNKS[-1]
        sizes = CHUNKS[: row.num_chunks + 1]
        if not 0 < self.round_s < self.frame_s:
            return sizes[-1]
        affordable = _MARGIN * self.lead_s(row) / self.round_s
        return max((size for size in sizes if size <= affordable), default=sizes[0])

    def must_open(self, row: Row) -> bool:
        """Whether the listener of `row` cannot wait until the sentence is known to be good."""
        needed_s = self._danger_s + self.block_s + _RESERVE_S
        return not row.is_whole and self.lead_s(row) < needed_s

    def has_to_wait(self, row: Row, *, is_contended: bool) -> bool:
        """Whether a row that is being stepped should stop for now."""
        return is_contended and self.lead_s(row) > _AHEAD_S

    def may_go_on(self, row: Row, *, is_contended: bool) -> bool:
        """Whether a row that has been waiting should be stepped again."""
        return not is_contended or self.lead_s(row) < _RESUME_S

    def is_contended(self, rows: Sequence[Row]) -> bool:
        """Whether the sound of one of `rows` will run out before two small chunks can be made."""
        listened = (row for row in rows if row.started_at is not None and not row.is_whole)
        return any(self.lead_s(row) < self._danger_s for row in listened)

    def has_to_rest(self, row: Row, *, is_wanted: bool) -> bool:
        """Whether `row`, between two sentences, waits for its listener.

        Args:
            row: has said a sentence.
            is_wanted: whether others wait for its place.
        """
        unread_s = self.unread_s(row)
        has_stalled = unread_s > _STALLED_UNREAD_S and self.now - row.sink.taken_at > _STALLED_S
        return unread_s > _MAX_UNREAD_S or (is_wanted and has_stalled)

    def may_return(self, row: Row) -> bool:
        """Whether the listener of a row that rests has taken half of what there was."""
        return row.sink.num_unread <= row.rested_at / 2

    @property
    def _danger_s(self) -> float:
        return 2 * CHUNKS[0] * self.round_s
