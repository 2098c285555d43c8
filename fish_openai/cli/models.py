"""`fish-openai models`: which checkpoints there are, and getting one."""

from argparse import Namespace
from pathlib import Path

from fish_openai.cli.sizes import in_words, size_of
from fish_openai.download import EMBEDDED, PUBLISHED, Published, download
from fish_openai.settings import Settings


def run(settings: Settings, arguments: Namespace) -> int:
    """List or download."""
    if arguments.action == "download":
        return _download(settings, arguments.name)
    return _list(settings)


def _list(settings: Settings) -> int:
    for name, folder in EMBEDDED.items():
        print(f"{name}\tembedded\t{folder}\t{size_of(folder)}")
    for name, published in PUBLISHED.items():
        folder = settings.checkpoints_dir / name
        print(f"{name}\t{_state(published, folder)}\t{folder}\t{size_of(folder)}")
    return 0


def _state(published: Published, folder: Path) -> str:
    if missing := published.missing_files(folder):
        to_come = in_words(sum(published.files[name] for name in missing))
        return f"not downloaded, {to_come} to come"
    return "downloaded"


def _download(settings: Settings, name: str) -> int:
    folder = download(name, settings.checkpoints_dir)
    print(f"{name} is in {folder}; its license is {PUBLISHED[name].license}.")
    print(f"Serve it: fish-openai serve --checkpoint {name}")
    return 0
