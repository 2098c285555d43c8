"""Our runtime against fish-speech's own classes on the operator's checkpoint, in float32.

Says how far apart they are; both must be installed. An official S1-mini needs about 11 GB for the two.
"""

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
from fish_openai.model.dual_ar import DualAR
from fish_openai.model.kv import FrameCache, KVCache, Span
from fish_openai.settings import Settings
from fish_openai.text.prompt import Prompt, text_prompt, voice_prompt
from fish_openai.text.tokenizer import Tokenizer
from fish_openai.upstream import codec as upstream_codec
from fish_openai.upstream.generation import UpstreamGeneration
from fish_openai.upstream.models import load_codec, load_lm
from fish_openai.upstream.prompt import build_prompt

_TEXT = "the kettle is on the stove."
_NUM_FRAMES = 20
_MAX_LOGIT_ERROR = 1e-3
"""The logits of a real model reach 30, and two orders of summation differ by a millionth of that."""
_MAX_SAMPLE_ERROR = 1e-4
"""A third of the least significant bit of 16-bit audio is 1e-5; nobody hears ten of them."""


class Finding(NamedTuple):
    """One line of the report."""

    what: str
    value: str
    is_good: bool


def run(settings: Settings) -> int:
    """Compare, print a line for each finding, and return the exit status: 0 if all is well."""
    configure(settings.threads)
    folder, device = checkpoint_folder(settings), choose_device(settings.device)
    print(f"comparing with fish-speech 0.1.0 on {folder} ({device}, float32)")  # noqa: T201
    is_good = True
    for finding in _findings(folder, device):
        print(f"  {'ok  ' if finding.is_good else 'BAD '} {finding.what}: {finding.value}")  # noqa: T201
        is_good = is_good and finding.is_good
    return 0 if is_good else 1


@torch.inference_mode()
def _findings(folder: Path, device: torch.device) -> Iterator[Finding]:
    tokenizer = Tokenizer.load(folder)
    model = load_packed_model(folder, tokenizer, device, torch.float32)
    upstream = load_lm(folder, device=device, dtype=torch.float32)
    prompt = _prompt(tokenizer, model)
    theirs = build_prompt(upstream, _TEXT, ())
    is_same = np.array_equal(prompt, theirs.numpy())
    yield Finding("prompt", f"{prompt.shape[1]} tokens, the same: {is_same}", is_same)
    columns = torch.from_numpy(prompt).to(device, torch.int64)
    logits, codes = _speak(model, columns)
    ids = torch.tensor([*_semantic_ids(tokenizer), tokenizer.end_id], device=device)
    positions = torch.arange(columns.shape[1], device=device)
    expected = upstream.forward_generate(columns[None], positions).logits[0, -1, ids]
    error = float((logits - expected).abs().max())
    yield Finding("logits after the prompt", f"differ by {error:.1e}", error <= _MAX_LOGIT_ERROR)
    yield _compare_tokens(
        codes,
        UpstreamGeneration(upstream, theirs, temperature=0.0, top_p=1.0, repetition_penalty=1.0),
    )
    yield from _compare_codecs(folder, device, codes)


def _prompt(tokenizer: Tokenizer, model: DualAR) -> Prompt:
    num_codebooks = model.config.num_codebooks
    return np.concatenate(
        [
            voice_prompt(tokenizer, (), num_codebooks),
            text_prompt(tokenizer, _TEXT, num_codebooks),
        ],
        axis=1,
    )


def _semantic_ids(tokenizer: Tokenizer) -> range:
    begin = tokenizer.semantic_begin_id
    return range(begin, begin + tokenizer.num_semantic)


def _speak(model: DualAR, columns: torch.Tensor) -> tuple[torch.Tensor, NDArray[np.int32]]:
    """Logits after the prompt, and the likeliest frames [num_codebooks, frames]."""
    config, device, length = model.config, columns.device, columns.shape[1]
    store = KVCache(config.slow, 1, length + _NUM_FRAMES, device=device, dtype=torch.float32)
    scratch = FrameCache(config.fast, 1, config.num_codebooks, device=device, dtype=torch.float32)
    hidden = model.read(columns[None], Span.run(store, slice(0, 1), 0, length))
    logits, frames = model.semantic_logits(hidden)[0], []
    for slot in range(length, length + _NUM_FRAMES):
        codes, is_over = model.speak(hidden, scratch, lambda scores, _: scores.argmax(-1))
        if is_over:
            break
        frames.append(codes[0].to(torch.int32).cpu().numpy())
        hidden = model.read_frames(codes, Span.run(store, slice(0, 1), slot, 1))
    return logits, np.stack(frames, axis=1)


def _compare_tokens(codes: NDArray[np.int32], upstream: UpstreamGeneration) -> Finding:
    frames = [upstream.step() for _ in range(codes.shape[1])]
    same = [
        frame is not None and np.array_equal(frame, codes[:, index])
        for index, frame in enumerate(frames)
    ]
    value = f"{sum(same)} of {len(same)} likeliest frames are the same"
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
