"""From a request to a row: text cut into turns and tokenised, before any work is queued."""

import secrets

from fish_openai.engine.request import SpeechRequest
from fish_openai.engine.row import MIN_TURN_FRAMES, Row, Sink
from fish_openai.errors import BadRequest
from fish_openai.text.profile import Profile
from fish_openai.text.prompt import Prompt, text_prompt, voice_prompt
from fish_openai.text.script import Script, write_script
from fish_openai.text.tokenizer import Tokenizer

_SEED_BITS = 62
"""Leaves room above for the seeds of further attempts."""


class Planner:
    """Builds rows for one checkpoint. Cheap enough for the event loop; no torch.

    Args:
        tokenizer: the checkpoint's.
        profile: what it can read.
        num_codebooks: rows of its codes.
        num_slots: most tokens of one row.
        sample_rate: of its sound, Hz.
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        profile: Profile,
        *,
        num_codebooks: int,
        num_slots: int,
        sample_rate: int,
    ) -> None:
        self._tokenizer = tokenizer
        self._profile = profile
        self._num_codebooks = num_codebooks
        self._num_slots = num_slots
        self._sample_rate = sample_rate

    def plan(self, request: SpeechRequest, sink: Sink) -> Row:
        """The row that will speak `request` into `sink`.

        Raises:
            BadRequest: nothing in the text can be read, a pause cannot be made, or voice and text do
                not fit the context.
        """
        prefix = self._prefix(request)
        script = write_script(request.text, self._profile, request.style)
        turns = tuple(self._turns(script))
        self._check_room(prefix, turns)
        return Row(
            sink=sink,
            prefix=prefix,
            turns=turns,
            pauses=self._pauses(script),
            sampling=request.sampling.with_seed(secrets.randbits(_SEED_BITS)),
            max_frames=request.max_frames,
            is_whole=request.is_whole,
        )

    def _prefix(self, request: SpeechRequest) -> Prompt:
        references = request.references if self._profile.uses_references else ()
        pairs = ((reference.text, reference.codes) for reference in references)
        return voice_prompt(self._tokenizer, pairs, self._num_codebooks)

    def _turns(self, script: Script) -> list[Prompt]:
        return [
            text_prompt(self._tokenizer, line.text, self._num_codebooks) for line in script.lines
        ]

    def _pauses(self, script: Script) -> tuple[int, ...]:
        seconds = (*(line.pause_s for line in script.lines), script.last_pause_s)
        return tuple(round(pause_s * self._sample_rate) for pause_s in seconds)

    def _check_room(self, prefix: Prompt, turns: tuple[Prompt, ...]) -> None:
        needed = (
            prefix.shape[1] + max((turn.shape[1] for turn in turns), default=0) + MIN_TURN_FRAMES
        )
        if needed > self._num_slots:
            raise BadRequest(
                f"the voice's references ({prefix.shape[1]} tokens) and the longest sentence need "
                f"{needed} tokens of context; the engine was started with {self._num_slots}. Use "
                "shorter references or a larger --context-tokens.",
                code="context_length_exceeded",
            )
