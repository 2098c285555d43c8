"""The voices that a request can name: folders on disk, and OpenAI's names."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from fish_openai.engine.port import SpeechEngine
from fish_openai.engine.request import Reference
from fish_openai.voices.catalogue import Catalogue
from fish_openai.voices.loader import CACHE_BYTES, Loader
from fish_openai.voices.names import DEFAULT_NAME
from fish_openai.voices.origin import Origin
from fish_openai.voices.preview import preview
from fish_openai.voices.record import Clip, NewBlend, NewVoice, VoiceChanges, VoiceRecord
from fish_openai.voices.seeds import SEEDS_FOLDER, SeedVoices
from fish_openai.voices.transcript import Recogniser, recognise
from fish_openai.voices.voice import Voice
from fish_openai.voices.workshop import Workshop


class VoiceRegistry:
    """Finds, makes and changes voices. Lives on the event loop; the disk is left to worker threads.

    Args:
        folder: the operator's voices; need not be there yet. What a killed process has left
            unfinished in it is cleared away now.
        engine: what encodes recordings, and speaks those of seeds.
        shipped: the voices that came with the checkpoint, if any.
        recogniser: writes down what is said in a recording that comes without a transcript.
        cache_bytes: memory for the codes of voices.
    """

    def __init__(
        self,
        folder: Path,
        engine: SpeechEngine,
        *,
        shipped: Path | None = None,
        recogniser: Recogniser = recognise,
        cache_bytes: int = CACHE_BYTES,
    ) -> None:
        self._catalogue = Catalogue(folder, shipped)
        self._workshop = Workshop(folder, self._catalogue, recogniser)
        self._seeds = SeedVoices(folder / SEEDS_FOLDER, engine)
        self._loader = Loader(
            engine, self._catalogue, self._seeds, recogniser, cache_bytes=cache_bytes
        )

    def names(self) -> tuple[str, ...]:
        """The names of all voices that can be used. Reads the disk."""
        return tuple(record.name for record in self._catalogue.records())

    async def listing(self) -> tuple[VoiceRecord, ...]:
        """Every voice that can be used: on disk, with the checkpoint, then OpenAI's names."""
        return await asyncio.to_thread(self._catalogue.records)

    async def get(self, name: str) -> VoiceRecord:
        """A voice by its id, its id towards clients of Fish Audio, its name or an alias.

        Raises:
            NotFound: there is no such voice.
            BadRequest: its folder cannot be used; the message names the file at fault.
        """
        return (await self._find(name)).record

    async def check(self, name: str | None) -> None:
        """Look whether `resolve` would find a voice; needs no engine.

        Raises:
            NotFound: there is no such voice.
            BadRequest: its folder cannot be used; the message names the file at fault.
        """
        await self._find(_wanted(name))

    async def create(self, new: NewVoice) -> VoiceRecord:
        """Make a voice of recordings.

        Raises:
            BadRequest: the name is taken or not accepted, or a recording cannot be used.
        """
        return await asyncio.to_thread(self._workshop.create, new)

    async def blend(self, new: NewBlend) -> VoiceRecord:
        """Make a voice of other voices.

        Raises:
            BadRequest: the name is taken or not accepted, or a part cannot be used.
        """
        return await asyncio.to_thread(self._workshop.blend, new)

    async def update(self, voice_id: str, changes: VoiceChanges) -> VoiceRecord:
        """Change what is known of a voice; its ids and its recordings stay.

        Raises:
            NotFound: there is no such voice.
            BadRequest: it is built in, or a change is not accepted.
        """
        return await asyncio.to_thread(self._workshop.update, voice_id, changes)

    async def delete(self, voice_id: str) -> None:
        """Delete a voice with its recordings; a request that speaks with it is finished.

        Raises:
            NotFound: there is no such voice.
            BadRequest: it is built in.
        """
        await asyncio.to_thread(self._workshop.delete, voice_id)

    async def preview(self, name: str) -> bytes | None:
        """The voice's first recording as a WAV file; None if it has none.

        Raises:
            NotFound: there is no such voice.
            BadRequest: the recording cannot be used.
        """
        origin = await self._find(name)
        if origin.recordings:
            return await asyncio.to_thread(preview, origin.recordings[0])
        if origin.seed is None:
            return None
        spoken = await asyncio.to_thread(self._seeds.known, origin.seed)
        return await asyncio.to_thread(preview, spoken) if spoken else None

    async def resolve(self, name: str | None) -> Voice:
        """Find a voice, ready for the engine; no name, or an empty one, is the default voice.

        Raises:
            NotFound: there is no such voice.
            BadRequest: it cannot be used; the message names the file at fault.
            EngineUnavailable: a recording has to be encoded, and the engine cannot now.
            EngineFault: the engine failed to encode a recording.
        """
        wanted = _wanted(name)
        try:
            return await self._load(wanted)
        except FileNotFoundError:
            return await self._load(wanted)  # deleted since it was found: who has the name now?

    async def references(self, clips: Sequence[Clip]) -> tuple[Reference, ...]:
        """What the engine is shown of recordings that came inside a request.

        Raises:
            BadRequest: one cannot be used.
            EngineUnavailable: the engine cannot encode now.
            EngineFault: the engine failed to encode one.
        """
        return await self._loader.encode(clips)

    async def _load(self, name: str) -> Voice:
        origin = await self._find(name)
        return Voice(
            id=origin.record.id,
            name=origin.record.name,
            references=await self._loader.load(origin),
            seed=origin.seed,
        )

    async def _find(self, name: str) -> Origin:
        return await asyncio.to_thread(self._catalogue.find, name)


def _wanted(name: str | None) -> str:
    """What is meant by what a request says."""
    return (name or "").strip() or DEFAULT_NAME
