"""One configuration, loaded and ready to be timed."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch

from fish_openai.bench.codec_stages import decode_stages, encode_stage
from fish_openai.bench.model_stages import model_stages
from fish_openai.bench.service_stages import service_stages
from fish_openai.bench.stage import Stage
from fish_openai.codec.config import CodecConfig
from fish_openai.download import checkpoint_folder
from fish_openai.engine.load import load_own, load_packed_encoder
from fish_openai.engine.reference_encoder import ResidentEncoder
from fish_openai.engine.request import EngineInfo
from fish_openai.engine.runner import Runner
from fish_openai.errors import SettingsError
from fish_openai.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """A configuration's name, what was loaded for it, and its stages in the order of speaking."""

    name: str
    info: EngineInfo
    device: torch.device
    precision: torch.dtype
    stages: tuple[Stage, ...]


@contextmanager
def open_side(name: str, settings: Settings) -> Iterator[Side]:
    """Load what `settings` name, as the server would.

    Raises:
        CheckpointError: the checkpoint is not there or not usable.
        SettingsError: the device is not here, or the engine is not the product's own.
    """
    if settings.engine != "own":
        raise SettingsError(
            f"--engine {settings.engine} has no stages that could be run apart; use --engine own"
        )
    with torch.inference_mode():
        runner = load_own(settings).backend
        assert isinstance(runner, Runner)
        folder, device = checkpoint_folder(settings), runner.model.norm.weight.device
        codec = CodecConfig.load(folder)
        own = (
            encode_stage(ResidentEncoder(load_packed_encoder(folder, device), device), codec),
            *model_stages(runner.model),
            *decode_stages(runner.streams, codec),
        )
    weight = runner.model.norm.weight
    with service_stages(runner.info) as others:
        yield Side(
            name=name,
            info=runner.info,
            device=weight.device,
            precision=weight.dtype,
            stages=(*own, *others),
        )
