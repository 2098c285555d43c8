"""How the speech of a request is encoded: format, sample rate and bit rate by Fish Audio's rules."""

from typing import TypeVar

from fish_openai.api.fish.schemas import TtsBody
from fish_openai.audio.formats import FORMATS
from fish_openai.audio.speech import SpeechEncoder

Encoder = TypeVar("Encoder", bound=SpeechEncoder)

_RATE = 44_100
_OPUS_RATE = 48_000
_KBIT = 1_000


def media_type(body: TtsBody) -> str:
    """The Content-Type of the audio; opus is in Ogg."""
    return "audio/ogg" if body.format == "opus" else FORMATS[body.format].media_type


def open_speech_encoder(body: TtsBody, source_rate: int, kind: type[Encoder]) -> Encoder:
    """The encoder, a `kind`, that makes what the body asks for of samples at `source_rate` Hz.

    Raises:
        BadRequest: the format cannot have the rate.
    """
    return kind(
        body.format,
        source_rate,
        rate=_rate(body),
        bit_rate=_bit_rate(body),
        speed=body.prosody.speed,
        volume_db=body.prosody.volume,
        level_db=body.prosody.level_db,
    )


def _rate(body: TtsBody) -> int:
    if body.format != "opus":
        return body.sample_rate or _RATE
    # Opus plays at 48 kHz whatever went in: a rate that it does not know loses nothing by that.
    is_known = body.sample_rate in FORMATS["opus"].rates
    return body.sample_rate if is_known and body.sample_rate else _OPUS_RATE


def _bit_rate(body: TtsBody) -> int | None:
    if body.format != "opus":
        return body.mp3_bitrate * _KBIT
    if body.opus_bitrate < 0:
        return None
    return body.opus_bitrate if body.opus_bitrate >= _KBIT else body.opus_bitrate * _KBIT
