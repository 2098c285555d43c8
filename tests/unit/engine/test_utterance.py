"""A sentence on its way keeps its frames until they are decoded, and knows when it has gone wrong."""

import random

import numpy as np
import pytest

from fish_openai.engine.utterance import Utterance


def an_utterance(limit: int = 1000) -> Utterance:
    return Utterance(limit=limit)


def speak(utterance: Utterance, num_frames: int, codes: tuple[int, ...] | None = None) -> None:
    """Frames that say their number, or `codes` over and over."""
    for _ in range(num_frames):
        number = utterance.num_frames
        semantic = number if codes is None else codes[number % len(codes)]
        utterance.add(np.array([semantic, -semantic], np.int32))


def test_frames_are_taken_once_and_in_order() -> None:
    utterance = an_utterance()
    speak(utterance, 10)
    chunks = [utterance.take(size) for size in (4, 1, 5)]
    assert [chunk[0].tolist() for chunk in chunks] == [[0, 1, 2, 3], [4], [5, 6, 7, 8, 9]]
    assert chunks[2][1].tolist() == [-5, -6, -7, -8, -9]
    assert chunks[0].dtype == np.int32
    assert (utterance.frames, utterance.num_decoding) == ([], 10)


def test_it_is_decoded_when_it_is_over_and_all_samples_have_come_back() -> None:
    utterance = an_utterance()
    speak(utterance, 5)
    utterance.take(3)
    utterance.hold(np.ones(30, np.float32), 3)
    assert not utterance.is_decoded
    utterance.is_over = True
    assert not utterance.is_decoded
    utterance.take(2)
    assert not utterance.is_decoded
    utterance.hold(np.ones(20, np.float32), 2)
    assert utterance.is_decoded


def test_what_is_held_is_released_once() -> None:
    utterance = an_utterance()
    speak(utterance, 3)
    for number in range(3):
        utterance.take(1)
        utterance.hold(np.full(2, number, np.float32), 1)
    assert utterance.release().tolist() == [0, 0, 1, 1, 2, 2]
    assert utterance.release().tolist() == []
    assert utterance.num_handed_out == 6


@pytest.mark.parametrize("limit", [5, 64])
def test_it_has_run_away_behind_its_limit(limit: int) -> None:
    utterance = an_utterance(limit)
    speak(utterance, limit)
    assert not utterance.is_stuck
    speak(utterance, 1)
    assert utterance.is_stuck


def test_it_is_stuck_when_it_repeats_one_or_two_sounds() -> None:
    utterance = an_utterance()
    speak(utterance, 10)
    speak(utterance, 47, codes=(1, 2))
    assert not utterance.is_stuck
    speak(utterance, 1, codes=(1, 2))
    assert utterance.is_stuck


@pytest.mark.parametrize(("length", "frames"), [(3, 48), (10, 48), (12, 48), (20, 80), (24, 96)])
def test_it_is_stuck_when_it_goes_round(length: int, frames: int) -> None:
    utterance = an_utterance()
    speak(utterance, 100)
    speak(utterance, frames - 1, codes=tuple(range(1000, 1000 + length)))
    assert not utterance.is_stuck
    utterance.add(np.array([1000 + utterance.num_frames % length, 0], np.int32))
    assert utterance.is_stuck


def test_it_is_not_stuck_in_a_few_sounds_in_changing_order() -> None:
    utterance, rng = an_utterance(), random.Random(0)
    for _ in range(500):
        utterance.add(np.array([rng.randrange(3), 0], np.int32))
        assert not utterance.is_stuck


def test_it_is_not_stuck_when_it_says_the_same_thrice() -> None:
    utterance = an_utterance()
    speak(utterance, 60, codes=tuple(range(20)))
    assert not utterance.is_stuck
