"""Every setting of the product in one table, and the only code that reads where it comes from.

The command line (`--max-rows 4`) wins over the environment (`FISH_MAX_ROWS=4`), the environment
over a TOML file (`max_rows = 4`, named by `--config` or `FISH_CONFIG`), the file over the preset,
and the preset over the default.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Self

from fish_openai import options
from fish_openai.errors import SettingsError
from fish_openai.options import choice, decimal, folder, matching, origins, secrets, text, whole
from fish_openai.presets import DEFAULT_PRESET, PRESETS
from fish_openai.variables import PREFIX, is_service_link

CONFIG_ENV = "FISH_CONFIG"
COMPAT_MODES = ("lenient", "strict")


def _checkpoints_dir() -> Path:
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "fish-openai"


def _voices_dir() -> Path:
    return Path("voices").absolute()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What an operator can choose; each field carries its option: who takes it, help, parser."""

    host: str = field(
        default="127.0.0.1",
        metadata=text("server", "address to listen on", "an address; 0.0.0.0 is every interface"),
    )
    port: int = field(
        default=8000,
        metadata=whole("server", "port to listen on; 0 takes a free one", 0, 65_535),
    )
    api_keys: tuple[str, ...] = field(
        default=(),
        repr=False,
        metadata=secrets("server", "keys, one of which every call needs"),
    )
    compat: str = field(
        default="lenient",
        metadata=choice(
            "server", "OpenAI's rules, with extensions or to the letter", *COMPAT_MODES
        ),
    )
    cors_origins: tuple[str, ...] = field(
        default=("*",),
        metadata=origins("server", "web pages that may call"),
    )
    drain_s: int = field(
        default=30,
        metadata=whole("server", "seconds that speech under way may take at the end", 0, 3_600),
    )
    max_input_chars: int = field(
        default=40_960,
        metadata=whole("server", "longest text of one request", 1, 1_000_000),
    )
    normalize: str = field(
        default="off",
        metadata=choice("server", "numbers and dates are written out in words first", "off", "on"),
    )
    max_body_bytes: int = field(
        default=2**21,
        metadata=whole("server", "largest body of one request", 2**10, 2**30),
    )
    checkpoint: str = field(
        default="auto",
        metadata=text(
            "engine",
            "what speaks",
            "s1-mini (to download), minnow (embedded demo), a folder, or auto: s1-mini if it is there",
        ),
    )
    engine: str = field(
        default="own",
        metadata=choice("engine", "own runtime, or fish-speech's (slow)", "own", "upstream"),
    )
    device: str = field(
        default="auto",
        metadata=matching(
            "engine",
            "where the model runs",
            "auto, cpu, mps, cuda, cuda:N",
            r"auto|cpu|mps|cuda(:\d+)?",
        ),
    )
    preset: str = field(
        default=DEFAULT_PRESET,
        metadata=choice("engine", "what is chosen for settings that nobody names", *PRESETS),
    )
    precision: str = field(
        default="auto",
        metadata=choice(
            "engine", "numbers the model computes with", "auto", "float32", "bfloat16", "float16"
        ),
    )
    quantize: str = field(
        default="none",
        metadata=choice("engine", "bits of the slow transformer's weights", "none", "int8", "int4"),
    )
    lean: str = field(
        default="auto",
        metadata=choice(
            "engine",
            "text embeddings and the codec's encoder stay in the file until needed",
            "auto",
            "on",
            "off",
        ),
    )
    compile: str = field(
        default="off",
        metadata=choice(
            "engine", "torch.compile fuses what lies between the products", "off", "on"
        ),
    )
    threads: int = field(
        default=0,
        metadata=whole("engine", "CPU threads of the engine; 0 chooses", 0, 1_024),
    )
    max_rows: int = field(
        default=8,
        metadata=whole("engine", "requests spoken at the same time", 1, 1_024),
    )
    max_queue: int = field(
        default=64,
        metadata=whole("engine", "requests that may wait; the next is refused", 0, 100_000),
    )
    context_tokens: int = field(
        default=4_096,
        metadata=whole("engine", "longest prompt and speech of one request", 256, 32_768),
    )
    voice_cache_mb: int = field(
        default=512,
        metadata=whole("engine", "memory for voices' prompts that have been read, MiB", 0, 2**20),
    )
    memory_fraction: float = field(
        default=0.6,
        metadata=decimal("engine", "part of the free memory that rows may take", 0.05, 0.95),
    )
    vram_gb: float = field(
        default=0.0,
        metadata=decimal("engine", "most memory taken of a GPU, GiB; 0 is all", 0.0, 4_096.0),
    )
    idle_unload_s: int = field(
        default=0,
        metadata=whole(
            "engine", "seconds without work until the weights are let go; 0 is never", 0, 2_592_000
        ),
    )
    checkpoints_dir: Path = field(
        default_factory=_checkpoints_dir,
        metadata=folder("common", "where downloaded checkpoints are", "~/.cache/fish-openai"),
    )
    voices_dir: Path = field(
        default_factory=_voices_dir,
        metadata=folder("common", "one folder a voice", "./voices"),
    )
    log_level: str = field(
        default="info",
        metadata=choice("common", "what is logged", "debug", "info", "warning", "error"),
    )

    @classmethod
    def load(cls, arguments: Mapping[str, str], environ: Mapping[str, str]) -> Self:
        """Merge the sources; `arguments` are command-line values by field name, and `config`.

        Raises:
            SettingsError: an unknown name, a value that is not accepted, an unreadable file.
        """
        arguments = dict(arguments)
        path = arguments.pop("config", None) or environ.get(CONFIG_ENV)
        values = _from_file(Path(path)) if path else {}
        values |= _from_environ(environ)
        values |= {name: _parse(name, value, flag(name)) for name, value in arguments.items()}
        return cls(**_chosen_by(values.get("preset", DEFAULT_PRESET)) | values)


OPTIONS = {setting.name: options.of(setting) for setting in fields(Settings)}
"""Every setting's option by its name, in the order in which help texts list them."""


def flag(name: str) -> str:
    """Name of a setting on the command line: `--max-rows`."""
    return "--" + name.replace("_", "-")


def env_name(name: str) -> str:
    """Name of a setting in the environment: `FISH_MAX_ROWS`."""
    return PREFIX + name.upper()


def known_variables() -> frozenset[str]:
    """Every variable that is read here."""
    return frozenset({CONFIG_ENV, *map(env_name, OPTIONS)})


def default_text(name: str) -> str:
    """The default of a setting as its sources would write it."""
    return OPTIONS[name].default or _as_text(getattr(Settings(), name))


def _chosen_by(preset: str) -> dict[str, Any]:
    return {
        name: _parse(name, value, f"preset {preset}: {name}")
        for name, value in PRESETS[preset].items()
    }


def _from_environ(environ: Mapping[str, str]) -> dict[str, Any]:
    # What is not in the table may be somebody else's: `variables.remarks` tells of it.
    given = {env_name(name): name for name in OPTIONS if env_name(name) in environ}
    return {
        name: _parse(name, environ[key], key)
        for key, name in given.items()
        if not is_service_link(key, environ[key])
    }


def _from_file(path: Path) -> dict[str, Any]:
    values = _read_toml(path)
    if unknown := values.keys() - OPTIONS.keys():
        raise SettingsError(
            f"{path}: {min(unknown)} is not a setting; "
            f"known are {', '.join(sorted(OPTIONS))}: correct it or take it away"
        )
    return {
        name: _parse(name, _as_text(value), f"{path}: {name}") for name, value in values.items()
    }


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as exc:
        raise SettingsError(
            f"cannot read the configuration file {path}: {exc.strerror}; "
            f"correct --config or {CONFIG_ENV}"
        ) from exc
    except ValueError as exc:
        raise SettingsError(f"{path} is not TOML: {exc}; write lines such as port = 8000") from exc


def _as_text(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _parse(name: str, value: str, source: str) -> object:
    option = OPTIONS[name]
    try:
        return option.parse(value)
    except ValueError as exc:
        raise SettingsError(f"{source} is {value!r}; give it {option.accepts}") from exc
