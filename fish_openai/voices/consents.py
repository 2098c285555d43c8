"""The consents of speakers: a recording of each, and who it is, kept beside the voices."""

import asyncio
import logging
import re
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct

from fish_openai.audio.decode import decode
from fish_openai.errors import AudioError, BadRequest, NotFound
from fish_openai.files import locked, replace, storage_faults, sync

Done = TypeVar("Done")

logger = logging.getLogger(__name__)

CONSENTS_FOLDER = ".consents"
"""Inside the folder of voices, where a name that begins with a dot is no voice."""

MAX_SECONDS = 120.0
MAX_NAME_CHARS = 200

_CHECK_RATE = 16_000
_ID = re.compile(r"cons_[0-9a-f]{24}")
_RECORDING_SUFFIX = ".recording"


class Consent(Struct, frozen=True, kw_only=True):
    """What is known of a consent."""

    id: str
    """`cons_` and 24 hexadecimal digits."""
    name: str
    language: str
    """BCP 47, as it was given."""
    created_at: int
    """Seconds since 1970."""


class ConsentStore:
    """Two files a consent: its recording as it came, and then, which makes it one, its JSON.

    Lives on the event loop; the disk is read and written in worker threads. Everything raises
    `StorageFault` where the disk refuses, and leaves what was there.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._reported: set[str] = set()

    async def listing(self) -> tuple[Consent, ...]:
        """Every consent, the newest first."""
        return await self._on_disk(self._listing)

    async def get(self, consent_id: str) -> Consent:
        """One consent.

        Raises:
            NotFound: there is none of this id.
        """
        return await self._on_disk(self._get, consent_id)

    async def create(self, *, name: str, language: str, recording: bytes) -> Consent:
        """Keep a consent under a new id.

        Raises:
            BadRequest: the name is not accepted, or the recording is not audio.
        """
        consent = Consent(
            id=f"cons_{secrets.token_hex(12)}",
            name=_checked_name(name),
            language=language,
            created_at=int(time.time()),
        )
        await self._on_disk(self._create, consent, recording)
        return consent

    async def rename(self, consent_id: str, name: str) -> Consent:
        """Change the name of a consent; raises like `get` and `create`."""
        return await self._on_disk(self._rename, consent_id, _checked_name(name))

    async def delete(self, consent_id: str) -> None:
        """Forget a consent and its recording; raises like `get`."""
        await self._on_disk(self._delete, consent_id)

    async def _on_disk(self, work: Callable[..., Done], *arguments: object) -> Done:
        with storage_faults(self._folder):
            return await asyncio.to_thread(work, *arguments)

    def _listing(self) -> tuple[Consent, ...]:
        found = filter(None, map(self._read, self._documents()))
        return tuple(sorted(found, key=lambda each: (-each.created_at, each.id)))

    def _get(self, consent_id: str) -> Consent:
        consent = self._read(self._json(consent_id)) if _ID.fullmatch(consent_id) else None
        if consent is None:
            raise NotFound(
                f"the consent {consent_id[:64]!r} does not exist; "
                "GET /v1/audio/voice_consents lists those that do",
                param="consent",
                code="consent_not_found",
            )
        return consent

    def _read(self, path: Path) -> Consent | None:
        try:
            return msgspec.json.decode(path.read_bytes(), type=Consent)
        except FileNotFoundError:
            return None
        except (msgspec.DecodeError, UnicodeDecodeError) as exc:
            self._report(f"the consent {path.name} is damaged and left out: {exc}")
            return None

    def _documents(self) -> list[Path]:
        # Not by glob, for which a folder that may not be read is empty.
        try:
            return [path for path in self._folder.iterdir() if path.match("cons_*.json")]
        except FileNotFoundError:
            return []

    def _report(self, problem: str) -> None:
        if problem not in self._reported:
            self._reported.add(problem)
            logger.warning("%s", problem)

    def _create(self, consent: Consent, recording: bytes) -> None:
        _check_recording(recording)
        self._folder.mkdir(parents=True, exist_ok=True)
        with locked(self._folder):
            self._sweep()
            try:
                replace(self._recording(consent.id), recording)
                self._write(consent)
            except BaseException:
                self._forget(consent.id)
                raise

    def _rename(self, consent_id: str, name: str) -> Consent:
        self._get(consent_id)
        with locked(self._folder):
            renamed = msgspec.structs.replace(self._get(consent_id), name=name)
            self._write(renamed)
        return renamed

    def _delete(self, consent_id: str) -> None:
        self._get(consent_id)
        with locked(self._folder):
            self._get(consent_id)
            self._forget(consent_id)
            sync(self._folder)

    def _forget(self, consent_id: str) -> None:
        self._json(consent_id).unlink(missing_ok=True)
        self._recording(consent_id).unlink(missing_ok=True)

    def _write(self, consent: Consent) -> None:
        replace(self._json(consent.id), msgspec.json.encode(consent))

    def _sweep(self) -> None:
        """Take away what a crash has left: files of no consent."""
        recordings = self._folder.glob(f"cons_*{_RECORDING_SUFFIX}")
        orphans = (path for path in recordings if not self._json(path.stem).exists())
        for path in (*self._folder.glob(".*.tmp"), *orphans):
            path.unlink()

    def _json(self, consent_id: str) -> Path:
        return self._folder / f"{consent_id}.json"

    def _recording(self, consent_id: str) -> Path:
        return self._folder / f"{consent_id}{_RECORDING_SUFFIX}"


def _checked_name(name: str) -> str:
    name = name.strip()
    if not name or len(name) > MAX_NAME_CHARS or not name.isprintable():
        raise BadRequest(
            f"Invalid value {name!r:.80} for 'name': give 1 to {MAX_NAME_CHARS} printable "
            "characters.",
            param="name",
        )
    return name


def _check_recording(recording: bytes) -> None:
    try:
        decode(recording, rate=_CHECK_RATE, max_seconds=MAX_SECONDS)
    except AudioError as exc:
        raise BadRequest(str(exc), param="recording", code="invalid_audio") from exc
