"""Recordings into codes: by an encoder that stays in memory, or by one loaded for each recording."""

from collections.abc import Callable
from typing import Protocol

import torch

from fish_openai.codec.encoder import CodecEncoder
from fish_openai.engine.memory import let_go
from fish_openai.engine.request import Codes, Pcm
from fish_openai.errors import EngineUnavailable


class ReferenceEncoder(Protocol):
    """Makes codes of references; the engine's thread calls it."""

    def encode(self, pcm: Pcm) -> Codes:
        """Codes int32 [num_codebooks, frames] of a recording at the codec's rate."""


class ResidentEncoder:
    """One that stays: a new voice costs no loading."""

    def __init__(self, encoder: CodecEncoder, device: torch.device) -> None:
        self._encoder = encoder
        self._device = device

    def encode(self, pcm: Pcm) -> Codes:
        """See `ReferenceEncoder`."""
        return _encode(self._encoder, pcm, self._device)


class EncoderOnDemand:
    """One that is loaded for each recording and let go after it: half of the codec's weights.

    Args:
        load: reads it from the checkpoint, ready to encode.
        device: where it then is.
    """

    def __init__(self, load: Callable[[], CodecEncoder], device: torch.device) -> None:
        self._load = load
        self._device = device

    def encode(self, pcm: Pcm) -> Codes:
        """See `ReferenceEncoder`.

        Raises:
            EngineUnavailable: the encoder cannot be loaded, for example because its file is gone.
        """
        try:
            codes = _encode(self._loaded(), pcm, self._device)
        finally:
            let_go()
        return codes

    def _loaded(self) -> CodecEncoder:
        try:
            return self._load()
        except Exception as error:
            raise EngineUnavailable(
                f"the codec's encoder cannot be loaded: {error}. Voices that are known go on speaking; "
                "restart the server for new ones."
            ) from error


@torch.inference_mode()
def _encode(encoder: CodecEncoder, pcm: Pcm, device: torch.device) -> Codes:
    samples = torch.from_numpy(pcm).to(device).unsqueeze(0)
    return encoder.encode(samples)[0].to(torch.int32).cpu().numpy()
