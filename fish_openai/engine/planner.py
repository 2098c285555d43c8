"""From a request to a row: text cut into turns and tokenised, before any work is queued."""

import secrets

from fish_openai.engine.request import SpeechRequest
from fish_openai.engine.row import MIN_TURN_FRAMES, Row, Sink
from fish_openai.errors import BadRequest
from fish_openai.text.profile import Profile
from fish_openai.text.prompt import Prompt, text_prompt, voice_prompt
from fish_openai.text.script import sentences
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
    """

    def __init__(
        self, tokenizer: Tokenizer, profile: Profile, *, num_codebooks: int, num_slots: int
    ) -> None:
        self._tokenizer = tokenizer
        self._profile = profile
        self._num_codebooks = num_codebooks
        self._num_slots = num_slots

    def plan(self, request: SpeechRequest, sink: Sink) -> Row:
        """The row that will speak `request` into `sink`.

        Raises:
            BadRequest: nothing in the text can be read, or voice and text do not fit the context.
        """
        prefix = self._prefix(request)
        turns = tuple(self._turns(request))
        self._check_room(prefix, turns)
        return Row(
            sink=sink,
            prefix=prefix,
            turns=turns,
            sampling=request.sampling.with_seed(secrets.randbits(_SEED_BITS)),
            max_frames=request.max_frames,
            is_whole=request.is_whole,
        )

    def _prefix(self, request: SpeechRequest) -> Prompt:
        references = request.references if self._profile.uses_references else ()
        pairs = ((reference.text, reference.codes) for reference in references)
        return voice_prompt(self._tokenizer, pairs, self._num_codebooks)

    def _turns(self, request: SpeechRequest) -> list[Prompt]:
        return [
            text_prompt(self._tokenizer, sentence, self._num_codebooks)
            for sentence in sentences(request.text, self._profile)
        ]

    def _check_room(self, prefix: Prompt, turns: tuple[Prompt, ...]) -> None:
        needed = prefix.shape[1] + max(turn.shape[1] for turn in turns) + MIN_TURN_FRAMES
        if needed > self._num_slots:
            raise BadRequest(
                f"the voice's references ({prefix.shape[1]} tokens) and the longest sentence need "
                f"{needed} tokens of context; the engine was started with {self._num_slots}. Use "
                "shorter references or a larger --context-tokens.",
                code="context_length_exceeded",
            )
