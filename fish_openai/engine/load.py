"""From settings to a backend: what to load, where, and in which precision."""

from pathlib import Path

import torch

from fish_openai.codec.checkpoint import codec_id, load_codec
from fish_openai.codec.config import CodecConfig
from fish_openai.codec.dac import Codec
from fish_openai.download import checkpoint_folder
from fish_openai.engine.core import Loaded
from fish_openai.engine.hardware import choose_device, choose_precision, configure, rows_that_fit
from fish_openai.engine.planner import Planner
from fish_openai.engine.request import EngineInfo
from fish_openai.engine.runner import Runner
from fish_openai.engine.streams import Streams
from fish_openai.engine.voice_cache import VoiceCache
from fish_openai.engine.warmup import warm_up
from fish_openai.errors import CheckpointError
from fish_openai.model.checkpoint import load_model
from fish_openai.model.dual_ar import DualAR
from fish_openai.model.kv import row_bytes
from fish_openai.nn.packed import pack
from fish_openai.settings import Settings
from fish_openai.text.profile import Profile
from fish_openai.text.tokenizer import Tokenizer


def load_own(settings: Settings) -> Loaded:
    """Load and warm up the product's own runtime.

    Raises:
        CheckpointError: the checkpoint is not there or not usable.
        SettingsError: the device is not here.
    """
    configure(settings.threads)
    folder = checkpoint_folder(settings)
    device = choose_device(settings.device)
    tokenizer, profile = Tokenizer.load(folder), Profile.load(folder)
    dtype = choose_precision(settings.precision, device)
    model = load_packed_model(folder, tokenizer, device, dtype)
    codec = load_packed_codec(folder, device)
    _check_match(folder, model, codec)
    num_slots = min(model.config.max_seq_len, settings.context_tokens)
    size = row_bytes(model.config.slow, num_slots, dtype)
    info = describe(folder, codec.config, profile, device=device, dtype=dtype)
    runner = Runner(
        model,
        Streams(codec, device),
        tokenizer,
        profile,
        info,
        num_rows=rows_that_fit(settings.max_rows, size, device),
        num_slots=num_slots,
        voices=VoiceCache(settings.voice_cache_mb * 2**20),
    )
    planner = Planner(
        tokenizer,
        profile,
        num_codebooks=info.num_codebooks,
        num_slots=num_slots,
        sample_rate=info.sample_rate,
    )
    warm_up(runner, planner)
    return Loaded(runner, planner)


def load_packed_model(
    folder: Path, tokenizer: Tokenizer, device: torch.device, dtype: torch.dtype
) -> DualAR:
    """The language model of a checkpoint, its products in the layout that is fastest on `device`."""
    model = load_model(
        folder,
        semantic_begin_id=tokenizer.semantic_begin_id,
        num_semantic=tokenizer.num_semantic,
        end_id=tokenizer.end_id,
        device=device,
        dtype=dtype,
    )
    pack(model, device)
    return model


def load_packed_codec(folder: Path, device: torch.device) -> Codec:
    """The codec of a checkpoint in float32: bfloat16 costs it 30 dB of signal to noise."""
    codec = load_codec(folder, device=device, dtype=torch.float32)
    pack(codec, device)
    return codec


def _check_match(folder: Path, model: DualAR, codec: Codec) -> None:
    if codec.config.num_codebooks != model.config.num_codebooks:
        raise CheckpointError(
            f"{folder}: the language model speaks {model.config.num_codebooks} codebooks and the "
            f"codec has {codec.config.num_codebooks}; they belong to different checkpoints."
        )


def describe(
    folder: Path,
    codec: CodecConfig,
    profile: Profile,
    *,
    device: torch.device,
    dtype: torch.dtype,
) -> EngineInfo:
    """What a backend of that checkpoint tells the rest of the product."""
    return EngineInfo(
        checkpoint=folder.name,
        codec_id=codec_id(folder),
        sample_rate=codec.sample_rate,
        frame_samples=codec.frame_samples,
        num_codebooks=codec.num_codebooks,
        device=str(device),
        precision=str(dtype).removeprefix("torch."),
        uses_references=profile.uses_references,
        reads_markers=profile.reads_markers,
    )
