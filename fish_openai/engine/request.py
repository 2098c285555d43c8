"""The records that cross the border between the event loop and the engine thread. No torch."""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

Pcm = NDArray[np.float32]
"""Mono samples in [-1, 1], shape [samples], at `EngineInfo.sample_rate` Hz."""

Codes = NDArray[np.int32]
"""Codec codes, shape [num_codebooks, frames]; row 0 is the semantic codebook."""


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """One recording of a voice: what is said in it, and its codes."""

    text: str
    codes: Codes


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How tokens are drawn. `None` means the checkpoint's own default; temperature 0 is greedy."""

    temperature: float | None = None
    top_p: float | None = None
    repetition_penalty: float | None = None
    seed: int | None = None

    def with_seed(self, seed: int) -> "Sampling":
        """These settings with `seed`, unless they have one already."""
        return self if self.seed is not None else replace(self, seed=seed)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SpeechRequest:
    """One speech call as the engine sees it."""

    text: str
    style: str = ""
    """Markers for every sentence that does not begin with one of its own, as in `(whispering)`."""
    references: tuple[Reference, ...] = ()
    sampling: Sampling = field(default_factory=Sampling)
    max_frames: int | None = None
    """Stop after this many frames; None: when the text has been spoken."""
    is_whole: bool = False
    """Nobody listens before the end: sound may come late, so that a bad sentence can be said again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineInfo:
    """What the loaded checkpoint is; fixed once the engine is ready."""

    checkpoint: str
    """Name of the checkpoint, e.g. `minnow` or `s1-mini`; also the native model id."""
    codec_id: str
    """Hash of the codec's weights: codes made under another id must be made again."""
    sample_rate: int
    """Rate of every `Pcm` that goes in or comes out, Hz."""
    frame_samples: int
    """Samples in one frame of codes."""
    num_codebooks: int
    device: str
    precision: str
    uses_references: bool
    """False for a checkpoint with one built-in voice: references are accepted and not used."""
    max_reference_s: float = 60.0
    """Seconds of recordings that it can use for a voice."""
    max_untold_s: float = 60.0
    """The same of a recording whose words nobody knows."""
    max_references: int | None = None
    """Recordings that it can use for a voice; None: as many as fit in these seconds."""
    silence_db: float = -50.0
    """What is nowhere louder has said nothing, dB of full scale."""
    reads_markers: bool = True
    """Whether it acts on markers such as `(whispering)`; otherwise they are left out."""
    quantization: str = "none"
    """How the slow transformer's weights are kept: `none`, `int8` or `int4`."""
    threads: int = 0
    """CPU threads of a tensor operation."""
    allocator: str = ""
    """What gives it memory, in words."""
    is_compiled: bool = False
    """Whether torch's compiler has fused parts of the language model."""
    is_lean: bool = False
    """Whether text embeddings and the codec's encoder stay in the file until they are needed."""

    @property
    def frame_s(self) -> float:
        """Seconds of sound in one frame."""
        return self.frame_samples / self.sample_rate


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineStatus:
    """A snapshot for `/health`."""

    state: str
    """`loading`, `ready`, `failed` or `stopped`."""
    rows: int
    """Rows of the batch."""
    rows_running: int
    rows_waiting: int
    rows_preempted: int = 0
    """Requests between two sentences whose listeners do not listen, and that have lost their row."""
    sentences: int = 0
    """Spoken since the start, well or not."""
    sentence_retries: int = 0
    """Sentences that went wrong unheard and were begun again, each time counted."""
    sentences_cut: int = 0
    """Sentences that went wrong and were cut short or left out."""
    frames: int = 0
    """Frames spoken since the start, of all rows."""
    step_s: float = 0.0
    """Moving average of the seconds that a step takes; 0 before the first."""
    voice_hits: int = 0
    voice_misses: int = 0
    voice_bytes: int = 0
    """The cache of voices' prompts: requests that found theirs, that did not, and its size."""
    is_asleep: bool = False
    """Ready, but without weights: the next request waits until they are loaded again."""
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What one request has used so far: text tokens read and frames spoken."""

    input_tokens: int
    output_frames: int
