"""`aliases.toml`: names that stand for voices, as an operator has written them."""

import logging
import threading
import tomllib
from pathlib import Path

from fish_openai.voices.naming import fold
from fish_openai.voices.recording import Stamp, stamp_of

ALIASES_FILE = "aliases.toml"

logger = logging.getLogger(__name__)


class Aliases:
    """Lines such as `alloy = "narrator"`: a name, and the id or the name of a voice.

    Blocks, and may be asked on any thread. A changed file is read when the next name is asked for.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._stamp: Stamp = ()
        self._targets: dict[str, str] = {}
        self._missing: set[str] = set()
        """Targets that have been complained about."""

    def target(self, name: str) -> str | None:
        """The folded name or id that a folded name stands for."""
        with self._lock:
            stamp = stamp_of([self._path])
            if stamp != self._stamp:
                self._stamp, self._targets = stamp, self._read()
            return self._targets.get(name)

    def complain_once(self, name: str, target: str) -> None:
        """Say in the log that there is no such voice as a name stands for."""
        if target not in self._missing:
            self._missing.add(target)
            self._complain(
                f"{name!r} is {target!r}, which does not exist; give it a voice's id or name"
            )

    def _read(self) -> dict[str, str]:
        try:
            entries = tomllib.loads(self._path.read_text("utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as exc:
            self._complain(f'is not used: {exc}; write lines such as alloy = "narrator"')
            return {}
        return {
            fold(name): fold(target)
            for name, target in entries.items()
            if self._is_good(name, target)
        }

    def _is_good(self, name: str, target: object) -> bool:
        is_good = isinstance(target, str) and bool(fold(name)) and bool(fold(target))
        if not is_good:
            self._complain(f"{name!r} is {target!r}; give it the id or the name of a voice")
        return is_good

    def _complain(self, problem: str) -> None:
        logger.warning("%s: %s", self._path.name, problem)
