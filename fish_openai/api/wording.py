"""The text of a request, with its numbers and dates written out where that is wanted."""

import asyncio

from fish_openai.errors import SettingsError
from fish_openai.settings import Settings
from fish_openai.text.spoken import is_installed, spell_out


def check_grammars(settings: Settings) -> None:
    """Make sure that what the settings promise can be done.

    Raises:
        SettingsError: the grammars are wanted and not installed.
    """
    if settings.normalize == "on" and not is_installed():
        raise SettingsError(
            "--normalize on needs grammars that are not installed; install "
            "fish-openai[normalize], or leave the option out"
        )


async def wording(text: str, settings: Settings, *, normalize: bool | None) -> str:
    """`text` as the engine is to get it; a request that does not say goes by the settings.

    Raises:
        BadRequest: the request wants it, and the grammars are not installed.
    """
    is_wanted = settings.normalize == "on" if normalize is None else normalize
    return await asyncio.to_thread(spell_out, text) if is_wanted else text
