"""Every command and its options; those that are settings come from the table of settings."""

from argparse import SUPPRESS, ArgumentParser, ArgumentTypeError
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

_LONGEST_STAGE_S = 60


def build_parser() -> ArgumentParser:
    """Build the parser; settings that are not given are not in its result."""
    parser = ArgumentParser("fish-openai", description=_DESCRIPTION, allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"fish-openai {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_command(commands, "serve", "start the server", "server", "engine", "common")
    _add_speak(commands)
    _add_models(commands)
    _add_voices(commands)
    _add_evaluate(commands)
    _add_selfcheck(commands)
    _add_bench(commands)
    _add_fidelity(commands)
    return parser


def _add_speak(commands: "Commands") -> None:
    speak = _add_command(commands, "speak", "speak a text into a file", "engine", "common")
    speak.add_argument("text", metavar="TEXT", help="what to say; - reads it from standard input")
    speak.add_argument(
        "-o", "--output", metavar="FILE", required=True, help="its suffix chooses the format"
    )
    speak.add_argument("--voice", metavar="NAME", help="name of a voice (default: alloy)")
    speak.add_argument("--seed", metavar="N", help="the same seed, the same speech")
    speak.add_argument("--speed", metavar="X", help="0.25 to 4.0 (default: 1.0)")


def _add_models(commands: "Commands") -> None:
    actions = _add_actions(commands, "models", "list or download checkpoints")
    _add_command(actions, "list", "show the checkpoints and where they are", "common")
    download = _add_command(actions, "download", "download a checkpoint from its maker", "common")
    download.add_argument("name", metavar="NAME", help="s1-mini")


def _add_voices(commands: "Commands") -> None:
    actions = _add_actions(commands, "voices", "list, make, delete or warm up voices")
    _add_command(actions, "list", "show the voices, and what is wrong with one", "common")
    add = _add_command(actions, "add", "make a voice of recordings of one speaker", "common")
    add.add_argument("name", metavar="NAME", help="what requests call it")
    add.add_argument(
        "files",
        metavar="FILE",
        nargs="+",
        help="a recording; what is said in it is read from a .txt file of the same name beside it",
    )
    add.add_argument("--text", metavar="TEXT", help="what is said in the recording, if it is one")
    add.add_argument("--language", metavar="TAG", help="of the speaker, such as en or zh-Hans")
    add.add_argument("--description", metavar="TEXT", default="", help="for people to read")
    delete = _add_command(actions, "delete", "delete a voice and its recordings", "common")
    delete.add_argument("name", metavar="NAME", help="its id or name")
    _add_command(
        actions,
        "warm",
        "let the checkpoint speak the recordings of OpenAI's names, once",
        "engine",
        "common",
    )


def _add_evaluate(commands: "Commands") -> None:
    summary = (
        "measure how well voices are understood and told apart "
        "(needs: pip install 'fish-openai[evaluate]')"
    )
    evaluate = _add_command(commands, "evaluate", summary, "engine", "common")
    _add_speakers(evaluate)
    _add_judges(evaluate)
    results = evaluate.add_argument_group("results")
    results.add_argument("--json", metavar="FILE", help="every figure, and what was heard")
    results.add_argument("--save", metavar="DIR", help="the speech, as --audio takes it")
    results.add_argument("--spectrograms", metavar="DIR", help="pictures of three sentences")


def _add_speakers(evaluate: ArgumentParser) -> None:
    speakers = evaluate.add_argument_group("what speaks (default: the checkpoint, in this process)")
    source = speakers.add_mutually_exclusive_group()
    source.add_argument(
        "--base-url", metavar="URL", help="a server, as OpenAI's clients name it: http://HOST/v1"
    )
    source.add_argument(
        "--audio", metavar="DIR", help="recordings: DIR/VOICE/001.wav, ..., or DIR/001.wav, ..."
    )
    speakers.add_argument(
        "--api-key", metavar="KEY", default="none", help="for a server that asks for one"
    )
    speakers.add_argument(
        "--voices", metavar="A,B", type=_names, default=("alloy",), help="(default: alloy)"
    )
    speakers.add_argument(
        "--seed", metavar="N", type=int, default=0, help="of every sentence (default: 0)"
    )


def _add_judges(evaluate: ArgumentParser) -> None:
    judges = evaluate.add_argument_group("what judges")
    judges.add_argument(
        "--text", metavar="FILE", help="one sentence a line (default: 120 everyday sentences)"
    )
    judges.add_argument("--first", metavar="N", type=_count, help="only the first N sentences")
    judges.add_argument(
        "--recogniser",
        metavar="NAME",
        default="pocketsphinx",
        help="pocketsphinx (default), faster-whisper or faster-whisper:MODEL",
    )
    judges.add_argument(
        "--reference-audio", metavar="DIR", help="the same sentences by others, laid out as --audio"
    )


def _add_selfcheck(commands: "Commands") -> None:
    summary = (
        "check that it works here: loads, speaks, encodes in every format "
        "(and the same as fish-speech, if that is installed)"
    )
    _add_command(commands, "selfcheck", summary, "engine", "common")


def _add_bench(commands: "Commands") -> None:
    summary = "measure how long each stage takes, beside what this machine needs at least"
    bench = _add_command(commands, "bench", summary, "engine", "common")
    bench.add_argument(
        "--compare",
        metavar="NAME: OPTIONS",
        nargs=2,
        help="two configurations in turns, such as 'a: --precision bfloat16' 'b: --precision float32'",
    )
    bench.add_argument(
        "--rounds", metavar="N", type=_count, default=3, help="turns of each stage (default: 3)"
    )
    bench.add_argument(
        "--stage-seconds",
        metavar="S",
        type=_seconds,
        default=1.0,
        help="how long a stage is repeated in a turn (default: 1)",
    )
    bench.add_argument("--json", action="store_true", help="print JSON instead of a table")


def _add_fidelity(commands: "Commands") -> None:
    summary = "measure how near the settings are to the same checkpoint in float32"
    fidelity = _add_command(commands, "fidelity", summary, "engine", "common")
    fidelity.add_argument(
        "--text", metavar="FILE", help="one sentence a line (default: twelve plain sentences)"
    )
    fidelity.add_argument(
        "--seed", metavar="N", type=int, default=0, help="of the first sentence (default: 0)"
    )
    fidelity.add_argument("--json", action="store_true", help="print JSON instead of a table")


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= _LONGEST_STAGE_S:
        raise ArgumentTypeError(f"{text!r} is not a number of seconds from 0 to {_LONGEST_STAGE_S}")
    return seconds


def _names(text: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    if not names:
        raise ArgumentTypeError(f"{text!r} names no voice; separate names by commas")
    return names


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"{text!r} is not a number from 1 on")
    return int(text)


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
