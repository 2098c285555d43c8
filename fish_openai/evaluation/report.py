"""What an evaluation found: printed as a table, written as JSON."""

from msgspec import Struct

from fish_openai.evaluation.error_rate import ErrorRate
from fish_openai.evaluation.likeness import Matrix
from fish_openai.evaluation.subject import Origin


class Spread(Struct, frozen=True):
    """Mean and standard deviation over the sentences that were spoken to their end."""

    mean: float
    deviation: float


class UtteranceReport(Struct, frozen=True, kw_only=True):
    """One sentence of one voice."""

    text: str
    heard: str
    """By the open recogniser."""
    heard_in_loop: str | None
    seconds: float
    ending: str
    """`spoken`, `runaway`, `empty` or `failed`."""
    fault: str | None


class VoiceReport(Struct, frozen=True, kw_only=True):
    """One voice over all sentences; a sentence without speech has all its words wrong."""

    label: str
    """The voice, and whether it is a reference's."""
    voice: str
    origin: Origin
    open_wer: ErrorRate
    open_cer: ErrorRate
    loop_wer: ErrorRate | None
    """`None` for a recogniser without such a mode."""
    characters_per_s: Spread | None
    """Without the pauses around; `None` if no sentence came to its end."""
    length_ratio: Spread | None
    """To the reference's length, without the pauses around; `None` without a reference."""
    runaway: int
    empty: int
    failed: int
    pitch_hz: float | None
    """Median of the voiced windows; `None` if there is none."""
    voiced: float | None
    """Share of loud windows that have a pitch; `None` if nothing is loud."""
    told_apart: float | None
    """Share of sentences nearest to this voice among all voices of its origin; `None`: only one."""
    like_reference: float | None
    """Share of sentences nearest to its own reference among all; `None`: fewer than two."""
    utterances: tuple[UtteranceReport, ...]


class Report(Struct, frozen=True, kw_only=True):
    """A whole evaluation."""

    version: str
    source: str
    """What spoke: a checkpoint, a server or a folder."""
    recogniser: str
    num_sentences: int
    unknown_words: tuple[str, ...]
    """Words of the sentences that the loop cannot hear: each is an error there."""
    voices: tuple[VoiceReport, ...]
    distances: Matrix
    """Between voices, in the order of `voices`; 1 is how far a voice is from itself."""
