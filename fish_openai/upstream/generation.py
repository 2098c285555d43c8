"""Upstream's generation of one text, opened up so that it can be followed, and left, frame by frame."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from fish_openai.errors import BadRequest
from fish_openai.upstream.shims import upstream

Frame = NDArray[np.int32]
"""Codes [num_codebooks] of one time step."""

_WINDOW = 16
"""Frames that the repetition penalty looks back (`decode_n_tokens`)."""


class UpstreamGeneration:
    """The frames that upstream's `generate` would make, one for each `step`.

    Its habits are kept: parameters are rounded to bfloat16, the first frame is never taken for the
    end, a text token becomes code 0, and draws come from torch's global generator. One is not: a
    frame at the end of the context is not dropped.

    Args:
        model: from `load_lm`; it serves one generation at a time.
        prompt: int32 [1 + num_codebooks, tokens], as from `build_prompt`.
        temperature: at least 0; 0 is greedy.
        top_p: in (0, 1].
        repetition_penalty: in (0, 2).

    Raises:
        BadRequest: the prompt fills the model's context.
    """

    def __init__(
        self,
        model: Any,  # noqa: ANN401
        prompt: Tensor,
        *,
        temperature: float = 0.8,
        top_p: float = 0.8,
        repetition_penalty: float = 1.1,
    ) -> None:
        self._model = model
        self._device = next(model.parameters()).device
        self._parameters = {
            "temperature": self._rounded(temperature),
            "top_p": self._rounded(top_p),
            "repetition_penalty": self._rounded(repetition_penalty),
        }
        _check_room(prompt, model.config.max_seq_len)
        self._frames = self._run(prompt.to(self._device))

    def step(self) -> Frame | None:
        """The next frame, or None once the turn, or the context, is over."""
        return next(self._frames, None)

    def _run(self, prompt: Tensor) -> Iterator[Frame]:
        length, config = prompt.shape[1], self._model.config
        end = self._model.tokenizer.get_token_id(upstream().tokenizer.IM_END_TOKEN)
        column = self._decode(prompt, torch.arange(length, device=self._device), None)
        yield _codes(column)
        previous = column.new_zeros((1 + config.num_codebooks, config.max_seq_len))
        for step in range(config.max_seq_len - length):
            window = previous[:, max(0, step - _WINDOW) : max(_WINDOW, step)]
            with sdpa_kernel(SDPBackend.MATH):
                column = self._decode(
                    column, torch.tensor([length + step], device=self._device), window
                )
            if column[0, 0] == end:
                return
            previous[:, step] = column[:, 0]
            yield _codes(column)

    @torch.inference_mode()
    def _decode(self, columns: Tensor, positions: Tensor, window: Tensor | None) -> Tensor:
        """The column [1 + num_codebooks, 1] after `columns` [1 + num_codebooks, tokens]."""
        column: Tensor = upstream().inference.decode_one_token_ar(
            model=self._model,
            x=columns.unsqueeze(0),
            input_pos=positions,
            audio_masks=None,
            audio_parts=None,
            previous_tokens=window,
            **self._parameters,
        )
        return column

    def _rounded(self, value: float) -> Tensor:
        return torch.tensor(value, device=self._device, dtype=torch.bfloat16)


def _check_room(prompt: Tensor, max_tokens: int) -> None:
    if prompt.shape[1] >= max_tokens:
        raise BadRequest(
            f"the text and its voice make {prompt.shape[1]} tokens; fewer than {max_tokens} are "
            "accepted. Shorten the text or the voice's recordings.",
            param="input",
        )


def _codes(column: Tensor) -> Frame:
    return column[1:, 0].cpu().numpy().astype(np.int32)
