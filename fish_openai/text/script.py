"""What one request will say, turn by turn, as the loaded checkpoint wants to read it."""

from fish_openai.errors import BadRequest
from fish_openai.text.normalise import restrict, spell_numbers
from fish_openai.text.profile import Profile
from fish_openai.text.split import is_speakable, split


def sentences(text: str, profile: Profile) -> list[str]:
    """The turns to speak, in order, each within `profile.max_sentence_chars`.

    Raises:
        BadRequest: nothing in `text` can be read by this checkpoint.
    """
    readable = text
    if profile.spells_numbers_in is not None:
        readable = spell_numbers(readable, profile.spells_numbers_in)
    if profile.alphabet is not None:
        readable = restrict(readable, profile.alphabet)
    pieces = [piece.strip() for piece in split(readable, profile.max_sentence_chars)]
    spoken = [piece for piece in pieces if is_speakable(piece)]
    if not spoken:
        raise BadRequest(
            f"the input {text[:40]!r} has nothing that the checkpoint can read; it knows "
            f"{profile.alphabet or 'letters and digits'}. Use another text or checkpoint.",
            param="input",
            code="unreadable_input",
        )
    return spoken
