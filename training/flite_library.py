"""Flite's shared libraries: structures, signatures and voices of `flite.h` and `cst_*.h`, version 2.2."""

import ctypes
from typing import Any

POINTER, TEXT = ctypes.c_void_p, ctypes.c_char_p
HOOK = ctypes.CFUNCTYPE(POINTER, POINTER)
"""A step of the synthesis: takes an utterance and gives it back."""


class Wave(ctypes.Structure):
    """`cst_wave`."""

    _fields_ = (
        ("type", ctypes.c_char_p),
        ("sample_rate", ctypes.c_int),
        ("num_samples", ctypes.c_int),
        ("num_channels", ctypes.c_int),
        ("samples", ctypes.POINTER(ctypes.c_short)),
    )


class Track(ctypes.Structure):
    """`cst_track`: parameters frame by frame."""

    _fields_ = (
        ("type", ctypes.c_char_p),
        ("num_frames", ctypes.c_int),
        ("num_channels", ctypes.c_int),
        ("times", ctypes.POINTER(ctypes.c_float)),
        ("frames", ctypes.POINTER(ctypes.POINTER(ctypes.c_float))),
    )


class _Voice(ctypes.Structure):
    _fields_ = (("name", ctypes.c_char_p), ("features", ctypes.c_void_p))


class _Utterance(ctypes.Structure):
    _fields_ = (("features", ctypes.c_void_p),)


_SIGNATURES: dict[str, tuple[Any, list[Any]]] = {
    "cart_duration": (POINTER, [POINTER]),
    "cst_track_resize": (None, [POINTER, ctypes.c_int, ctypes.c_int]),
    "delete_track": (None, [POINTER]),
    "delete_utterance": (None, [POINTER]),
    "delete_wave": (None, [POINTER]),
    "feat_set": (None, [POINTER, TEXT, POINTER]),
    "feat_set_float": (None, [POINTER, TEXT, ctypes.c_float]),
    "feat_val": (POINTER, [POINTER, TEXT]),
    "flite_ffeature_float": (ctypes.c_float, [POINTER, TEXT]),
    "flite_synth_text": (POINTER, [TEXT, POINTER]),
    "item_feat_float": (ctypes.c_float, [POINTER, TEXT]),
    "item_feat_string": (TEXT, [POINTER, TEXT]),
    "item_next": (POINTER, [POINTER]),
    "item_set_float": (None, [POINTER, TEXT, ctypes.c_float]),
    "mlpg": (ctypes.POINTER(Track), [POINTER, POINTER]),
    "mlsa_resynthesis": (ctypes.POINTER(Wave), [POINTER] * 4 + [ctypes.c_int]),
    "new_track": (ctypes.POINTER(Track), []),
    "relation_head": (POINTER, [POINTER]),
    "utt_relation": (POINTER, [POINTER, TEXT]),
    "utt_wave": (ctypes.POINTER(Wave), [POINTER]),
    "uttfunc_val": (POINTER, [POINTER]),
    "val_cg_db": (POINTER, [POINTER]),
    "val_track": (ctypes.POINTER(Track), [POINTER]),
}


def load_library() -> ctypes.CDLL:
    """The library, ready for use, without voices."""
    lib = ctypes.CDLL("libflite.so.1", mode=ctypes.RTLD_GLOBAL)
    lib.flite_init()
    for name, (result, arguments) in _SIGNATURES.items():
        function = getattr(lib, name)
        function.restype, function.argtypes = result, arguments
    return lib


def register(voice: str) -> int:
    """The address of a voice."""
    for name in ("usenglish", "cmulex"):
        ctypes.CDLL(f"libflite_{name}.so.1", mode=ctypes.RTLD_GLOBAL)
    function = getattr(ctypes.CDLL(f"libflite_cmu_us_{voice}.so.1"), f"register_cmu_us_{voice}")
    function.restype, function.argtypes = POINTER, [TEXT]
    return function(None)


def features_of_voice(voice: int) -> int:
    """The address of a voice's features."""
    return ctypes.cast(voice, ctypes.POINTER(_Voice)).contents.features


def features_of_utterance(utterance: int) -> int:
    """The address of an utterance's features."""
    return ctypes.cast(utterance, ctypes.POINTER(_Utterance)).contents.features
