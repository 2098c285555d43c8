"""A load run as a picture: throughput, time to first audio and gaps against concurrency."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from benchmarks.load_figures import Figures, Percentiles

_WIDTH, _HEIGHT, _DPI = 7.0, 9.0, 120


def draw(path: Path, title: str, levels: Sequence[Figures]) -> None:
    """Write a PNG with three panels above one another, which share the axis of listeners."""
    figure = Figure(figsize=(_WIDTH, _HEIGHT), dpi=_DPI, layout="constrained")
    figure.suptitle(title, fontsize="medium")
    throughput, first_audio, gaps = figure.subplots(3, 1, sharex=True)
    _draw_throughput(throughput, levels)
    _draw_first_audio(first_audio, levels)
    _draw_gaps(gaps, levels)
    gaps.set_xlabel("listeners at the same time")
    gaps.set_xscale("log", base=2)
    listeners = [level.concurrency for level in levels]
    gaps.set_xticks(listeners, labels=map(str, listeners))
    figure.savefig(path, format="png")


def _draw_throughput(axes: Axes, levels: Sequence[Figures]) -> None:
    listeners = [level.concurrency for level in levels]
    axes.plot(listeners, [level.audio_s_per_s for level in levels], "o-", label="all listeners")
    axes.plot(listeners, listeners, ":", color="grey", label="real time for each")
    _finish(axes, "audio seconds\nper second")
    axes.legend()


def _draw_first_audio(axes: Axes, levels: Sequence[Figures]) -> None:
    listeners = [level.concurrency for level in levels]
    for name, marker in zip(Percentiles._fields, "o^s", strict=True):
        times = [getattr(level.first_audio_ms, name) for level in levels]
        axes.plot(listeners, times, f"{marker}-", label=name)
    _finish(axes, "first audio, ms")
    axes.legend()


def _draw_gaps(axes: Axes, levels: Sequence[Figures]) -> None:
    listeners = [level.concurrency for level in levels]
    axes.plot(listeners, [level.gap_free_share for level in levels], "o-")
    _finish(axes, "played without a gap")
    axes.set_ylim(-0.03, 1.03)
    axes.yaxis.set_major_formatter(PercentFormatter(xmax=1))


def _finish(axes: Axes, label: str) -> None:
    axes.set_ylabel(label)
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.3)
