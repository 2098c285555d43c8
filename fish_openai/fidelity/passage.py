"""What configurations are given to say: a prompt, and the frames that the reference says to it."""

from dataclasses import dataclass

from fish_openai.engine.request import Codes
from fish_openai.text.prompt import Prompt


@dataclass(frozen=True, slots=True, eq=False)
class Passage:
    """One sentence as the reference speaks it."""

    prompt: Prompt
    codes: Codes
