"""The stages of the language model: reading a prompt, and the three parts of a frame."""

from collections.abc import Iterator

import torch
from torch import Tensor

from fish_openai.bench.stage import Stage
from fish_openai.bench.work import Work, count_flops, held_bytes
from fish_openai.engine.history import ResidualHistory
from fish_openai.engine.sampler import Drawing, Sampler
from fish_openai.model.dual_ar import DualAR
from fish_openai.model.kv import FrameCache, KVCache, Span, row_bytes

PROMPT_TOKENS = 256
"""Read at once, and there already when a step is timed."""
_DRAWING = Drawing(temperature=0.8, top_p=0.8, repetition_penalty=1.1, seed=0)


class Reading:
    """One row of a model, its prompt as long as `PROMPT_TOKENS`; on `meta` it only counts."""

    def __init__(self, model: DualAR, device: torch.device, dtype: torch.dtype) -> None:
        config = model.config
        self.model = model
        self._device = device
        self._cache = KVCache(config.slow, 1, PROMPT_TOKENS + 1, device=device, dtype=dtype)
        self._scratch = FrameCache(config.fast, 1, config.num_codebooks, device=device, dtype=dtype)
        self._hidden = torch.zeros(1, config.dim, device=device, dtype=dtype)

    def prefill(self) -> None:
        """Read the prompt."""
        self._read(PROMPT_TOKENS, 0)

    def slow_step(self) -> None:
        """Read one frame behind it."""
        self._read(1, PROMPT_TOKENS)

    def fast_passes(self) -> None:
        """Name the codes of one frame; choosing costs nothing here."""
        code = torch.zeros(1, dtype=torch.int64, device=self._device)
        self.model.speak(self._hidden, self._scratch, lambda _logits, _codebook: code)

    def _read(self, tokens: int, start: int) -> None:
        shape = (1, 1 + self.model.config.num_codebooks, tokens)
        columns = torch.zeros(shape, dtype=torch.int64, device=self._device)
        self.model.read(columns, Span.run(self._cache, slice(0, 1), start, tokens))


def model_stages(model: DualAR) -> Iterator[Stage]:
    """Prefill, slow step, fast passes and sampling, each of one row."""
    weight, config = model.norm.weight, model.config
    reading = Reading(model, weight.device, weight.dtype)
    counted = Reading(_without_weights(model), torch.device("meta"), weight.dtype)
    slow = held_bytes(model.layers)
    keys = row_bytes(config.slow, PROMPT_TOKENS, weight.dtype)
    passes = config.num_codebooks - 1
    fast = held_bytes([*model.fast_layers, model.fast_output]) * passes
    head = held_bytes([model.output])
    precision = str(weight.dtype).removeprefix("torch.")
    for name, run, count, num_bytes in (
        (f"prefill, {PROMPT_TOKENS} tokens", reading.prefill, counted.prefill, slow),
        ("slow step", reading.slow_step, counted.slow_step, slow + keys),
        ("fast passes", reading.fast_passes, counted.fast_passes, fast + head),
    ):
        work = Work(bytes=num_bytes, flops=count_flops(count), precision=precision)
        yield Stage(name, run, work)
    yield _sampling(model)


def _without_weights(model: DualAR) -> DualAR:
    meta = torch.device("meta")
    with meta:
        copy = DualAR(
            model.config,
            semantic_begin_id=model.semantic_begin_id,
            num_semantic=model.num_semantic,
        )
    copy.build_tables(meta)
    return copy.to(model.norm.weight.dtype)


def _sampling(model: DualAR) -> Stage:
    config, device = model.config, model.norm.weight.device
    widths = [model.num_semantic + 1] + [config.num_residual_codes] * (config.num_codebooks - 1)
    sampler = Sampler(widths, ResidualHistory(1, config.num_codebooks, device), 1, device)
    sampler.join(0, _DRAWING)
    noise, stepped = (
        torch.Generator().manual_seed(0),
        torch.ones(1, dtype=torch.bool, device=device),
    )
    logits = [torch.randn(1, width, generator=noise).to(device) for width in widths]

    def sample() -> Tensor:
        draw = sampler.draw(1)
        codes = [draw(each, codebook) for codebook, each in enumerate(logits)]
        frame = torch.stack(codes, dim=1)
        sampler.record(frame, stepped)
        return frame.cpu()

    return Stage("sampling", sample, None)
