"""From settings to fish-speech's own classes; importing this imports half of torch's compiler."""

import torch

from fish_openai.codec.config import CodecConfig
from fish_openai.download import checkpoint_folder
from fish_openai.engine.core import Loaded
from fish_openai.engine.hardware import (
    choose_device,
    choose_precision,
    configure,
    limit_memory,
)
from fish_openai.engine.load import describe
from fish_openai.engine.planner import Planner
from fish_openai.engine.threads import choose_threads
from fish_openai.engine.upstream import UpstreamBackend
from fish_openai.errors import SettingsError
from fish_openai.model.config import ModelConfig
from fish_openai.settings import Settings
from fish_openai.text.profile import Profile
from fish_openai.text.tokenizer import Tokenizer
from fish_openai.upstream.models import load_codec, load_lm


def load_upstream(settings: Settings) -> Loaded:
    """Load fish-speech's own classes.

    Raises:
        CheckpointError: the checkpoint is not there or not usable.
        SettingsError: the device is not here, fish-speech is not installed, or weights of few bits
            are asked for.
    """
    _refuse_quantisation(settings.quantize)
    folder = checkpoint_folder(settings)
    config, codec_config = ModelConfig.load(folder), CodecConfig.load(folder)
    configure(choose_threads(settings.threads, config.slow))
    device = choose_device(settings.device)
    limit_memory(settings.vram_gb, device)
    dtype = choose_precision(settings.precision, device)
    tokenizer, profile = Tokenizer.load(folder), Profile.load(folder)
    model = load_lm(folder, device=device, dtype=dtype)
    codec = load_codec(folder, device=device, dtype=torch.float32)
    info = describe(folder, codec_config, profile, device=device, dtype=dtype)
    planner = Planner(tokenizer, profile, info, num_slots=config.max_seq_len)
    return Loaded(UpstreamBackend(model, codec, profile, info), planner)


def _refuse_quantisation(quantize: str) -> None:
    if quantize != "none":
        raise SettingsError(
            f"--quantize {quantize} is for --engine own; fish-speech's own code cannot do it. "
            "Use --quantize none."
        )
