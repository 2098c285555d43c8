"""`fish-openai voices`: which voices a request can name, and what is wrong with a folder."""

from argparse import Namespace
from pathlib import Path

from fish_openai.errors import BadRequest
from fish_openai.settings import Settings
from fish_openai.voices.names import DEFAULT_FOLDER, OPENAI_NAMES
from fish_openai.voices.recording import find_recordings
from fish_openai.voices.shelf import Shelf


def run(settings: Settings, _arguments: Namespace) -> int:
    """List the folders, then OpenAI's names that no folder has taken."""
    folders = Shelf(settings.voices_dir).folders()
    print(f"{len(folders)} in {settings.voices_dir}, and OpenAI's names")
    for folder in folders.values():
        print(f"{folder.name}\t{_state(folder)}")
    state = f"as {DEFAULT_FOLDER}" if DEFAULT_FOLDER in folders else "built in"
    for name in OPENAI_NAMES:
        if name not in folders:
            print(f"{name}\t{state}")
    return 0


def _state(folder: Path) -> str:
    try:
        return f"{len(find_recordings(folder))} recordings"
    except BadRequest as exc:
        return exc.message
