"""Our runtime against fish-speech's own classes on the operator's checkpoint, in float32.

Says how far apart they are; both must be installed. An official S1-mini needs about 11 GB for the two.
"""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from fish_openai.codec.decoder import CodecDecoder
from fish_openai.download import checkpoint_folder
from fish_openai.engine.hardware import choose_device, configure
from fish_openai.engine.load import (
    load_packed_decoder,
    load_packed_encoder,
    load_packed_model,
)
from fish_openai.engine.threads import choose_threads
from fish_openai.model.config import ModelConfig
from fish_openai.model.dual_ar import DualAR
from fish_openai.model.kv import FrameCache, KVCache, Span
from fish_openai.selfcheck.finding import Finding
from fish_openai.selfcheck.trial import TEXT
from fish_openai.settings import Settings
from fish_openai.text.prompt import Prompt, text_prompt, voice_prompt
from fish_openai.text.tokenizer import Tokenizer
from fish_openai.upstream import codec as upstream_codec
from fish_openai.upstream.generation import UpstreamGeneration
from fish_openai.upstream.models import load_codec, load_lm
from fish_openai.upstream.prompt import build_prompt

_NUM_FRAMES = 20
_MAX_LOGIT_ERROR = 1e-3
"""The logits of a real model reach 30, and two orders of summation differ by a millionth of that."""
_MAX_SAMPLE_ERROR = 1e-4
"""A third of the least significant bit of 16-bit audio is 1e-5; nobody hears ten of them."""


def compare(settings: Settings) -> Iterator[Finding]:
    """Compare what both make of the same sentence.

    Raises:
        CheckpointError: the checkpoint is not there, or not usable.
        SettingsError: the device is not here, or fish-speech is not installed.
    """
    folder = checkpoint_folder(settings)
    configure(choose_threads(settings.threads, ModelConfig.load(folder).slow))
    return _findings(folder, choose_device(settings.device))


@torch.inference_mode()
def _findings(folder: Path, device: torch.device) -> Iterator[Finding]:
    tokenizer = Tokenizer.load(folder)
    model = load_packed_model(folder, tokenizer, device, torch.float32)
    upstream = load_lm(folder, device=device, dtype=torch.float32)
    prompt = _prompt(tokenizer, model)
    theirs = build_prompt(upstream, TEXT, ())
    is_same = np.array_equal(prompt, theirs.numpy())
    yield Finding("prompt", f"{prompt.shape[1]} tokens, the same: {is_same}", is_same)
    columns = torch.from_numpy(prompt).to(device, torch.int64)
    speech = _speak(model, columns)
    ids = torch.tensor([*_semantic_ids(tokenizer), tokenizer.end_id], device=device)
    positions = torch.arange(columns.shape[1], device=device)
    expected = upstream.forward_generate(columns[None], positions).logits[0, -1, ids]
    error = float((speech.first_logits - expected).abs().max())
    yield Finding("logits after the prompt", f"differ by {error:.1e}", error <= _MAX_LOGIT_ERROR)
    yield _compare_tokens(
        speech,
        UpstreamGeneration(upstream, theirs, temperature=0.0, top_p=1.0, repetition_penalty=1.0),
    )
    yield from _compare_codecs(folder, device, speech.codes)


def _prompt(tokenizer: Tokenizer, model: DualAR) -> Prompt:
    num_codebooks = model.config.num_codebooks
    return np.concatenate(
        [
            voice_prompt(tokenizer, (), num_codebooks),
            text_prompt(tokenizer, TEXT, num_codebooks),
        ],
        axis=1,
    )


def _semantic_ids(tokenizer: Tokenizer) -> range:
    begin = tokenizer.semantic_begin_id
    return range(begin, begin + tokenizer.num_semantic)


class _Speech(NamedTuple):
    """What our runtime says, always the likeliest."""

    first_logits: torch.Tensor
    """Behind the prompt"""
    codes: NDArray[np.int32]
    """[num_codebooks, frames]"""
    num_sure: int
    """Frames before the first one in which two codes are about as likely: there two runtimes may part,
    and neither is wrong"""


class _Likeliest:
    """A `Draw` that takes the code with the highest logit, and notes how far the next one is."""

    def __init__(self) -> None:
        self.least_lead = math.inf

    def __call__(self, logits: torch.Tensor, _codebook: int) -> torch.Tensor:
        (first, second), _ = logits[0].topk(2)
        self.least_lead = min(self.least_lead, float(first - second))
        return logits.argmax(-1)


def _speak(model: DualAR, columns: torch.Tensor) -> _Speech:
    config, device, length = model.config, columns.device, columns.shape[1]
    store = KVCache(config.slow, 1, length + _NUM_FRAMES, device=device, dtype=torch.float32)
    scratch = FrameCache(config.fast, 1, config.num_codebooks, device=device, dtype=torch.float32)
    hidden = model.read(columns[None], Span.run(store, slice(0, 1), 0, length))
    logits, frames = model.semantic_logits(hidden)[0], []
    draw, num_sure = _Likeliest(), 0
    for slot in range(length, length + _NUM_FRAMES):
        codes, is_over = model.speak(hidden, scratch, draw)
        if is_over:
            break
        frames.append(codes[0].to(torch.int32).cpu().numpy())
        num_sure += draw.least_lead > _MAX_LOGIT_ERROR
        hidden = model.read_frames(codes, Span.run(store, slice(0, 1), slot, 1))
    return _Speech(logits, np.stack(frames, axis=1), num_sure)


def _compare_tokens(speech: _Speech, upstream: UpstreamGeneration) -> Finding:
    frames = [upstream.step() for _ in range(speech.num_sure)]
    same = [
        frame is not None and np.array_equal(frame, speech.codes[:, index])
        for index, frame in enumerate(frames)
    ]
    value = f"{sum(same)} of {len(same)} likeliest frames are the same"
    if speech.num_sure < speech.codes.shape[1]:
        value += "; in the next one two codes are equally likely"
    return Finding("tokens", value, all(same))


def _compare_codecs(
    folder: Path, device: torch.device, codes: NDArray[np.int32]
) -> Iterator[Finding]:
    decoder = load_packed_decoder(folder, device)
    upstream = load_codec(folder, device=device, dtype=torch.float32)
    samples, expected = _decode(decoder, codes, device), upstream_codec.decode(upstream, codes)
    error = float(np.abs(samples - expected).max())
    yield Finding("decoded samples", f"differ by {error:.1e}", error <= _MAX_SAMPLE_ERROR)
    encoder = load_packed_encoder(folder, device)
    recoded = encoder.encode(torch.from_numpy(expected)[None].to(device))[0].cpu().numpy()
    same = float((recoded == upstream_codec.encode(upstream, expected)).mean())
    yield Finding("encoded codes", f"{same:.1%} are the same", same == 1.0)


def _decode(
    decoder: CodecDecoder, codes: NDArray[np.int32], device: torch.device
) -> NDArray[np.float32]:
    batch = torch.from_numpy(codes).to(device, torch.int64)[None]
    samples, _ = decoder.decode(batch, decoder.init_state(1))
    return samples[0].cpu().numpy()
