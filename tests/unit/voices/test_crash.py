"""What a killed process leaves behind."""

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fish_openai.voices.record import Clip, NewVoice
from fish_openai.voices.registry import VoiceRegistry
from tests.unit.voices.counting_engine import CountingEngine
from tests.unit.voices.sounds import recording

# Two of the files are written; the process is then held where the third begins.
HALF_A_CREATION = """
import signal, sys
from pathlib import Path
from fish_openai.voices import store
written = []

def write(path, data):
    if len(written) == 2:
        print("half", flush=True)
        signal.pause()
    written.append(path.write_bytes(data))

store.write = write
files = {name: b"content" for name in ("1.wav", "1.txt", "voice.json")}
store.Store(Path(sys.argv[1])).add("voice_" + "0" * 24, files, lambda: None)
"""


def create(registry: VoiceRegistry, name: str) -> str:
    clip = Clip(audio=recording(), text="hello")
    return asyncio.run(registry.create(NewVoice(name=name, clips=(clip,)))).id


def listed(registry: VoiceRegistry) -> list[str]:
    return [record.name for record in asyncio.run(registry.listing()) if record.type != "builtin"]


def test_a_creation_that_was_killed_is_never_listed_and_cleared_away_at_the_next_start(
    shelf: Path, engine: CountingEngine, caplog: pytest.LogCaptureFixture
) -> None:
    registry = VoiceRegistry(shelf, engine)
    anna = create(registry, "anna")
    command = [sys.executable, "-c", HALF_A_CREATION, str(shelf)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "half\n"
        assert listed(registry) == ["anna"]

        # Another server that starts meanwhile leaves alone what is being made.
        VoiceRegistry(shelf, engine)
        assert len(list(shelf.iterdir())) == 2
        assert caplog.messages == []
        process.send_signal(signal.SIGKILL)
    assert listed(registry) == ["anna"]
    assert listed(VoiceRegistry(shelf, engine)) == ["anna"]
    assert [path.name for path in shelf.iterdir()] == [anna]
    assert caplog.messages == [f"1 unfinished changes cleared away in {shelf}"]


def test_a_deletion_that_was_killed_is_finished_at_the_next_start(
    shelf: Path, engine: CountingEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = VoiceRegistry(shelf, engine)
    bob = create(registry, "bob")

    def die(_path: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("fish_openai.voices.store._delete", die)
    with pytest.raises(KeyboardInterrupt):
        asyncio.run(registry.delete(bob))
    monkeypatch.undo()
    assert listed(registry) == []
    VoiceRegistry(shelf, engine)
    assert list(shelf.iterdir()) == []
