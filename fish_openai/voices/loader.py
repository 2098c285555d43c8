"""From where a voice comes from to what the engine is shown of it."""

import asyncio
import hashlib
from collections.abc import Sequence

import numpy as np

from fish_openai.audio.decode import decode
from fish_openai.audio.resample import resample
from fish_openai.engine.port import SpeechEngine
from fish_openai.engine.request import Codes, Pcm, Reference
from fish_openai.errors import AudioError, BadRequest, NotFound
from fish_openai.voices.blend import mix, shares
from fish_openai.voices.cache import ReferenceCache, References
from fish_openai.voices.catalogue import Catalogue
from fish_openai.voices.clips import RATE, prepare_clips
from fish_openai.voices.codes import keep_codes, load_codes
from fish_openai.voices.excerpt import fit
from fish_openai.voices.locks import Locks
from fish_openai.voices.origin import Origin
from fish_openai.voices.record import Clip
from fish_openai.voices.recording import (
    Content,
    Recording,
    read_content,
    recordings_stamp,
    unusable,
)
from fish_openai.voices.seeds import SeedVoices
from fish_openai.voices.transcript import Recogniser

MAX_RECORDING_SECONDS = 60.0
CACHE_BYTES = 64 * 2**20


class Loader:
    """Makes references of recordings, and keeps what it has made.

    Lives on the event loop; the disk is read in worker threads, recordings are encoded by the engine.
    """

    def __init__(
        self,
        engine: SpeechEngine,
        catalogue: Catalogue,
        seeds: SeedVoices,
        recognise: Recogniser,
        *,
        cache_bytes: int,
    ) -> None:
        self._engine = engine
        self._catalogue = catalogue
        self._seeds = seeds
        self._recognise = recognise
        self._cache = ReferenceCache(cache_bytes)
        self._locks = Locks()

    async def load(self, origin: Origin) -> References:
        """What the engine is shown of a voice; nothing, if all that there is of it is a seed.

        Raises:
            BadRequest: a file cannot be used, or a part of a blend.
            FileNotFoundError: a recording has just been deleted.
            EngineUnavailable: a recording has to be encoded, and the engine cannot now.
            EngineFault: the engine failed to encode a recording.
        """
        return fit(await self._whole(origin), self._engine.info)

    async def encode(self, clips: Sequence[Clip]) -> References:
        """References of recordings that are not kept on disk.

        Raises:
            BadRequest: one cannot be used.
            EngineUnavailable: the engine cannot encode now.
            EngineFault: the engine failed to encode one.
        """
        return fit(await self._encoded(clips), self._engine.info)

    async def _encoded(self, clips: Sequence[Clip]) -> References:
        key = _content_key(clips, self._engine.info.codec_id)
        async with self._locks.of(key):
            if held := self._cache.get(key, None):
                return held
            prepared = await asyncio.to_thread(prepare_clips, clips, self._recognise)
            references = tuple(
                [Reference(each.text, await self._encode(each.pcm, RATE)) for each in prepared]
            )
            self._cache.put(key, None, references)
            return references

    async def _whole(self, origin: Origin) -> References:
        if origin.parts:
            return await self._blend(origin)
        recordings = origin.recordings or await self._spoken(origin)
        return await self._load(recordings) if recordings else ()

    async def _blend(self, origin: Origin) -> References:
        info = self._engine.info
        if not info.uses_references:
            return ()
        parts = [await self._part(origin, part.voice) for part in origin.parts]
        return mix(list(zip(shares(origin.parts), parts, strict=True)), info.frame_s)

    async def _part(self, origin: Origin, voice_id: str) -> References:
        try:
            part = await asyncio.to_thread(self._catalogue.find, voice_id)
        except NotFound as exc:
            raise _incomplete(origin, voice_id, "has been deleted") from exc
        if part.parts:
            raise _incomplete(origin, voice_id, "is a blend itself")
        references = await self._whole(part)
        if not references:
            raise _incomplete(origin, voice_id, "has no recording yet")
        return references

    async def _spoken(self, origin: Origin) -> tuple[Recording, ...]:
        recording = None if origin.seed is None else await self._seeds.recording(origin.seed)
        return (recording,) if recording else ()

    async def _load(self, recordings: tuple[Recording, ...]) -> References:
        key = str(recordings[0].audio)
        # One at a time for each voice: requests that arrive together encode a recording once.
        async with self._locks.of(key):
            stamp = await asyncio.to_thread(recordings_stamp, recordings)
            if held := self._cache.get(key, stamp):
                return held
            references = tuple([await self._reference(recording) for recording in recordings])
            self._cache.put(key, stamp, references)
            return references

    async def _reference(self, recording: Recording) -> Reference:
        content = await asyncio.to_thread(read_content, recording)
        key = content.key(self._engine.info.codec_id)
        codes = await asyncio.to_thread(load_codes, recording.codes, key)
        if codes is None:
            rate = self._engine.info.sample_rate
            pcm = await asyncio.to_thread(_decode, recording, content, rate)
            codes = await self._encode(pcm, rate)
            if recording.takes_files:
                await asyncio.to_thread(keep_codes, recording.codes, key, codes)
        return Reference(text=content.text, codes=codes)

    async def _encode(self, pcm: Pcm, rate: int) -> Codes:
        wanted = self._engine.info.sample_rate
        resampled = await asyncio.to_thread(resample, pcm, rate, wanted)
        return await self._engine.encode(np.clip(resampled, -1, 1))


def _decode(recording: Recording, content: Content, rate: int) -> Pcm:
    try:
        return decode(content.audio, rate=rate, max_seconds=MAX_RECORDING_SECONDS)
    except AudioError as exc:
        raise unusable(recording.audio, str(exc)) from exc


def _content_key(clips: Sequence[Clip], codec_id: str) -> str:
    contents = (Content(clip.audio, clip.text).key(codec_id) for clip in clips)
    return "clips:" + hashlib.sha256(" ".join(contents).encode()).hexdigest()


def _incomplete(origin: Origin, voice_id: str, why: str) -> BadRequest:
    return BadRequest(
        f"the voice {origin.record.name!r} is a blend, and its part {voice_id!r} {why}; "
        "make the blend again of voices that there are",
        param="voice",
        code="voice_unusable",
    )
