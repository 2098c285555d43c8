"""A report as a person reads it."""

from collections.abc import Sequence

from fish_openai.evaluation.error_rate import ErrorRate
from fish_openai.evaluation.report import Report, Spread, VoiceReport

_NOTHING = "-"
_HEAD = (
    *("voice", "WER %", "CER %", "loop WER %", "length", "chars/s", "pitch Hz"),
    *("voiced %", "apart %", "like ref %", "runaway", "empty", "failed"),
)


def format_report(report: Report) -> str:
    """Write the table of voices, the table of distances, and what has to be said with them."""
    parts = [
        f"{report.source}: {report.num_sentences} sentences heard by {report.recogniser}",
        format_table([_HEAD, *map(_row, report.voices)]),
    ]
    if len(report.voices) > 1:
        parts += ["Distances between voices; 1 is a voice's own variation:", _distances(report)]
    if report.unknown_words:
        words = ", ".join(report.unknown_words)
        parts.append(f"The loop cannot hear words that {report.recogniser} does not know: {words}")
    return "\n\n".join(parts)


def format_table(rows: Sequence[Sequence[str]]) -> str:
    """Align columns: names to the left, figures to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(_line(row, widths) for row in rows)


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    name, *figures = row
    cells = [figure.rjust(width) for figure, width in zip(figures, widths[1:], strict=True)]
    return "  ".join([name.ljust(widths[0]), *cells])


def _row(voice: VoiceReport) -> tuple[str, ...]:
    return (
        *(voice.label, _rate(voice.open_wer), _rate(voice.open_cer), _rate(voice.loop_wer)),
        *(_spread(voice.length_ratio, 2), _spread(voice.characters_per_s, 1)),
        *(_number(voice.pitch_hz), _share(voice.voiced)),
        *(_share(voice.told_apart), _share(voice.like_reference)),
        *(str(voice.runaway), str(voice.empty), str(voice.failed)),
    )


def _distances(report: Report) -> str:
    labels = [voice.label for voice in report.voices]
    rows = [
        (label, *(_NOTHING if value is None else f"{value:.1f}" for value in values))
        for label, values in zip(labels, report.distances, strict=True)
    ]
    return format_table([("", *labels), *rows])


def _rate(rate: ErrorRate | None) -> str:
    return _NOTHING if rate is None else f"{100 * rate.rate:.1f} ±{100 * rate.uncertainty:.1f}"


def _spread(spread: Spread | None, digits: int) -> str:
    if spread is None:
        return _NOTHING
    return f"{spread.mean:.{digits}f} ±{spread.deviation:.{digits}f}"


def _number(value: float | None) -> str:
    return _NOTHING if value is None else f"{value:.0f}"


def _share(value: float | None) -> str:
    return _NOTHING if value is None else f"{100 * value:.0f}"
