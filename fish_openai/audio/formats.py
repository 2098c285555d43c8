"""The six formats a client can ask for: how they are called and which sample rates they take."""

from dataclasses import dataclass

from fish_openai.errors import BadRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One row of the table below."""

    name: str
    media_type: str
    extension: str
    """Without the dot."""
    rates: tuple[int, ...]
    """Sample rates it takes, Hz, ascending."""


_USUAL_RATES = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
_OPUS_RATES = (8_000, 12_000, 16_000, 24_000, 48_000)

FORMATS = {
    entry.name: entry
    for entry in (
        Format(name="mp3", media_type="audio/mpeg", extension="mp3", rates=_USUAL_RATES),
        Format(name="opus", media_type="audio/opus", extension="opus", rates=_OPUS_RATES),
        Format(name="aac", media_type="audio/aac", extension="aac", rates=_USUAL_RATES),
        Format(name="flac", media_type="audio/flac", extension="flac", rates=_USUAL_RATES),
        Format(name="wav", media_type="audio/wav", extension="wav", rates=_USUAL_RATES),
        Format(name="pcm", media_type="audio/pcm", extension="pcm", rates=_USUAL_RATES),
    )
}
"""Every format by its name."""


def check_format(format_name: str, rate: int) -> None:
    """Raise `BadRequest` where there is no such format, or it cannot carry `rate` Hz."""
    if format_name not in FORMATS:
        message = f"There is no audio format {format_name!r}; choose one of {', '.join(FORMATS)}."
        raise BadRequest(message, param="response_format", code="unsupported_value")
    rates = FORMATS[format_name].rates
    if rate not in rates:
        choices = ", ".join(map(str, rates))
        message = f"{format_name} cannot have a sample rate of {rate} Hz; choose one of {choices}."
        raise BadRequest(message, param="sample_rate", code="unsupported_value")
