"""`fish-openai models`: which checkpoints there are, and getting one."""

from argparse import Namespace

from fish_openai.download import EMBEDDED, PUBLISHED, download
from fish_openai.settings import Settings


def run(settings: Settings, arguments: Namespace) -> int:
    """List or download."""
    if arguments.action == "download":
        return _download(settings, arguments.name)
    return _list(settings)


def _list(settings: Settings) -> int:
    for name, folder in EMBEDDED.items():
        print(f"{name}\tembedded\t{folder}")
    for name, published in PUBLISHED.items():
        folder = settings.checkpoints_dir / name
        is_there = not published.missing_files(folder)
        print(f"{name}\t{'downloaded' if is_there else 'not downloaded'}\t{folder}")
    return 0


def _download(settings: Settings, name: str) -> int:
    folder = download(name, settings.checkpoints_dir)
    print(f"{name} is in {folder}; its license is {PUBLISHED[name].license}.")
    print(f"Serve it: fish-openai serve --checkpoint {name}")
    return 0
