import numpy as np
import pytest
from audio_samples import cut, cut_sizes, few_examples, noise, sine
from hypothesis import given

from fish_openai.audio.loudness import SPEECH_DB, open_leveller, open_volume
from fish_openai.audio.pcm import Pcm
from fish_openai.audio.stage import Stage

RATE = 44_100


def run(stage: Stage, pcm: Pcm, sizes: list[int]) -> Pcm:
    return np.concatenate([*[stage.write(piece) for piece in cut(pcm, sizes)], stage.finish()])


def level(pcm: Pcm, target_db: float | None = SPEECH_DB) -> Pcm:
    return run(open_leveller(target_db, RATE), pcm, [])


def db(pcm: Pcm) -> float:
    return float(10 * np.log10(np.square(pcm, dtype=np.float64).mean()))


@pytest.mark.parametrize("change_db", [-20.0, -6.0, 6.0])
def test_volume_is_in_decibels(change_db: float) -> None:
    pcm = noise(1_000)
    assert db(run(open_volume(change_db), pcm, [])) == pytest.approx(db(pcm) + change_db, abs=0.01)


def test_no_change_leaves_every_sample_as_it_is() -> None:
    pcm = noise(1_000)
    assert np.array_equal(run(open_volume(0.0), pcm, []), pcm)
    assert np.array_equal(level(pcm, None), pcm)


@pytest.mark.parametrize("factor", [0.2, 0.5, 1.0])
def test_voices_of_different_levels_come_to_one(factor: float) -> None:
    pcm = level(sine(220, 3, RATE) * np.float32(factor))
    assert db(pcm[RATE:]) == pytest.approx(SPEECH_DB, abs=0.2)


def test_a_whisper_is_raised_by_12_db_and_no_more() -> None:
    whisper = sine(220, 3, RATE) / 50
    assert db(level(whisper)[RATE:]) == pytest.approx(db(whisper) + 12, abs=0.2)


def test_a_pause_does_not_change_the_level() -> None:
    tone, pause = sine(220, 2, RATE) / 4, noise(2 * RATE) / 1_000
    levelled = level(np.concatenate([tone, pause, tone]))
    assert db(levelled[-RATE:]) == pytest.approx(db(levelled[RATE : 2 * RATE]), abs=0.2)


def test_silence_stays_silence() -> None:
    assert not level(np.zeros(RATE, np.float32)).any()


def test_the_level_never_jumps() -> None:
    levelled = level(np.full(RATE, 0.01, np.float32))
    assert np.abs(np.diff(levelled)).max() < 1e-4


@few_examples
@given(sizes=cut_sizes)
def test_the_cuts_between_writes_change_no_sample(sizes: list[int]) -> None:
    pcm = noise(20_000)
    assert np.array_equal(run(open_leveller(SPEECH_DB, RATE), pcm, sizes), level(pcm))


def test_every_sample_comes_out() -> None:
    assert len(level(noise(12_345))) == 12_345
