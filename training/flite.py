"""Flite, the free synthesiser that minnow learns from, through its shared libraries.

Debian's `flite` carries the voices; the interface is that of `flite.h` and `cst_*.h`, version 2.2.
"""

import ctypes
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

VOICES = ("slt", "rms", "awb", "kal16")
SAMPLE_RATE = 16_000

_WORD_START = b"R:SylStructure.daughter1.daughter1.R:Segment.p.end"
_WORD_END = b"R:SylStructure.daughtern.daughtern.R:Segment.end"


class _Wave(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_char_p),
        ("sample_rate", ctypes.c_int),
        ("num_samples", ctypes.c_int),
        ("num_channels", ctypes.c_int),
        ("samples", ctypes.POINTER(ctypes.c_short)),
    )


class _Voice(ctypes.Structure):
    _fields_ = (("name", ctypes.c_char_p), ("features", ctypes.c_void_p))


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
        self._lib = _load()
        self._voices = {name: _register(name) for name in VOICES}

    def say(self, text: str, voice: str, *, f0_mean: float, stretch: float) -> Utterance:
        """Speak `text`.

        Args:
            text: lower-case words; punctuation makes pauses.
            voice: one of `VOICES`.
            f0_mean: mean pitch, Hz.
            stretch: length of every phone relative to the voice's own; 1.2 is slower.
        """
        pointer = self._voices[voice]
        features = ctypes.cast(pointer, ctypes.POINTER(_Voice)).contents.features
        self._lib.feat_set_float(features, b"int_f0_target_mean", f0_mean)
        self._lib.feat_set_float(features, b"duration_stretch", stretch)
        utterance = self._lib.flite_synth_text(text.encode(), pointer)
        try:
            return Utterance(
                self._samples(utterance), self._words(utterance), self._phones(utterance)
            )
        finally:
            self._lib.delete_utterance(utterance)

    def _samples(self, utterance: int) -> NDArray[np.int16]:
        wave = self._lib.utt_wave(utterance).contents
        return np.ctypeslib.as_array(wave.samples, (wave.num_samples,)).copy()

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

    def _items(self, utterance: int, relation: bytes):  # noqa: ANN202
        item = self._lib.relation_head(self._lib.utt_relation(utterance, relation))
        while item:
            yield item
            item = self._lib.item_next(item)


def _load() -> ctypes.CDLL:
    lib = ctypes.CDLL("libflite.so.1", mode=ctypes.RTLD_GLOBAL)
    lib.flite_init()
    pointer, text = ctypes.c_void_p, ctypes.c_char_p
    signatures = {
        "flite_synth_text": (pointer, [text, pointer]),
        "delete_utterance": (None, [pointer]),
        "utt_wave": (ctypes.POINTER(_Wave), [pointer]),
        "utt_relation": (pointer, [pointer, text]),
        "relation_head": (pointer, [pointer]),
        "item_next": (pointer, [pointer]),
        "item_feat_string": (text, [pointer, text]),
        "item_feat_float": (ctypes.c_float, [pointer, text]),
        "flite_ffeature_float": (ctypes.c_float, [pointer, text]),
        "feat_set_float": (None, [pointer, text, ctypes.c_float]),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(lib, name)
        function.restype, function.argtypes = result, arguments
    return lib


def _register(voice: str) -> int:
    for name in ("usenglish", "cmulex"):
        ctypes.CDLL(f"libflite_{name}.so.1", mode=ctypes.RTLD_GLOBAL)
    function = getattr(ctypes.CDLL(f"libflite_cmu_us_{voice}.so.1"), f"register_cmu_us_{voice}")
    function.restype, function.argtypes = ctypes.c_void_p, [ctypes.c_char_p]
    return function(None)
