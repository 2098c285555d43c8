"""The product's own backend: the batched language model and the streaming codec. All tensors."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from fish_openai.engine.backend import Frames
from fish_openai.engine.decoding import Decoding
from fish_openai.engine.frame_step import FRESH, IDLE, SPEAKING, FrameStep
from fish_openai.engine.history import History, ResidualHistory
from fish_openai.engine.reference_encoder import ReferenceEncoder
from fish_openai.engine.request import Codes, EngineInfo, Pcm
from fish_openai.engine.row import Row
from fish_openai.engine.sampler import Drawing, Sampler
from fish_openai.engine.step_graphs import StepGraphs
from fish_openai.engine.streams import Streams
from fish_openai.engine.voice_cache import Prefix, VoiceCache
from fish_openai.model.dual_ar import DualAR
from fish_openai.model.kv import KVCache, Span
from fish_openai.text.profile import Profile
from fish_openai.text.prompt import Prompt
from fish_openai.text.tokenizer import Tokenizer

_BLOCK_TOKENS = 256
"""Tokens that are read at once. Cut at the same places whatever else runs, so that a row's numbers do
not depend on the other rows."""


@dataclass(eq=False, slots=True)
class _Place:
    """What the host knows about one row of the batch.

    Attributes:
        prefix_length: tokens of the voice.
        voice: its key in the cache of voices, while it is being read.
        length: live tokens in the cache.
        num_carried: turns behind the voice that the current one goes on from.
        unread: what is still to be read, [1, 1 + num_codebooks, tokens] each.
        is_read: a prompt has just been read: the next frame follows from it, not from the last one.
    """

    prefix_length: int
    voice: bytes | None
    length: int = 0
    num_carried: int = 0
    unread: deque[Tensor] = field(default_factory=deque)
    is_read: bool = False


class Runner:
    """Rows of the language model and their codec streams.

    Args:
        model: on the device, in the precision to run in.
        streams: the codec's decoder.
        encoder: the codec's encoder.
        tokenizer: the checkpoint's.
        profile: sampling defaults.
        info: what to tell the rest of the product.
        num_rows: most rows at once.
        num_slots: most tokens in a row: prefix, sentences and frames together.
        voices: remembers what voices' prompts leave in the cache.
        history: what the repetition penalty applies to; by default `ResidualHistory`.
    """

    def __init__(
        self,
        model: DualAR,
        streams: Streams,
        encoder: ReferenceEncoder,
        tokenizer: Tokenizer,
        profile: Profile,
        info: EngineInfo,
        *,
        num_rows: int,
        num_slots: int,
        voices: VoiceCache,
        history: History | None = None,
    ) -> None:
        self.info = info
        self.num_rows = num_rows
        self.voices = voices
        self._model = model
        self._streams = streams
        self._encoder = encoder
        self._profile = profile
        weight, config = model.norm.weight, model.config
        device, dtype, num_codebooks = weight.device, weight.dtype, config.num_codebooks
        self._cache = KVCache(config.slow, num_rows, num_slots, device=device, dtype=dtype)
        widths = [model.num_semantic + 1] + [config.num_residual_codes] * (num_codebooks - 1)
        history = history or ResidualHistory(num_rows, num_codebooks, device)
        self._sampler = Sampler(widths, history, num_rows, device)
        self._step = FrameStep(model, self._cache, self._sampler)
        self.graphs = StepGraphs(
            self._step.padded, self._step.exact, num_rows=num_rows, num_slots=num_slots
        )
        self._end = torch.zeros(1, 1 + num_codebooks, 1, dtype=torch.int64, device=device)
        self._end[0, 0] = tokenizer.end_id
        self._places: list[_Place] = []

    @property
    def model(self) -> DualAR:
        """The language model, for those who measure its parts."""
        return self._model

    @property
    def streams(self) -> Streams:
        """The codec's side, likewise."""
        return self._streams

    def join(self, row: Row) -> None:
        """Prepare to read prefix and first turn; see `Backend`."""
        index, key = len(self._places), row.prefix.tobytes()
        place = _Place(prefix_length=row.prefix.shape[1], voice=key)
        self._sampler.join(index, Drawing.of(row.turn_sampling, self._profile))
        known = self.voices.get(key)
        if known is None:
            place.unread.extend(self._blocks(row.prefix))
        else:
            self._cache.restore(index, known.keys, known.values)
            place.voice, place.length = None, known.length
        place.unread.extend(self._blocks(row.prompt))
        self._streams.open(index)
        self._places.append(place)

    def begin_turn(self, index: int, row: Row) -> None:
        """Carry the conversation on, or begin again behind the voice; see `Backend`."""
        place = self._places[index]
        self._sampler.join(index, Drawing.of(row.turn_sampling, self._profile))
        self._streams.restart(index)
        if self._can_carry_on(place, row):
            place.num_carried += 1
            place.unread.append(self._end)
        else:
            place.num_carried, place.length = 0, place.prefix_length
        place.unread.extend(self._blocks(row.prompt))

    def _can_carry_on(self, place: _Place, row: Row) -> bool:
        needed = 1 + row.prompt.shape[1] + row.utterance.limit
        has_room = place.length + needed < self._cache.num_slots
        return row.is_continuous and place.num_carried < row.max_carried and has_room

    def read(self, index: int) -> bool:
        """Read one block; see `Backend`."""
        place = self._places[index]
        columns = place.unread.popleft()
        span = Span.run(self._cache, slice(index, index + 1), place.length, columns.shape[-1])
        self._step.hidden[index] = self._model.read(columns, span)[0]
        place.length += columns.shape[-1]
        place.is_read = True
        if place.voice is not None and place.length == place.prefix_length:
            self.voices.put(place.voice, Prefix(*self._cache.save(index, place.length)))
            place.voice = None
        return not place.unread

    def step(self, num_rows: int) -> Frames:
        """One frame for each row; see `Backend`."""
        self.launch(num_rows)
        return self._collect(num_rows)

    def launch(self, num_rows: int) -> None:
        """Give the device the work of a step, and do not wait for it."""
        places = self._places[:num_rows]
        self._plan(places)
        self.graphs(num_rows, _live(places))
        for place in places:
            place.length += not place.is_read
            place.is_read = False

    def _collect(self, num_rows: int) -> Frames:
        result = self._step.result.download()[:num_rows].numpy()
        return Frames(result[:, :-1].copy(), result[:, -1].astype(np.bool_))

    def has_room(self, index: int) -> bool:
        """Whether the row's last frame can still be read."""
        return self._places[index].length < self._cache.num_slots - 1

    def decode(self, indices: Sequence[int], chunks: Sequence[Codes]) -> Decoding:
        """See `Backend`."""
        return self._streams.decode(indices, chunks)

    def swap(self, first: int, second: int) -> None:
        """See `Backend`."""
        places = self._places
        self._cache.swap(first, second, max(places[first].length, places[second].length))
        self._sampler.swap(first, second)
        self._streams.swap(first, second)
        self._step.swap(first, second)
        places[first], places[second] = places[second], places[first]

    def leave(self) -> None:
        """See `Backend`."""
        self._places.pop()
        self._streams.close(len(self._places))

    def encode(self, pcm: Pcm) -> Codes:
        """See `Backend`."""
        return self._encoder.encode(pcm)

    def _plan(self, places: Sequence[_Place]) -> None:
        """Tell the device about its rows: those in `places` step, the others are idle."""
        lengths, states = self._step.plan.host.numpy()
        lengths[: len(self._places)] = [place.length for place in self._places]
        lengths[len(self._places) :] = 0
        states[: len(places)] = [FRESH if place.is_read else SPEAKING for place in places]
        states[len(places) :] = IDLE
        self._step.plan.upload()

    def _blocks(self, prompt: Prompt) -> Iterator[Tensor]:
        columns = torch.from_numpy(prompt).to(self._end.device, torch.int64).unsqueeze(0)
        yield from columns.split(_BLOCK_TOKENS, dim=-1)


def _live(places: Sequence[_Place]) -> int:
    """Tokens of the longest row after the step; 0 if all are fresh, and nothing is read."""
    if all(place.is_read for place in places):
        return 0
    return 1 + max(place.length for place in places)
