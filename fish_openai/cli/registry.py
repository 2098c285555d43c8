"""The registry of voices as the settings have it, for every command that speaks."""

from fish_openai.download import checkpoint_folder
from fish_openai.engine.port import SpeechEngine
from fish_openai.settings import Settings
from fish_openai.voices.place import check_place
from fish_openai.voices.registry import VoiceRegistry

_SHIPPED = "voices"
"""The folder of voices in a checkpoint's folder."""


def check_voices_dir(settings: Settings) -> None:
    """Warn of what will not work in the folder of voices.

    Raises:
        SettingsError: it cannot be read, or is no folder.
    """
    check_place(settings.voices_dir, is_default=settings.voices_dir == Settings().voices_dir)


def open_registry(settings: Settings, engine: SpeechEngine) -> VoiceRegistry:
    """The operator's voices, and behind them those that came with the checkpoint.

    Raises:
        CheckpointError: there is no such checkpoint.
        SettingsError: the folder of voices cannot be read.
    """
    check_voices_dir(settings)
    shipped = checkpoint_folder(settings) / _SHIPPED
    return VoiceRegistry(settings.voices_dir, engine, shipped=shipped)
