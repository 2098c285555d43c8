"""Every route of Fish Audio's, for `app.py`."""

from fish_openai.api.fish.live import speak_live
from fish_openai.api.fish.models import (
    create_voice_model,
    delete_voice_model,
    list_voice_models,
    retrieve_voice_model,
    update_voice_model,
)
from fish_openai.api.fish.tts import create_tts
from fish_openai.api.fish.wallet import show_credit, show_package

HANDLERS = (
    create_tts,
    speak_live,
    list_voice_models,
    create_voice_model,
    retrieve_voice_model,
    update_voice_model,
    delete_voice_model,
    show_credit,
    show_package,
)
