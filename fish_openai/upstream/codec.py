"""Samples to codes and back with upstream's codec, one whole recording at a time."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray


@torch.inference_mode()
def encode(codec: Any, pcm: NDArray[np.float32]) -> NDArray[np.int32]:  # noqa: ANN401
    """Codes int32 [num_codebooks, frames] of mono `pcm` [samples] at the codec's rate.

    Zeros are added at the end to fill the last frame.
    """
    weight = next(codec.parameters())
    samples = torch.from_numpy(pcm).to(weight.device, weight.dtype)
    codes, _ = codec.encode(samples.unsqueeze(0))
    return codes[0].cpu().numpy().astype(np.int32)  # type: ignore[no-any-return]


@torch.inference_mode()
def decode(codec: Any, codes: NDArray[np.int32]) -> NDArray[np.float32]:  # noqa: ANN401
    """Mono samples float32 [frames * frame_samples] in [-1, 1] of codes [num_codebooks, frames]."""
    indices = torch.from_numpy(codes).long().unsqueeze(0).to(next(codec.parameters()).device)
    lengths = torch.tensor([indices.shape[-1]], device=indices.device)
    samples, _ = codec.decode(indices, lengths)
    return samples[0, 0].float().cpu().numpy()  # type: ignore[no-any-return]
