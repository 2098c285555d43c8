"""The product's own backend: the batched language model and the streaming codec. All tensors."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from fish_openai.engine.backend import Frames
from fish_openai.engine.history import History, ResidualHistory
from fish_openai.engine.request import Codes, EngineInfo, Pcm
from fish_openai.engine.row import Row
from fish_openai.engine.sampler import Drawing, Sampler
from fish_openai.engine.streams import Streams
from fish_openai.engine.voice_cache import Prefix, VoiceCache
from fish_openai.model.dual_ar import DualAR
from fish_openai.model.kv import FrameCache, KVCache, Span
from fish_openai.text.profile import Profile
from fish_openai.text.prompt import Prompt
from fish_openai.text.tokenizer import Tokenizer


@dataclass(eq=False, slots=True)
class _Place:
    """What the host knows about one row of the batch."""

    prefix_length: int
    length: int
    """Tokens in the cache."""
    is_read: bool = True
    """A prompt has just been read: the next frame follows from it, not from the last frame."""


class Runner:
    """Rows of the language model and their codec streams.

    Args:
        model: on the device, in the precision to run in.
        streams: the codec's side.
        tokenizer: the checkpoint's.
        profile: sampling defaults and whether turns are carried on.
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
        self._model = model
        self._streams = streams
        self._voices = voices
        self._profile = profile
        self._end_id = tokenizer.end_id
        weight = model.norm.weight
        config, device, dtype = model.config, weight.device, weight.dtype
        self._cache = KVCache(config.slow, num_rows, num_slots, device=device, dtype=dtype)
        self._scratch = FrameCache(
            config.fast, num_rows, config.num_codebooks, device=device, dtype=dtype
        )
        self._hidden = torch.zeros(num_rows, config.dim, device=device, dtype=dtype)
        self._codes = torch.zeros(num_rows, config.num_codebooks, dtype=torch.int64, device=device)
        widths = [model.num_semantic + 1]
        widths += [config.num_residual_codes] * (config.num_codebooks - 1)
        history = history or ResidualHistory(num_rows, config.num_codebooks, device)
        self._sampler = Sampler(widths, history, num_rows, device)
        self._places: list[_Place] = []

    @property
    def num_slots(self) -> int:
        """Most tokens in a row."""
        return self._cache.num_slots

    def join(self, index: int, row: Row) -> None:
        """Read prefix and first turn; see `Backend`."""
        assert index == len(self._places), (index, len(self._places))
        self._streams.open(index)
        self._places.append(_Place(prefix_length=row.prefix.shape[1], length=0))
        self._sampler.join(index, Drawing.of(row.sampling, self._profile))
        self._read_voice(index, row.prefix)
        self._read(index, row.start_turn())

    def next_turn(self, index: int, row: Row) -> None:
        """Carry the conversation on, or begin again behind the voice when it is full or not wanted."""
        place, prompt = self._places[index], row.start_turn()
        needed = 1 + prompt.shape[1] + row.turn_limit
        if self._profile.carries_turns and place.length + needed < self.num_slots:
            self._read_columns(index, self._end_column())
        else:
            place.length = place.prefix_length
        self._read(index, prompt)

    def step(self, num_rows: int) -> Frames:
        """One frame for each row; see `Backend`."""
        hidden = self._advance(num_rows)
        codes, is_over = self._model.speak(hidden, self._scratch, self._sampler.draw(num_rows))
        self._codes[:num_rows] = codes
        self._sampler.record(codes)
        host = torch.cat([codes, is_over.unsqueeze(1)], dim=1).to(torch.int32).cpu()
        return Frames(host[:, :-1].numpy(), host[:, -1].bool().numpy())

    def has_room(self, index: int) -> bool:
        """Whether the row's last frame can still be read."""
        return self._places[index].length < self.num_slots - 1

    def decode(self, indices: Sequence[int], chunks: Sequence[Codes]) -> list[Pcm]:
        """See `Backend`."""
        return self._streams.decode(indices, chunks)

    def leave(self, index: int, moved_from: int) -> None:
        """See `Backend`."""
        if moved_from != index:
            self._cache.move(moved_from, index, self._places[moved_from].length)
            self._sampler.move(moved_from, index)
            self._hidden[index] = self._hidden[moved_from]
            self._codes[index] = self._codes[moved_from]
            self._places[index] = self._places[moved_from]
        self._streams.close(index, moved_from)
        del self._places[moved_from]

    def encode(self, pcm: Pcm) -> Codes:
        """See `Backend`."""
        return self._streams.encode(pcm)

    def _advance(self, num_rows: int) -> Tensor:
        """Hidden states [num_rows, dim] that the next frames follow from."""
        if not all(place.is_read for place in self._places):
            # Rows that have just read a prompt go along, so that the batch stays dense: what they
            # write lies behind their live tokens and is overwritten, what they compute is dropped.
            fresh = [index for index, place in enumerate(self._places) if place.is_read]
            kept = self._hidden[fresh]
            columns = self._model.columns(self._codes[:num_rows])
            self._hidden[:num_rows] = self._model.read(columns, self._span())
            self._hidden[fresh] = kept
        for place in self._places:
            place.length += not place.is_read
            place.is_read = False
        return self._hidden[:num_rows]

    def _span(self) -> Span:
        lengths = [place.length for place in self._places]
        on_device = torch.tensor(lengths, device=self._codes.device)
        return Span.step(self._cache, on_device, max(lengths) + 1)

    def _read_voice(self, index: int, prefix: Prompt) -> None:
        key = prefix.tobytes()
        known = self._voices.get(key)
        if known is None:
            self._read(index, prefix)
            self._voices.put(key, Prefix(*self._cache.save(index, prefix.shape[1])))
        else:
            self._cache.restore(index, known.keys, known.values)
            self._places[index].length = known.length

    def _read(self, index: int, prompt: Prompt) -> None:
        columns = torch.from_numpy(prompt).to(self._codes.device, torch.int64)
        self._read_columns(index, columns.unsqueeze(0))

    def _read_columns(self, index: int, columns: Tensor) -> None:
        place, length = self._places[index], columns.shape[-1]
        span = Span.run(self._cache, slice(index, index + 1), place.length, length)
        self._hidden[index] = self._model.read(columns, span)[0]
        place.length += length
        place.is_read = True

    def _end_column(self) -> Tensor:
        column = torch.zeros(1, 1 + self._codes.shape[1], 1, dtype=torch.int64)
        column[0, 0] = self._end_id
        return column.to(self._codes.device)
