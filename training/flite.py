"""Flite, the free synthesiser that minnow learns from; Debian's `flite` carries its voices."""

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.flite_library import (
    HOOK,
    POINTER,
    Track,
    Wave,
    features_of_utterance,
    features_of_voice,
    load_library,
    register,
)
from training.metre import in_step, retimed

VOICES = ("slt", "rms", "awb", "kal16")
SAMPLE_RATE = 16_000
_DIPHONES = "kal16"
"""The voice that is cut out of recordings; the others are statistics of frames."""
_FRAME_S = 0.005

_WORD_START = b"R:SylStructure.daughter1.daughter1.R:Segment.p.end"
_WORD_END = b"R:SylStructure.daughtern.daughtern.R:Segment.end"


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it was spoken: its letters, and its first and last moment in seconds."""

    name: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone and the second at which it ends; `pau` is silence."""

    name: str
    end: float


@dataclass(frozen=True, slots=True, eq=False)
class Utterance:
    """Speech, int16 [samples] at 16 kHz, and what is said when."""

    samples: NDArray[np.int16]
    words: tuple[Word, ...]
    phones: tuple[Phone, ...]


class Flite:
    """One process's synthesiser; not for several threads."""

    def __init__(self) -> None:
        self._lib = load_library()
        self._voices = {name: register(name) for name in VOICES}
        self._step: float | None = None
        self._hook = HOOK(self._time_diphones)
        self._lib.feat_set(
            features_of_voice(self._voices[_DIPHONES]),
            b"duration_model_func",
            self._lib.uttfunc_val(ctypes.cast(self._hook, POINTER)),
        )

    def say(
        self, text: str, voice: str, *, f0_mean: float, stretch: float, step: float | None = None
    ) -> Utterance:
        """Speak `text`.

        Args:
            text: lower-case words; punctuation makes pauses.
            voice: one of `VOICES`.
            f0_mean: mean pitch, Hz.
            stretch: length of every phone relative to the voice's own; 1.2 is slower.
            step: seconds of which every phone's end is a multiple; None: wherever Flite puts it.
        """
        self._step = step
        pointer = self._voices[voice]
        features = features_of_voice(pointer)
        self._lib.feat_set_float(features, b"int_f0_target_mean", f0_mean)
        self._lib.feat_set_float(features, b"duration_stretch", stretch)
        utterance = self._lib.flite_synth_text(text.encode(), pointer)
        try:
            spoken = Utterance(
                self._samples(self._lib.utt_wave(utterance)),
                self._words(utterance),
                self._phones(utterance),
            )
            if step is None or voice == _DIPHONES:
                return spoken
            return self._again_in_step(utterance, spoken, step)
        finally:
            self._lib.delete_utterance(utterance)

    def _time_diphones(self, utterance: int) -> int:
        self._lib.cart_duration(utterance)
        if self._step is not None:
            phones = list(self._items(utterance, b"Segment"))
            ends = [self._lib.item_feat_float(phone, b"end") for phone in phones]
            for phone, end in zip(phones, in_step(ends, self._step), strict=True):
                self._lib.item_set_float(phone, b"end", end)
        return utterance

    def _again_in_step(self, utterance: int, spoken: Utterance, step: float) -> Utterance:
        """The same, of the same frames of parameters, with another course of time."""
        old = [phone.end for phone in spoken.phones]
        new = in_step(old, step)
        samples = self._resynthesised(utterance, old, new)

        def moved(moment: float) -> float:
            return float(np.interp(moment, [0.0, *old], [0.0, *new]))

        words = tuple(Word(w.name, moved(w.start), moved(w.end)) for w in spoken.words)
        phones = tuple(Phone(p.name, end) for p, end in zip(spoken.phones, new, strict=True))
        return Utterance(samples, words, phones)

    def _resynthesised(
        self, utterance: int, old: list[float], new: list[float]
    ) -> NDArray[np.int16]:
        features = features_of_utterance(utterance)
        database = self._lib.val_cg_db(self._lib.feat_val(features, b"cg_db"))
        smooth = self._lib.mlpg(self._track(features, b"param_track"), database)
        voice = self._new_track(retimed(_frames(smooth), old, new, _FRAME_S))
        strengths = _frames(self._track(features, b"str_track"))
        excitation = self._new_track(retimed(strengths, old, new, _FRAME_S))
        wave = self._lib.mlsa_resynthesis(voice, excitation, database, None, 0)
        samples = self._samples(wave)
        self._lib.delete_wave(wave)
        for track in (smooth, voice, excitation):
            self._lib.delete_track(track)
        return samples

    def _track(self, features: int, name: bytes) -> "ctypes._Pointer[Track]":
        return self._lib.val_track(self._lib.feat_val(features, name))

    def _new_track(self, frames: NDArray[np.float32]) -> "ctypes._Pointer[Track]":
        track = self._lib.new_track()
        self._lib.cst_track_resize(track, *frames.shape)
        for index, frame in enumerate(frames):
            np.ctypeslib.as_array(track.contents.frames[index], frame.shape)[:] = frame
            track.contents.times[index] = index * _FRAME_S
        return track

    @staticmethod
    def _samples(wave: "ctypes._Pointer[Wave]") -> NDArray[np.int16]:
        return np.ctypeslib.as_array(wave.contents.samples, (wave.contents.num_samples,)).copy()

    def _words(self, utterance: int) -> tuple[Word, ...]:
        return tuple(
            Word(
                self._lib.item_feat_string(item, b"name").decode(),
                self._lib.flite_ffeature_float(item, _WORD_START),
                self._lib.flite_ffeature_float(item, _WORD_END),
            )
            for item in self._items(utterance, b"Word")
        )

    def _phones(self, utterance: int) -> tuple[Phone, ...]:
        return tuple(
            Phone(
                self._lib.item_feat_string(item, b"name").decode(),
                self._lib.item_feat_float(item, b"end"),
            )
            for item in self._items(utterance, b"Segment")
        )

    def _items(self, utterance: int, relation: bytes) -> Iterator[int]:
        item = self._lib.relation_head(self._lib.utt_relation(utterance, relation))
        while item:
            yield item
            item = self._lib.item_next(item)


def _frames(track: "ctypes._Pointer[Track]") -> NDArray[np.float32]:
    """A copy, [frames, channels]."""
    whole = track.contents
    return np.stack(
        [
            np.ctypeslib.as_array(whole.frames[index], (whole.num_channels,))
            for index in range(whole.num_frames)
        ]
    )
