"""From spoken frames to the listener: what is decoded, what is held back, what is handed out."""

from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple

from fish_openai.engine.backend import Backend
from fish_openai.engine.decoding import Decoding
from fish_openai.engine.pacing import Moment
from fish_openai.engine.request import Pcm
from fish_openai.engine.row import Row
from fish_openai.engine.sound import cut_off, has_burst, has_sound, held_down, num_still
from fish_openai.engine.table import Table
from fish_openai.engine.utterance import Utterance

Guard = Callable[[Sequence[Row], str], AbstractContextManager[None]]
"""Makes a fault inside of it, in the place named, the error of these rows."""


class _Begun(NamedTuple):
    """What the codec has been asked for and has not handed over."""

    rows: list[Row]
    utterances: list[Utterance]
    num_frames: int
    decoding: Decoding


class Outlet:
    """Decodes what is due, keeps it until it may be heard, and hands it out.

    Args:
        backend: holds the codec.
        table: the rows of the batch.
        guard: the border of faults.
        clock: monotonic seconds.
    """

    def __init__(
        self, backend: Backend, table: Table, guard: Guard, clock: Callable[[], float]
    ) -> None:
        self._backend = backend
        self._table = table
        self._guard = guard
        self._clock = clock
        self._begun: deque[_Begun] = deque()

    def decode_due(self, moment: Moment) -> bool:
        """Decode what is due; whether anything was."""
        by_size: defaultdict[int, list[Row]] = defaultdict(list)
        for row in self._table.rows:
            if not row.utterance.is_open and moment.must_open(row):
                self._open(row)
            by_size[moment.due_frames(row)].append(row)
        due = by_size.keys() - {0}
        for num_frames in due:
            with self._guard(by_size[num_frames], "the codec"):
                self._decode(by_size[num_frames], num_frames)
        return bool(due)

    def collect(self) -> None:
        """Wait for what the codec has begun, and take it."""
        while self._begun:
            begun = self._begun.popleft()
            with self._guard([row for row in begun.rows if row in self._table], "the codec"):
                self._take(begun)

    def flush(self, row: Row) -> None:
        """Hand out all that is held of `row`."""
        pcm = row.utterance.release()
        if len(pcm):
            self._push(row, held_down(pcm, self._sample_rate))

    def cut(self, row: Row) -> None:
        """Keep of a sentence that went wrong what can be right: as much as it usually has, or nothing."""
        utterance = row.utterance
        if not self.has_sound(row):
            utterance.held.clear()
            row.leave_out(utterance.num_frames)
            return
        frame_samples = self._backend.info.frame_samples
        usual = row.turns[row.turn].usual_frames * frame_samples
        kept = cut_off(utterance.joined, usual - utterance.num_handed_out, self._sample_rate)
        utterance.held = [kept]
        row.leave_out(
            utterance.num_frames - (utterance.num_handed_out + len(kept)) // frame_samples
        )

    def has_sound(self, row: Row) -> bool:
        """Whether there is anything to hear in the current sentence of `row`."""
        utterance = row.utterance
        return utterance.is_heard or self._sounds(utterance.joined)

    def has_burst(self, row: Row) -> bool:
        """Whether a burst is held of the current sentence of `row`."""
        return has_burst(row.utterance.joined, self._sample_rate)

    @property
    def _sample_rate(self) -> int:
        return self._backend.info.sample_rate

    def _sounds(self, pcm: Pcm) -> bool:
        return has_sound(pcm, self._sample_rate, self._backend.info.silence_db)

    def _open(self, row: Row) -> None:
        row.utterance.is_open = True
        if not row.utterance.fault:
            self.flush(row)

    def _decode(self, rows: list[Row], num_frames: int) -> None:
        indices = [self._table.index(row) for row in rows]
        utterances = [row.utterance for row in rows]
        chunks = [utterance.take(num_frames) for utterance in utterances]
        begun = _Begun(rows, utterances, num_frames, self._backend.decode(indices, chunks))
        for row in rows:
            row.num_chunks += 1
        if begun.decoding.is_ready:
            self._take(begun)
        else:
            self._begun.append(begun)

    def _take(self, begun: _Begun) -> None:
        parts = zip(begun.rows, begun.utterances, begun.decoding.wait(), strict=True)
        for row, utterance, pcm in parts:
            # It may have left, or begun its sentence again, while the codec was at work.
            if row in self._table and row.utterance is utterance:
                self._listen(utterance, pcm)
                utterance.hold(pcm, begun.num_frames)
                if utterance.is_open and not utterance.fault:
                    self.flush(row)

    def _listen(self, utterance: Utterance, pcm: Pcm) -> None:
        still = num_still(pcm, self._sample_rate, self._backend.info.silence_db)
        utterance.num_still = still + (utterance.num_still if still == len(pcm) else 0)

    def _push(self, row: Row, pcm: Pcm) -> None:
        if row.started_at is None:
            row.started_at = self._clock()
        row.utterance.is_heard = row.utterance.is_heard or self._sounds(pcm)
        row.is_heard = row.is_heard or row.utterance.is_heard
        samples = row.behind_pause(pcm)
        row.num_handed_out += len(samples)
        row.sink.push(samples, row.usage)
