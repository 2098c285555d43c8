"""`fish-openai serve` with a fake engine that does what standard input says, line by line.

`load` or `fail` ends its start; so does `hold`, but the word that proves the service waits, and
`mute`, but that word fails. `release` lets everything go on that is held.
"""

import sys
import threading
import types
from dataclasses import replace
from pathlib import Path

from fish_openai.cli import main
from fish_openai.errors import CheckpointError, EngineFault
from fish_openai.settings import Settings
from tests.fakes import FAKE_INFO, FakeEngine, Script


class ToldEngine(FakeEngine):
    def __init__(self) -> None:
        # No references: the voice of a seed would be spoken, and held, before the first request.
        super().__init__(Script(holds_before=2), info=replace(FAKE_INFO, uses_references=False))
        # Unbuffered: a thread that reads a buffered stream when the process ends makes Python abort.
        self._orders = Path("/dev/stdin").open("rb", buffering=0)  # noqa: SIM115

    def start(self) -> None:
        print("loading", flush=True)  # noqa: T201
        match self._orders.readline():
            case b"fail\n":
                self.start_error = CheckpointError("there is no model.pth: download it")
            case b"hold\n":
                self.proof = Script(holds_before=0)
            case b"mute\n":
                self.proof = Script(fails_before=0, fault=EngineFault("the model said nothing"))
        super().start()
        threading.Thread(target=self._obey, daemon=True).start()

    def _obey(self) -> None:
        while self._orders.readline() == b"release\n":
            self.release()


def build_engine(_settings: Settings) -> FakeEngine:
    return ToldEngine()


build = types.ModuleType("fish_openai.engine.build")
build.build_engine = build_engine  # type: ignore[attr-defined]
sys.modules[build.__name__] = build

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
