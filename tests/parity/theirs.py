"""Upstream, held still for comparison: speech tokens only, and noise from a table."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from fish_openai.engine.threads import on_one_thread
from fish_openai.upstream import codec as upstream_codec
from fish_openai.upstream.generation import Frame, UpstreamGeneration
from fish_openai.upstream.models import load_lm
from fish_openai.upstream.shims import upstream

CPU = torch.device("cpu")


def their_lm(folder: Path, dtype: torch.dtype = torch.float32) -> Any:
    return load_lm(folder, device=CPU, dtype=dtype)


def speech_ids(model: Any) -> Tensor:
    """The token ids that our head has, in its order."""
    tokenizer = model.tokenizer
    semantic = range(tokenizer.semantic_begin_id, tokenizer.semantic_end_id + 1)
    return torch.tensor([*semantic, tokenizer.get_token_id("<|im_end|>")])


def mute_text(model: Any) -> None:
    """Make every token that is neither speech nor the end impossible: our head does not have them."""
    forward, ids = model.forward_generate, speech_ids(model)

    def forward_muted(*args: Any, **kwargs: Any) -> Any:
        result = forward(*args, **kwargs)
        muted = torch.full_like(result.logits, -torch.inf)
        result.logits = muted.index_copy(-1, ids, result.logits[..., ids])
        return result

    model.forward_generate = forward_muted


# torch's own products add up in the order of the threads that they get, which other load changes.


@on_one_thread()
def their_frames(generation: UpstreamGeneration, limit: int) -> NDArray[np.int32]:
    """At most `limit` frames [frames, num_codebooks]."""
    spoken: list[Frame] = []
    while len(spoken) < limit and (frame := generation.step()) is not None:
        spoken.append(frame)
    return np.array(spoken)


@on_one_thread()
def their_samples(codec: Any, codes: NDArray[np.int32]) -> NDArray[np.float32]:
    """Samples of codes [num_codebooks, frames]."""
    return upstream_codec.decode(codec, codes)


@on_one_thread()
def their_codes(codec: Any, pcm: NDArray[np.float32]) -> NDArray[np.int32]:
    """Codes [num_codebooks, frames] of a recording."""
    return upstream_codec.encode(codec, pcm)


@contextmanager
def noise_from(table: Iterator[Tensor]) -> Iterator[None]:
    """Let upstream take its exponential variates from `table`, one tensor [width] for each draw."""

    def draw(probabilities: Tensor) -> Tensor:
        race = probabilities / next(table)
        return race.argmax(dim=-1, keepdim=True).to(torch.int)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(upstream().inference, "multinomial_sample_one_no_sync", draw)
        yield
