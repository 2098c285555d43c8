"""The voices that a request can name: folders on disk, and OpenAI's names.

Lives on the event loop; the disk is read in worker threads, recordings are encoded by the engine.
"""

import asyncio
from collections import defaultdict
from pathlib import Path

from fish_openai.audio.decode import decode
from fish_openai.engine.port import SpeechEngine
from fish_openai.engine.request import Codes, Pcm, Reference
from fish_openai.errors import AudioError, NotFound
from fish_openai.voices.cache import VoiceCache
from fish_openai.voices.codes import keep_codes, load_codes
from fish_openai.voices.names import DEFAULT_FOLDER, DEFAULT_NAME, OPENAI_NAMES, seed_of
from fish_openai.voices.recording import (
    Content,
    Recording,
    Stamp,
    find_recordings,
    read_content,
    stamp_of,
    unusable,
)
from fish_openai.voices.shelf import Shelf, fold
from fish_openai.voices.voice import Voice

MAX_RECORDING_SECONDS = 60.0
CACHE_BYTES = 64 * 2**20
_NAMES_IN_MESSAGE = 40


class VoiceRegistry:
    """Finds voices by name; a name is looked up in a listing and never becomes part of a path."""

    def __init__(
        self, folder: Path, engine: SpeechEngine, *, cache_bytes: int = CACHE_BYTES
    ) -> None:
        self._shelf = Shelf(folder)
        self._engine = engine
        self._cache = VoiceCache(cache_bytes)
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    def names(self) -> tuple[str, ...]:
        """Every name that can be asked for: usable folders, then OpenAI's. Reads the disk."""
        folders = self._shelf.names()
        taken = {fold(name) for name in folders}
        return folders + tuple(name for name in OPENAI_NAMES if name not in taken)

    async def resolve(self, name: str | None) -> Voice:
        """Find a voice, ready for the engine; no name, or an empty one, is the default voice.

        Raises:
            NotFound: there is no such voice.
            BadRequest: its folder cannot be used; the message names the file at fault.
            EngineUnavailable: a recording has to be encoded, and the engine cannot now.
            EngineFault: the engine failed to encode a recording.
        """
        voice_id = fold(name or "") or DEFAULT_NAME
        folders = await asyncio.to_thread(self._shelf.folders)
        if folder := folders.get(voice_id):
            return await self._load(voice_id, folder)
        if voice_id not in OPENAI_NAMES:
            raise _not_found(voice_id, await asyncio.to_thread(self.names))
        if folder := folders.get(DEFAULT_FOLDER):
            return await self._load(DEFAULT_FOLDER, folder)
        return Voice(id=voice_id, name=voice_id, seed=seed_of(voice_id))

    async def _load(self, voice_id: str, folder: Path) -> Voice:
        # One at a time for each voice: requests that arrive together encode a recording once.
        async with self._locks[voice_id]:
            recordings, stamp = await asyncio.to_thread(_survey, folder)
            if voice := self._cache.get(voice_id, stamp):
                return voice
            references = [await self._reference(recording) for recording in recordings]
            voice = Voice(id=voice_id, name=folder.name, references=tuple(references))
            self._cache.put(stamp, voice)
            return voice

    async def _reference(self, recording: Recording) -> Reference:
        content = await asyncio.to_thread(read_content, recording)
        key = content.key(self._engine.info.codec_id)
        codes = await asyncio.to_thread(load_codes, recording.codes, key)
        if codes is None:
            codes = await self._encode(recording, content)
            await asyncio.to_thread(keep_codes, recording.codes, key, codes)
        return Reference(text=content.text, codes=codes)

    async def _encode(self, recording: Recording, content: Content) -> Codes:
        rate = self._engine.info.sample_rate
        return await self._engine.encode(await asyncio.to_thread(_decode, recording, content, rate))


def _survey(folder: Path) -> tuple[tuple[Recording, ...], Stamp]:
    recordings = find_recordings(folder)
    return recordings, stamp_of(recordings)


def _decode(recording: Recording, content: Content, rate: int) -> Pcm:
    try:
        return decode(content.audio, rate=rate, max_seconds=MAX_RECORDING_SECONDS)
    except AudioError as exc:
        raise unusable(recording.audio, str(exc)) from exc


def _not_found(voice_id: str, names: tuple[str, ...]) -> NotFound:
    listed = ", ".join(names[:_NAMES_IN_MESSAGE])
    more = len(names) - _NAMES_IN_MESSAGE
    return NotFound(
        f"the voice {voice_id[:64]!r} does not exist; there are {listed}"
        + (f" and {more} more" if more > 0 else ""),
        param="voice",
        code="voice_not_found",
    )
