from pathlib import Path

import av
import numpy as np

from fish_openai.evaluation.reading import NOTHING, RATE, Reading, Utterance
from fish_openai.evaluation.spectrogram import draw_sentences
from fish_openai.evaluation.subject import subjects_of


def tone(hz: float) -> Reading:
    wave = 0.5 * np.sin(2 * np.pi * hz * np.arange(RATE) / RATE)
    return Reading("tone", (Utterance("a tone", wave.astype(np.float32)), Utterance("", NOTHING)))


def picture(file: Path) -> np.ndarray:
    with av.open(str(file)) as container:
        return next(container.decode(video=0)).to_ndarray(format="gray").astype(float)


def test_a_tone_is_a_line_at_its_height(tmp_path: Path) -> None:
    draw_sentences(tmp_path / "pictures", subjects_of((tone(2000), tone(6000)), ()), 1)
    (file,) = (tmp_path / "pictures").iterdir()
    assert file.name == "001.png"
    pixels = picture(file)
    brightest = {}
    for name, panel in zip(("upper", "lower"), np.array_split(pixels, 2), strict=True):
        middle = panel[:, panel.shape[1] // 2]
        dark = np.flatnonzero(middle < 20)
        inside = middle[dark[0] : dark[-1]]
        brightest[name] = inside.argmax() / len(inside)
    assert abs(brightest["upper"] - 0.75) < 0.05
    assert abs(brightest["lower"] - 0.25) < 0.05


def test_a_sentence_nobody_spoke_is_an_empty_picture(tmp_path: Path) -> None:
    draw_sentences(tmp_path, subjects_of((tone(500),), ()), 5)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["001.png", "002.png"]
