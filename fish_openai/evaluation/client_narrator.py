"""Speech of a server, through OpenAI's own client: what a client of it hears."""

from typing import Self

from openai import APIConnectionError, APIError, APIStatusError, AsyncOpenAI, InternalServerError

from fish_openai.audio.decode import decode
from fish_openai.audio.pcm import Pcm
from fish_openai.errors import AudioError, BadRequest, EngineFault
from fish_openai.evaluation.reading import NOTHING, RATE

_IN_FLIGHT = 4
_MODEL = "tts-1"
_MAX_SECONDS = 600.0
_MAX_BYTES = 2**26
_WAV_HEADER_BYTES = 44


class ClientNarrator:
    """Asks `base_url`, which ends in /v1 as OpenAI's clients have it."""

    def __init__(self, base_url: str, *, api_key: str, seed: int) -> None:
        self._base_url = base_url
        self._client = AsyncOpenAI(base_url=base_url, api_key=api_key)
        self._seed = seed

    @property
    def in_flight(self) -> int:
        """See `Narrator`."""
        return _IN_FLIGHT

    async def __aenter__(self) -> Self:
        """Ask for the server's models, so that a wrong address is told before any speech.

        Raises:
            BadRequest: nobody answers there as OpenAI does.
        """
        try:
            await self._client.models.list()
        except APIError as exc:
            await self._client.close()
            raise BadRequest(
                f"{self._base_url} does not answer as OpenAI's API does: {exc.message}; "
                f"give --base-url what its clients are given, such as http://127.0.0.1:8000/v1"
            ) from exc
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self._client.close()

    async def say(self, voice: str, text: str) -> Pcm:
        """See `Narrator`."""
        try:
            answer = await self._client.audio.speech.create(
                model=_MODEL,
                voice=voice,
                input=text,
                response_format="wav",
                extra_body={"seed": self._seed},
            )
        except (InternalServerError, APIConnectionError) as exc:
            raise EngineFault(exc.message) from exc
        except APIStatusError as exc:
            raise BadRequest(f"{self._base_url} refuses {voice!r}: {exc.message}") from exc
        return _samples(answer.content)


def _samples(wav: bytes) -> Pcm:
    if len(wav) <= _WAV_HEADER_BYTES:
        return NOTHING
    try:
        return decode(wav, rate=RATE, max_seconds=_MAX_SECONDS, max_bytes=_MAX_BYTES)
    except AudioError as exc:
        raise EngineFault(str(exc)) from exc
