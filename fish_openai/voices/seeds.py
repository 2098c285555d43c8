"""Voices without a recording: the model speaks one, once, and is shown it for ever after.

A seed alone is the same voice only as long as the text is the same; a recording stays.
"""

import asyncio
import logging
import re
from pathlib import Path

import numpy as np

from fish_openai.audio.pcm import join, to_int16
from fish_openai.audio.uncompressed import whole_wav
from fish_openai.engine.port import SpeechEngine
from fish_openai.engine.request import EngineInfo, Pcm, Sampling, SpeechRequest
from fish_openai.errors import BadRequest, EngineFault, Overloaded
from fish_openai.files import is_file, replace
from fish_openai.voices.recording import Recording

SEEDS_FOLDER = ".seeds"
"""Inside the folder of voices, where a name that begins with a dot is no voice."""

REFERENCE_TEXT = (
    "The morning light came slowly over the hills, and the old road ran down to the sea."
)
"""One sentence for every checkpoint: two might come out as two speakers."""

MIN_SECONDS, MAX_SECONDS = 1.0, 20.0
"""What is shorter or longer did not say the text."""

logger = logging.getLogger(__name__)


class SeedVoices:
    """The recordings that the loaded checkpoint has spoken, by seed. Lives on the event loop.

    Args:
        folder: where they are kept, a folder for each checkpoint.
        engine: what speaks them.
    """

    def __init__(self, folder: Path, engine: SpeechEngine) -> None:
        self._folder = folder
        self._engine = engine
        self._under_way: dict[int, asyncio.Task[Recording | None]] = {}
        self._has_no_room = False
        self._unspeakable: set[int] = set()

    def known(self, seed: int) -> Recording | None:
        """The recording of a seed, if it has been spoken; reads the disk."""
        recording = self._recording(seed)
        return recording if is_file(recording.audio) else None

    async def recording(self, seed: int) -> Recording | None:
        """The recording of a seed; None if the checkpoint has no use for one, or could not speak it."""
        if not self._engine.info.uses_references:
            return None
        if known := await asyncio.to_thread(self.known, seed):
            return known
        if self._has_no_room or seed in self._unspeakable:
            return None
        return await self._spoken(seed)

    async def _spoken(self, seed: int) -> Recording | None:
        """Speak the recording, once for all who ask meanwhile, even if the first of them leaves."""
        task = self._under_way.get(seed)
        if task is None:
            task = asyncio.create_task(self._try_to_speak(seed))
            self._under_way[seed] = task
            task.add_done_callback(lambda task: self._end(seed, task))
        return await asyncio.shield(task)

    def _end(self, seed: int, task: asyncio.Task[Recording | None]) -> None:
        del self._under_way[seed]
        if not task.cancelled():
            # Asked for, because everybody who waited for it may have left.
            task.exception()

    async def _try_to_speak(self, seed: int) -> Recording | None:
        try:
            pcm = await self._speak(seed)
            return await asyncio.to_thread(self._keep, seed, pcm)
        except OSError as exc:
            self._has_no_room = True
            logger.warning(
                "voices without a recording stay seeds, which change with the text: %s cannot be "
                "written (%s)",
                self._folder,
                exc.strerror,
            )
        except Overloaded:
            logger.info("the voice of seed %d has no recording yet: all rows are taken", seed)
        except (BadRequest, EngineFault) as exc:
            # Tried once in a server's life: it would cost every request of this voice a sentence.
            self._unspeakable.add(seed)
            logger.warning("the voice of seed %d has no recording: %s", seed, exc)
        return None

    async def _speak(self, seed: int) -> Pcm:
        info = self._engine.info
        request = SpeechRequest(
            text=REFERENCE_TEXT,
            sampling=Sampling(seed=seed),
            max_frames=round(MAX_SECONDS / info.frame_s),
            is_whole=True,
        )
        handle = self._engine.speak(request)
        try:
            pcm = join([part async for part in handle])
        finally:
            handle.close()
        seconds = len(pcm) / info.sample_rate
        if not MIN_SECONDS <= seconds < MAX_SECONDS - 2 * info.frame_s or not np.any(pcm):
            raise EngineFault(f"it took {seconds:.1f} s to say {REFERENCE_TEXT!r}")
        return pcm

    def _keep(self, seed: int, pcm: Pcm) -> Recording:
        recording = self._recording(seed)
        recording.audio.parent.mkdir(parents=True, exist_ok=True)
        try:
            replace(recording.transcript, REFERENCE_TEXT.encode())
            replace(recording.audio, whole_wav(self._engine.info.sample_rate, to_int16(pcm)))
        except BaseException:
            recording.audio.unlink(missing_ok=True)
            recording.transcript.unlink(missing_ok=True)
            raise
        return recording

    def _recording(self, seed: int) -> Recording:
        return Recording(self._folder / _model_id(self._engine.info) / f"{seed}.wav")


def _model_id(info: EngineInfo) -> str:
    """A folder's name for a checkpoint and its codec."""
    return f"{re.sub('[^A-Za-z0-9-]', '-', info.checkpoint)}-{info.codec_id[:12]}"
