"""What one request will say, turn by turn, as the loaded checkpoint wants to read it."""

from collections.abc import Mapping
from typing import NamedTuple

from fish_openai.errors import BadRequest
from fish_openai.text.clean import clean
from fish_openai.text.entities import decode_entities
from fish_openai.text.markers import remove_markers, spell_markers, starts_with_marker
from fish_openai.text.normalise import restrict, spell_numbers
from fish_openai.text.pauses import cut_pauses
from fish_openai.text.profile import Profile
from fish_openai.text.split import is_speakable, split

SILENCE_S = 0.25
"""What is spoken for a text in which there is nothing to say."""


class Line(NamedTuple):
    """One turn, and the silence before it, in seconds."""

    pause_s: float
    text: str


class Script(NamedTuple):
    """All turns of a request, in order, and the silence behind the last, in seconds."""

    lines: tuple[Line, ...]
    last_pause_s: float


def write_script(text: str, profile: Profile, style: str = "") -> Script:
    """The turns to speak, each within `profile.max_sentence_chars` and its style.

    Text without a sound ("…", emoji, markers that the checkpoint does not know) is a short silence:
    chat clients send it as sentences of its own, and stop at the first refusal.

    Args:
        text: what a client asks to be spoken; may hold markers, pauses and SSML.
        profile: what the checkpoint can read.
        style: markers for every sentence that does not begin with one of its own.

    Raises:
        BadRequest: nothing in `text` can be read by this checkpoint, or a pause cannot be made.
    """
    lines, pause_s, has_words = [], 0.0, False
    for stretch in cut_pauses(text):
        pause_s += stretch.pause_s
        wording = _wording(stretch.text, profile)
        has_words = has_words or is_speakable(wording)
        for sentence in _sentences(wording, profile):
            lines.append(Line(pause_s, _in_style(sentence, style, profile)))
            pause_s = 0.0
    if has_words and not lines:
        raise _unreadable(text, profile)
    return Script(tuple(lines), pause_s if lines else max(pause_s, SILENCE_S))


def _wording(text: str, profile: Profile) -> str:
    readable = clean(decode_entities(text))
    return spell_markers(readable) if profile.reads_markers else remove_markers(readable)


def _sentences(text: str, profile: Profile) -> list[str]:
    readable = text
    if profile.spells_numbers_in is not None:
        readable = spell_numbers(readable, profile.spells_numbers_in)
    if profile.alphabet is not None:
        readable = restrict(readable, profile.alphabet)
    room = profile.max_sentence_chars - profile.ends_sentences
    pieces = [_respelled(piece, profile.lone_words) for piece in _pieces(readable, room)]
    return [_ended(piece) for piece in pieces] if profile.ends_sentences else pieces


def _pieces(readable: str, max_chars: int) -> list[str]:
    pieces = [piece.strip() for piece in split(readable, max_chars)]
    return [piece for piece in pieces if is_speakable(piece)]


def _respelled(sentence: str, lone_words: Mapping[str, str]) -> str:
    """`sentence`, but for a word that is all of it and has another spelling."""
    word = sentence.strip(" ,.?!")
    return sentence.replace(word, lone_words.get(word.lower(), word))


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith((".", "?", "!")) else sentence.rstrip(", ") + "."


def _in_style(sentence: str, style: str, profile: Profile) -> str:
    if not style or not profile.reads_markers or starts_with_marker(sentence):
        return sentence
    return f"{style} {sentence}"


def _unreadable(text: str, profile: Profile) -> BadRequest:
    return BadRequest(
        f"the input {text[:40]!r} has nothing that the checkpoint can read; it knows "
        f"{profile.alphabet or 'letters and digits'}. Use another text or checkpoint.",
        param="input",
        code="unreadable_input",
    )
