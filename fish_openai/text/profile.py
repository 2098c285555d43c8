"""`profile.json` of a checkpoint: what its training allows, where that differs from S1-mini's."""

from pathlib import Path

import msgspec

from fish_openai.errors import CheckpointError


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """How a checkpoint wants to be used; the defaults are those of OpenAudio S1-mini."""

    uses_references: bool = True
    """Whether it was trained with reference turns; if not, it has one built-in voice."""
    max_turns: int | None = None
    """Turns that it has learnt to hold together, those of references included; None: what its context
    holds. Behind the voice, a sentence goes on from so many sentences before it, less itself."""
    max_reference_s: float = 60.0
    """Seconds of recordings of a voice that it has learnt to follow."""
    max_untold_s: float = 60.0
    """The same of a recording whose words nobody knows."""
    silence_db: float = -50.0
    """Speech that is nowhere louder, dB of full scale, has said nothing; whispering is above it."""
    letter_s: float = 0.075
    """Seconds that it usually speaks for a letter (`text.pace`)."""
    max_sentence_chars: int = 300
    alphabet: str | None = None
    """Lower-case characters seen in training; None: any text."""
    spells_numbers_in: str | None = None
    """Language in which digits are written out before reading; None: it reads digits itself."""
    lone_words: dict[str, str] = msgspec.field(default_factory=dict)
    """Words, lower-case, that it cannot say alone, and a spelling that it can: `i` is `eye`."""
    ends_sentences: bool = False
    """Whether all that it learnt ended in `.`, `?` or `!`: it gets a full stop where none is."""
    temperature: float = 0.8
    top_p: float = 0.8
    repetition_penalty: float = 1.1

    @property
    def max_references(self) -> int | None:
        """Turns of references that leave one for the sentence; None: what its context holds."""
        return None if self.max_turns is None else self.max_turns - 1

    @property
    def reads_markers(self) -> bool:
        """Whether it acts on `(whispering)`; one that has never seen a parenthesis would say the word."""
        return self.alphabet is None or {"(", ")"} <= set(self.alphabet)

    @classmethod
    def load(cls, folder: Path) -> "Profile":
        """The profile in a checkpoint folder, or the defaults if there is none.

        Raises:
            CheckpointError: the file is malformed.
        """
        path = folder / "profile.json"
        if not path.exists():
            return cls()
        try:
            return msgspec.json.decode(path.read_bytes(), type=cls)
        except msgspec.DecodeError as error:
            raise CheckpointError(f"{path} is not a usable profile: {error}") from error
