"""Teacher forcing: every choice is scored after the same frames, whatever the scores would choose."""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from fish_openai.fidelity.passage import Passage
from fish_openai.model.dual_ar import DualAR
from fish_openai.model.kv import FrameCache, KVCache, Span


class _Dictation:
    """A `Draw` that notes the logits and chooses what it is told."""

    def __init__(self, frame: Tensor) -> None:
        self._frame = frame
        self.logits: list[Tensor] = []

    def __call__(self, logits: Tensor, codebook: int) -> Tensor:
        self.logits.append(logits[0])
        return self._frame[codebook : codebook + 1]


@torch.inference_mode()
def forced_logits(model: DualAR, passages: Sequence[Passage]) -> tuple[Tensor, ...]:
    """Logits float32 [frames, choices] of each codebook, over all frames of all passages."""
    frames = [logits for passage in passages for logits in _score(model, passage)]
    return tuple(torch.stack(codebook).float().cpu() for codebook in zip(*frames, strict=True))


def _score(model: DualAR, passage: Passage) -> Iterator[list[Tensor]]:
    """One list for each frame: the logits of every codebook."""
    weight, config = model.norm.weight, model.config
    device, dtype = weight.device, weight.dtype
    prompt = torch.from_numpy(passage.prompt).to(device, torch.int64)[None]
    codes = torch.from_numpy(passage.codes).to(device, torch.int64).T
    length = prompt.shape[-1]
    cache = KVCache(config.slow, 1, length + len(codes), device=device, dtype=dtype)
    scratch = FrameCache(config.fast, 1, config.num_codebooks, device=device, dtype=dtype)
    hidden = model.read(prompt, Span.run(cache, slice(0, 1), 0, length))
    for slot, frame in enumerate(codes, start=length):
        dictation = _Dictation(frame)
        model.speak(hidden, scratch, dictation)
        yield dictation.logits
        hidden = model.read_frames(frame[None], Span.run(cache, slice(0, 1), slot, 1))
