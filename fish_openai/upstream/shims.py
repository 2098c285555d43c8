"""Imports fish-speech's model code without the two gigabytes of packages that it names and never uses.

The stand-ins lie in `sys.modules` only while upstream is being imported, so nothing else in the process
ever meets them; upstream's modules keep their own references.
"""

import functools
import importlib
import importlib.util
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import torch
import torch._inductor.config as inductor_config

from fish_openai.errors import SettingsError

_UNUSED = {
    "audiotools": ("AudioSignal",),
    "audiotools.ml": ("BaseModel",),
    "hydra": (),
    "librosa": (),
    "loralib": (),
    "omegaconf": ("OmegaConf",),
    "soundfile": (),
    "transformers": ("AutoTokenizer",),
}
"""Modules and names that upstream imports and does not call, but for the base class `BaseModel`."""

_BARE_PACKAGES = ("dac", "dac.model", "dac.nn")
"""Imported without their `__init__`, which pulls in training code and tensorboard."""

_REPLACED = {name.partition(".")[0] for name in (*_UNUSED, *_BARE_PACKAGES)}

_INSTALL = (
    "pip install 'fish-openai[upstream]' && "
    "pip install --no-deps fish-speech==0.1.0 descript-audio-codec==1.0.0"
)


class Upstream(NamedTuple):
    """The modules of fish-speech 0.1.0 that run here."""

    llama: ModuleType
    inference: ModuleType
    tokenizer: ModuleType
    content_sequence: ModuleType
    modded_dac: ModuleType
    rvq: ModuleType


@functools.cache
def upstream() -> Upstream:
    """Import fish-speech, once a process.

    Raises:
        SettingsError: fish-speech, or a package that it does use, is not installed.
    """
    try:
        # Upstream turns coordinate_descent_tuning on for the whole process; `patch` puts it back.
        with (
            _stand_ins(),
            inductor_config.patch(coordinate_descent_tuning=False),
            known_warnings_ignored(),
        ):
            modules = _import_modules()
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"fish-speech needs the package {error.name!r}, which is not installed. "
            f"Install it with: {_INSTALL}"
        ) from error
    importlib.import_module("loguru").logger.disable("fish_speech")
    return modules


@contextmanager
def known_warnings_ignored() -> Iterator[None]:
    """Silence what upstream is known to cause: calls that torch has deprecated, a file left open."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"`torch\.jit\.script", DeprecationWarning)
        warnings.filterwarnings("ignore", r"`torch\.nn\.utils\.weight_norm", FutureWarning)
        warnings.filterwarnings("ignore", r"unclosed file .*tokenizer\.tiktoken", ResourceWarning)
        yield


def _import_modules() -> Upstream:
    return Upstream(
        llama=importlib.import_module("fish_speech.models.text2semantic.llama"),
        inference=importlib.import_module("fish_speech.models.text2semantic.inference"),
        tokenizer=importlib.import_module("fish_speech.tokenizer"),
        content_sequence=importlib.import_module("fish_speech.content_sequence"),
        modded_dac=importlib.import_module("fish_speech.models.dac.modded_dac"),
        rvq=importlib.import_module("fish_speech.models.dac.rvq"),
    )


@contextmanager
def _stand_ins() -> Iterator[None]:
    hidden = _take_out()
    try:
        sys.modules.update({name: _bare_package(name) for name in _BARE_PACKAGES})
        sys.modules.update({name: _stand_in(name, names) for name, names in _UNUSED.items()})
        yield
    finally:
        _take_out()
        sys.modules.update(hidden)


def _take_out() -> dict[str, ModuleType]:
    names = [name for name in sys.modules if name.partition(".")[0] in _REPLACED]
    return {name: sys.modules.pop(name) for name in names}


def _stand_in(module: str, names: tuple[str, ...]) -> ModuleType:
    stand_in = ModuleType(module)
    stand_in.__path__ = []
    for name in names:
        setattr(stand_in, name, type(name, (torch.nn.Module,), {}))
    return stand_in


def _bare_package(name: str) -> ModuleType:
    package = ModuleType(name)
    package.__path__ = _folders(name)
    return package


def _folders(package: str) -> list[str]:
    top, *rest = package.split(".")
    spec = importlib.util.find_spec(top)
    if spec is None or spec.submodule_search_locations is None:
        raise ModuleNotFoundError(f"No module named {top!r}", name=top)
    return [str(Path(folder, *rest)) for folder in spec.submodule_search_locations]
