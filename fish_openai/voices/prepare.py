"""A recording as a voice wants it: no silence around it, always as loud, 1 to 30 seconds."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fish_openai.audio.pcm import Pcm
from fish_openai.errors import AudioError

MIN_SECONDS = 1.0
MAX_SECONDS = 30.0

_FRAMES_A_SECOND = 100
_MARGIN = 10
"""Frames kept before the first sound and after the last."""
_MIN_SOUND = 6
"""Frames of the shortest sound that is not a click."""
_PAUSE = 20
"""Frames of the shortest silence at which a recording may be cut."""
_TOLERANCE = 3
"""Frames that the edges of a sound may lose."""

_SILENCE_DB = -50.0
_BELOW_SPEECH_DB = 30.0
"""What is this far below the loudest frames is a pause."""
_LEVEL_DB = -20.0
"""What the speech in every recording is brought to: its mean power, without the pauses."""
_PEAK = 0.95
_CLIPPED = 0.99
_MAX_CLIPPED = 0.02
"""Share of the samples of speech that may be at full scale: a loud master has a tenth of it."""

Span = tuple[int, int]
"""First frame, and the one after the last."""


class Prepared(NamedTuple):
    """What is kept of a recording."""

    pcm: Pcm
    has_all: bool
    """Whether no speech was left out, so that its transcript is still right."""


def prepare(pcm: Pcm, rate: int) -> Prepared:
    """Cut out the part of a recording that holds most speech, and level it.

    Args:
        pcm: the recording.
        rate: Hz.

    Raises:
        AudioError: it is silent, too short or clipped.
    """
    levels = _levels(pcm, rate)
    sounds = list(_sounds(levels > _threshold(levels)))
    _check_length(sounds)
    first, last = _best_window(sounds)
    samples = _frame_samples(rate)
    kept = pcm[max(0, first - _MARGIN) * samples : (last + _MARGIN) * samples]
    speech = np.concatenate(
        [pcm[a * samples : b * samples] for a, b in sounds if first <= a and b <= last]
        or [pcm[first * samples : last * samples]]
    )
    _check_clipping(speech)
    return Prepared(kept * _gain(speech), has_all=(first, last) == (sounds[0][0], sounds[-1][1]))


def _frame_samples(rate: int) -> int:
    return rate // _FRAMES_A_SECOND


def _levels(pcm: Pcm, rate: int) -> NDArray[np.float64]:
    """The power of every frame, dB of full scale."""
    samples = _frame_samples(rate)
    num_frames = len(pcm) // samples
    frames = pcm[: num_frames * samples].reshape(num_frames, samples).astype(np.float64)
    levels: NDArray[np.float64] = 10 * np.log10(np.square(frames).mean(axis=1) + 1e-12)
    return levels


def _threshold(levels: NDArray[np.float64]) -> float:
    loud = float(np.percentile(levels, 95)) if len(levels) else _SILENCE_DB
    return max(_SILENCE_DB, loud - _BELOW_SPEECH_DB)


def _sounds(is_loud: NDArray[np.bool_]) -> Iterator[Span]:
    """Stretches of sound with a pause on both sides, clicks left out."""
    edges = np.flatnonzero(np.diff(is_loud, prepend=False, append=False))
    spans = [(int(begin), int(end)) for begin, end in edges.reshape(-1, 2)]
    loud = [(begin, end) for begin, end in spans if end - begin >= _MIN_SOUND]
    while loud:
        begin, end = loud.pop(0)
        while loud and loud[0][0] - end < _PAUSE:
            end = loud.pop(0)[1]
        yield begin, end


def _check_length(sounds: list[Span]) -> None:
    if not sounds:
        raise AudioError("The recording is silent. Send one in which somebody speaks.")
    seconds = (sounds[-1][1] - sounds[0][0]) / _FRAMES_A_SECOND
    if seconds < MIN_SECONDS - _TOLERANCE / _FRAMES_A_SECOND:
        raise AudioError(
            f"The recording has {seconds:.1f} s of sound; at least {MIN_SECONDS:g} s are needed, "
            "5 to 30 s are good."
        )


def _check_clipping(speech: Pcm) -> None:
    share = float(np.mean(np.abs(speech) >= _CLIPPED))
    if share > _MAX_CLIPPED:
        raise AudioError(
            f"The recording is clipped: {share:.0%} of it is at full scale, at most "
            f"{_MAX_CLIPPED:.0%} is accepted. Record again with less gain."
        )


def _best_window(sounds: list[Span]) -> Span:
    """From one pause to another at most 30 s later, with the most sound in between."""
    longest = round(MAX_SECONDS * _FRAMES_A_SECOND) - 2 * _MARGIN
    windows = [_window(sounds[index:], longest) for index in range(len(sounds))]
    return max(windows, key=lambda window: window[0])[1]


def _window(sounds: list[Span], longest: int) -> tuple[int, Span]:
    """The frames of sound in the longest window that begins with the first sound, and the window."""
    begin = sounds[0][0]
    whole = [sound for sound in sounds if sound[1] - begin <= longest]
    if not whole:  # nobody has paused for so long
        return longest, (begin, begin + longest)
    return sum(end - start for start, end in whole), (begin, whole[-1][1])


def _gain(speech: Pcm) -> np.float32:
    power = float(np.square(speech, dtype=np.float64).mean())
    to_level = 10 ** (_LEVEL_DB / 20) / np.sqrt(power)
    return np.float32(min(to_level, _PEAK / float(np.abs(speech).max())))
