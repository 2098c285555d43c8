"""From settings to a backend: what to load, where, and in which precision."""

import logging
from dataclasses import dataclass
from pathlib import Path

import torch

from fish_openai.codec.checkpoint import codec_id, load_decoder, load_encoder
from fish_openai.codec.config import CodecConfig
from fish_openai.codec.decoder import CodecDecoder
from fish_openai.codec.encoder import CodecEncoder
from fish_openai.download import checkpoint_folder
from fish_openai.engine.core import Loaded
from fish_openai.engine.hardware import (
    allocator,
    choose_device,
    configure,
    limit_memory,
    rows_budget,
    rows_that_fit,
)
from fish_openai.engine.memory import let_go, with_rows_that_fit
from fish_openai.engine.planner import Planner
from fish_openai.engine.precision import measured_precision
from fish_openai.engine.reference_encoder import (
    EncoderOnDemand,
    ReferenceEncoder,
    ResidentEncoder,
)
from fish_openai.engine.replays import CudaRecorder
from fish_openai.engine.request import EngineInfo
from fish_openai.engine.runner import Runner
from fish_openai.engine.streams import Streams
from fish_openai.engine.threads import choose_threads
from fish_openai.engine.voice_cache import VoiceCache
from fish_openai.engine.warmup import warm_up
from fish_openai.errors import CheckpointError
from fish_openai.model.checkpoint import load_model
from fish_openai.model.config import ModelConfig
from fish_openai.model.dual_ar import DualAR
from fish_openai.model.kv import row_bytes
from fish_openai.nn.compiled import compile_parts
from fish_openai.nn.packed import pack
from fish_openai.nn.quantised import Quantiser, choose_quantiser
from fish_openai.nn.stepped import step_product
from fish_openai.settings import Settings
from fish_openai.text.profile import Profile
from fish_openai.text.tokenizer import Tokenizer
from fish_openai.waiting import waiting

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class _Parts:
    """What has been read of a checkpoint, on the device."""

    tokenizer: Tokenizer
    profile: Profile
    model: DualAR
    codec: CodecDecoder
    encoder: ReferenceEncoder
    num_slots: int
    info: EngineInfo


def load_own(settings: Settings) -> Loaded:
    """Load and warm up the product's own runtime.

    Raises:
        CheckpointError: the checkpoint is not there or not usable.
        SettingsError: the device is not here, or has no memory for one row.
    """
    folder = checkpoint_folder(settings)
    configure(choose_threads(settings.threads, ModelConfig.load(folder).slow))
    device = choose_device(settings.device)
    limit_memory(settings.vram_gb, device)
    parts = _load_parts(settings, folder, device)
    planner = Planner(parts.tokenizer, parts.profile, parts.info, num_slots=parts.num_slots)

    def speaking(num_rows: int) -> Runner:
        runner = _runner(parts, num_rows, device, settings.voice_cache_mb)
        if device.type == "cuda":
            runner.graphs.record(CudaRecorder(device))
            runner.streams.record(CudaRecorder(device))
        warm_up(runner, planner)
        return runner

    runner = with_rows_that_fit(speaking, _affordable_rows(parts, settings, device))
    # Warming up has asked for more than speaking will.
    let_go()
    _log_choices(parts.info)
    return Loaded(runner, planner)


def _load_parts(settings: Settings, folder: Path, device: torch.device) -> _Parts:
    tokenizer, profile = Tokenizer.load(folder), Profile.load(folder)
    dtype = measured_precision(settings.precision, device, ModelConfig.load(folder).slow)
    quantiser = choose_quantiser(settings.quantize, device, dtype)
    is_lean = settings.lean == "on" or (settings.lean == "auto" and device.type == "cpu")
    model = load_packed_model(folder, tokenizer, device, dtype, quantiser, text_on_host=is_lean)
    is_compiled = settings.compile == "on" and compile_parts(
        model, device, dtype, settings.checkpoints_dir / "compiled"
    )
    codec = load_packed_decoder(folder, device)
    encoder = _reference_encoder(folder, device, is_lean=is_lean)
    _check_match(folder, model, codec)
    num_slots = min(model.config.max_seq_len, settings.context_tokens)
    info = describe(
        folder,
        codec.config,
        profile,
        device=device,
        dtype=dtype,
        quantiser=quantiser,
        is_compiled=is_compiled,
        is_lean=is_lean,
    )
    return _Parts(tokenizer, profile, model, codec, encoder, num_slots, info)


def _runner(parts: _Parts, num_rows: int, device: torch.device, voice_cache_mb: int) -> Runner:
    return Runner(
        parts.model,
        Streams(parts.codec, device, num_rows),
        parts.encoder,
        parts.tokenizer,
        parts.profile,
        parts.info,
        num_rows=num_rows,
        num_slots=parts.num_slots,
        voices=VoiceCache(voice_cache_mb * 2**20),
    )


def _affordable_rows(parts: _Parts, settings: Settings, device: torch.device) -> int:
    size = row_bytes(parts.model.config.slow, parts.num_slots, parts.model.norm.weight.dtype)
    budget = rows_budget(device, memory_fraction=settings.memory_fraction, vram_gb=settings.vram_gb)
    return rows_that_fit(settings.max_rows, size, budget, device)


def _log_choices(info: EngineInfo) -> None:
    _log.info(
        "%s on %s: %s, quantisation %s, %s, %s, %d CPU thread(s), %s, memory of %s",
        info.checkpoint,
        info.device,
        info.precision,
        info.quantization,
        "compiled" if info.is_compiled else "not compiled",
        "lean" if info.is_lean else "everything loaded",
        info.threads,
        waiting() or "waiting as torch likes",
        info.allocator,
    )
    if not waiting():
        _log.warning(
            "torch was imported before fish_openai.engine, and its CPU threads spin while they wait: "
            "other work on this machine will slow speech down. Import fish_openai.engine first, or "
            "set OMP_WAIT_POLICY=passive in the environment."
        )


def load_packed_model(
    folder: Path,
    tokenizer: Tokenizer,
    device: torch.device,
    dtype: torch.dtype,
    quantiser: Quantiser | None = None,
    *,
    text_on_host: bool = False,
) -> DualAR:
    """The language model of a checkpoint, its products in the layout that is fastest on `device`."""
    model = load_model(
        folder,
        semantic_begin_id=tokenizer.semantic_begin_id,
        num_semantic=tokenizer.num_semantic,
        end_id=tokenizer.end_id,
        device=device,
        dtype=dtype,
        quantiser=quantiser,
        text_on_host=text_on_host,
    )
    pack(model, device, step_product)
    let_go()
    return model


def load_packed_decoder(folder: Path, device: torch.device) -> CodecDecoder:
    """The codec's decoder in float32: bfloat16 costs it 30 dB of signal to noise."""
    decoder = load_decoder(folder, device=device, dtype=torch.float32)
    pack(decoder, device)
    let_go()
    return decoder


def load_packed_encoder(folder: Path, device: torch.device) -> CodecEncoder:
    """The codec's encoder, in float32 too: codes are chosen by small differences."""
    encoder = load_encoder(folder, device=device, dtype=torch.float32)
    pack(encoder, device)
    return encoder


def _reference_encoder(folder: Path, device: torch.device, *, is_lean: bool) -> ReferenceEncoder:
    if is_lean:
        return EncoderOnDemand(lambda: load_packed_encoder(folder, device), device)
    return ResidentEncoder(load_packed_encoder(folder, device), device)


def _check_match(folder: Path, model: DualAR, codec: CodecDecoder) -> None:
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
    quantiser: Quantiser | None = None,
    is_compiled: bool = False,
    is_lean: bool = False,
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
        quantization=quantiser.name if quantiser else "none",
        uses_references=profile.uses_references,
        max_reference_s=profile.max_reference_s,
        max_untold_s=profile.max_untold_s,
        max_references=profile.max_references,
        silence_db=profile.silence_db,
        reads_markers=profile.reads_markers,
        threads=torch.get_num_threads(),
        allocator=allocator(device),
        is_compiled=is_compiled,
        is_lean=is_lean,
    )
