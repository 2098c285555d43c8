"""Pictures to look at: what every voice makes of one sentence, above one another."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fish_openai.audio.pcm import Pcm
from fish_openai.evaluation.reading import RATE
from fish_openai.evaluation.subject import Subject

_WIDTH, _PANEL_HEIGHT, _DPI = 12.0, 2.4, 80
_WINDOW, _OVERLAP = 400, 300
_SHORTEST = 2 * _WINDOW
_QUIETEST_DB, _LOUDEST_DB = -120, -30
_FLOOR = 1e-6
"""Far below a 16-bit step, so that digital silence has a logarithm."""


def draw_sentences(folder: Path, subjects: Sequence[Subject], num_sentences: int) -> None:
    """Write `folder/001.png` and so on for the first sentences, with a panel for each subject."""
    folder.mkdir(parents=True, exist_ok=True)
    for index in range(min(num_sentences, len(subjects[0].reading.utterances))):
        _draw(folder / f"{index + 1:03d}.png", subjects, index)


def _draw(file: Path, subjects: Sequence[Subject], index: int) -> None:
    size = (_WIDTH, _PANEL_HEIGHT * len(subjects))
    figure = Figure(figsize=size, dpi=_DPI, layout="constrained")
    utterances = [subject.reading.utterances[index] for subject in subjects]
    figure.suptitle(utterances[0].text)
    rows = figure.subplots(len(subjects), 1, sharex=True, sharey=True, squeeze=False)[:, 0]
    for axes, subject, utterance in zip(rows, subjects, utterances, strict=True):
        _draw_panel(axes, subject.label, utterance.pcm)
    rows[-1].set_xlabel("s")
    figure.savefig(file, format="png")


def _draw_panel(axes: Axes, title: str, pcm: Pcm) -> None:
    whole = np.pad(pcm, (0, max(0, _SHORTEST - len(pcm)))) + _FLOOR
    axes.specgram(
        whole,
        NFFT=_WINDOW,
        Fs=RATE,
        noverlap=_OVERLAP,
        vmin=_QUIETEST_DB,
        vmax=_LOUDEST_DB,
        cmap="magma",
    )
    axes.set_title(title, fontsize="small", loc="left")
    axes.set_ylabel("Hz")
