"""Our runtime, driven frame by frame."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from fish_openai.engine.history import UpstreamHistory
from fish_openai.engine.load import load_packed_decoder, load_packed_encoder, load_packed_model
from fish_openai.engine.reference_encoder import EncoderOnDemand
from fish_openai.engine.request import EngineInfo, Pcm, Sampling, Usage
from fish_openai.engine.row import Row, Turn
from fish_openai.engine.runner import Runner
from fish_openai.engine.streams import Streams
from fish_openai.engine.voice_cache import VoiceCache
from fish_openai.text.profile import Profile
from fish_openai.text.prompt import Prompt, text_prompt, voice_prompt
from fish_openai.text.tokenizer import Tokenizer

CPU = torch.device("cpu")
ROWS = 1

References = Sequence[tuple[str, NDArray[np.int32]]]


class Nowhere:
    """Takes no samples: only frames are compared."""

    num_unread = 0
    taken_at = 0.0

    def push(self, pcm: Pcm, usage: Usage) -> None:
        raise AssertionError((len(pcm), usage))

    def finish(self, usage: Usage) -> None:
        raise AssertionError(usage)

    def fail(self, error: Exception) -> None:
        raise error


class Ours:
    """A checkpoint in the engine's own runner, which penalises what upstream penalises."""

    def __init__(self, folder: Path) -> None:
        self.tokenizer = Tokenizer.load(folder)
        self.model = load_packed_model(folder, self.tokenizer, CPU, torch.float32)
        codec = load_packed_decoder(folder, CPU)
        encoder = EncoderOnDemand(lambda: load_packed_encoder(folder, CPU), CPU)
        config = self.model.config
        self.runner = Runner(
            self.model,
            Streams(codec, CPU, ROWS),
            encoder,
            self.tokenizer,
            Profile(),
            EngineInfo(
                checkpoint="parity",
                codec_id="parity",
                sample_rate=codec.config.sample_rate,
                frame_samples=codec.config.frame_samples,
                num_codebooks=config.num_codebooks,
                device="cpu",
                precision="float32",
                uses_references=True,
            ),
            num_rows=ROWS,
            num_slots=config.max_seq_len,
            voices=VoiceCache(2**20),
            history=UpstreamHistory(
                ROWS,
                config.num_codebooks,
                CPU,
                semantic_begin_id=self.tokenizer.semantic_begin_id,
                num_semantic=self.tokenizer.num_semantic,
                end_id=self.tokenizer.end_id,
            ),
        )

    def prompt(self, text: str, references: References = ()) -> Prompt:
        """The whole prompt [1 + num_codebooks, tokens]."""
        return np.concatenate([self._prefix(references), self._turn(text)], axis=1)

    @torch.inference_mode()
    def frames(
        self, text: str, references: References = (), *, sampling: Sampling, limit: int
    ) -> NDArray[np.int32]:
        """At most `limit` frames [frames, num_codebooks]."""
        row = Row(
            sink=Nowhere(),
            prefix=self._prefix(references),
            turns=(Turn(self._turn(text), usual_frames=1000, limit=1000),),
            sampling=sampling,
            max_frames=limit,
        )
        self.runner.join(row)
        while not self.runner.read(0):
            pass
        spoken: list[NDArray[np.int32]] = []
        while len(spoken) < limit:
            step = self.runner.step(1)
            if step.is_over[0]:
                break
            spoken.append(step.codes[0])
        self.runner.leave()
        return np.array(spoken)

    def _prefix(self, references: References) -> Prompt:
        return voice_prompt(self.tokenizer, references, self.model.config.num_codebooks)

    def _turn(self, text: str) -> Prompt:
        return text_prompt(self.tokenizer, text, self.model.config.num_codebooks)
