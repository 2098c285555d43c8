"""From a request to a row: text cut into turns and tokenised, before any work is queued."""

import math
import secrets
import sys
from collections.abc import Iterator, Sequence

from fish_openai.engine.request import EngineInfo, Reference, SpeechRequest
from fish_openai.engine.row import Row, Sink, Turn
from fish_openai.errors import BadRequest
from fish_openai.text.pace import num_letters
from fish_openai.text.profile import Profile
from fish_openai.text.prompt import Prompt, text_prompt, voice_prompt
from fish_openai.text.script import Script, write_script
from fish_openai.text.tokenizer import Tokenizer

_SEED_BITS = 62
"""Leaves room above for the seeds of further attempts."""
_RUNAWAY = 2.0
_RUNAWAY_S = 1.0
"""A sentence that takes so many times what such sentences usually take, and a second, has run away."""


class Planner:
    """Builds rows for one checkpoint. Cheap enough for the event loop; no torch.

    Args:
        tokenizer: the checkpoint's.
        profile: what it can read.
        info: its codes and its sound.
        num_slots: most tokens of one row.
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        profile: Profile,
        info: EngineInfo,
        *,
        num_slots: int,
    ) -> None:
        self._tokenizer = tokenizer
        self._profile = profile
        self._info = info
        self._num_slots = num_slots

    def plan(self, request: SpeechRequest, sink: Sink) -> Row:
        """The row that will speak `request` into `sink`.

        Raises:
            BadRequest: nothing in the text can be read, a pause cannot be made, or voice and text do
                not fit the context.
        """
        prefix = self._prefix(request)
        script = write_script(request.text, self._profile, request.style)
        turns = tuple(self._turns(script))
        self._check_room(prefix, turns, request.max_frames)
        return Row(
            sink=sink,
            prefix=prefix,
            turns=turns,
            max_carried=self._max_carried(request),
            pauses=self._pauses(script),
            sampling=request.sampling.with_seed(secrets.randbits(_SEED_BITS)),
            max_frames=request.max_frames,
            is_whole=request.is_whole,
        )

    def _references(self, request: SpeechRequest) -> Sequence[Reference]:
        return request.references if self._profile.uses_references else ()

    def _prefix(self, request: SpeechRequest) -> Prompt:
        pairs = ((each.text, each.codes) for each in self._references(request))
        return voice_prompt(self._tokenizer, pairs, self._info.num_codebooks)

    def _max_carried(self, request: SpeechRequest) -> int:
        if self._profile.max_turns is None:
            return sys.maxsize
        return max(self._profile.max_turns - len(self._references(request)) - 1, 0)

    def _turns(self, script: Script) -> Iterator[Turn]:
        for line in script.lines:
            prompt = text_prompt(self._tokenizer, line.text, self._info.num_codebooks)
            usual_s = num_letters(line.text) * self._profile.letter_s
            limit_s = _RUNAWAY * usual_s + _RUNAWAY_S
            yield Turn(prompt, self._frames(usual_s), self._frames(limit_s))

    def _frames(self, seconds: float) -> int:
        return math.ceil(seconds / self._info.frame_s)

    def _pauses(self, script: Script) -> tuple[int, ...]:
        seconds = (*(line.pause_s for line in script.lines), script.last_pause_s)
        return tuple(round(pause_s * self._info.sample_rate) for pause_s in seconds)

    def _check_room(self, prefix: Prompt, turns: Sequence[Turn], max_frames: int | None) -> None:
        most = sys.maxsize if max_frames is None else max_frames
        longest = max(
            (turn.prompt.shape[1] + min(turn.usual_frames, most) for turn in turns), default=0
        )
        needed = prefix.shape[1] + longest
        if needed > self._num_slots:
            raise BadRequest(
                f"the voice's references ({prefix.shape[1]} tokens) and the longest sentence need "
                f"{needed} tokens of context; the engine was started with {self._num_slots}. Use "
                "shorter references or a larger --context-tokens.",
                code="context_length_exceeded",
            )
