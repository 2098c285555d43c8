"""Every command and its options; those that are settings come from the table of settings."""

from argparse import SUPPRESS, ArgumentParser
from typing import TYPE_CHECKING

from fish_openai import __version__
from fish_openai.options import Group
from fish_openai.settings import CONFIG_ENV, OPTIONS, default_text, env_name, flag

if TYPE_CHECKING:
    from argparse import _SubParsersAction

    Commands = _SubParsersAction[ArgumentParser]

_DESCRIPTION = "OpenAI's /v1/audio/speech on your own machine."
_SOURCES = (
    "Every setting can also be given as an environment variable or in a TOML file; "
    "the command line wins over the environment, and the environment over the file."
)


def build_parser() -> ArgumentParser:
    """Build the parser; settings that are not given are not in its result."""
    parser = ArgumentParser("fish-openai", description=_DESCRIPTION, allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"fish-openai {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_command(commands, "serve", "start the server", "server", "engine", "common")
    _add_speak(commands)
    _add_models(commands)
    _add_voices(commands)
    _add_command(commands, "selfcheck", "check that the engine works here", "engine", "common")
    return parser


def _add_speak(commands: "Commands") -> None:
    speak = _add_command(commands, "speak", "speak a text into a file", "engine", "common")
    speak.add_argument("text", metavar="TEXT", help="what to say")
    speak.add_argument(
        "-o", "--output", metavar="FILE", required=True, help="its suffix chooses the format"
    )
    speak.add_argument("--voice", metavar="NAME", help="name of a voice (default: alloy)")
    speak.add_argument("--seed", metavar="N", type=int, help="the same seed, the same speech")
    speak.add_argument(
        "--speed", metavar="X", type=float, default=1.0, help="0.25 to 4.0 (default: 1.0)"
    )


def _add_models(commands: "Commands") -> None:
    actions = _add_actions(commands, "models", "list or download checkpoints")
    _add_command(actions, "list", "show the checkpoints and where they are", "common")
    download = _add_command(actions, "download", "download a checkpoint from its maker", "common")
    download.add_argument("name", metavar="NAME", help="s1-mini")


def _add_voices(commands: "Commands") -> None:
    actions = _add_actions(commands, "voices", "list voices")
    _add_command(actions, "list", "show the voices, and what is wrong with one", "common")


def _add_actions(commands: "Commands", name: str, help_text: str) -> "Commands":
    command = commands.add_parser(name, help=help_text, description=help_text)
    return command.add_subparsers(dest="action", required=True, metavar="ACTION")


def _add_command(commands: "Commands", name: str, help_text: str, *groups: Group) -> ArgumentParser:
    command = commands.add_parser(
        name, help=help_text, description=help_text, epilog=_SOURCES, allow_abbrev=False
    )
    for group in groups:
        _add_settings(command, group)
    command.add_argument(
        "--config", metavar="FILE", default=SUPPRESS, help=f"TOML file ({CONFIG_ENV})"
    )
    return command


def _add_settings(command: ArgumentParser, group: Group) -> None:
    section = command.add_argument_group(f"{group} settings")
    for name, option in OPTIONS.items():
        if option.group == group:
            summary = (
                f"{option.help}; {option.accepts} (default: {default_text(name)}; {env_name(name)})"
            )
            section.add_argument(
                flag(name),
                dest=name,
                metavar="VALUE",
                default=SUPPRESS,
                help=summary.replace("%", "%%"),
            )
