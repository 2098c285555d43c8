"""The trainings, a few steps of each: they learn where they are told to, and go on where they were."""

from pathlib import Path

import pytest
import torch

from tests.unit.training.trainers import check_codec_half, check_lm, lose_codec, lose_lm

on_gpu = pytest.mark.skipif(
    not torch.cuda.is_available(), reason="NO TRAINING ON A GPU: torch sees no CUDA device"
)
DEVICES = ["cpu", pytest.param("cuda", marks=on_gpu)]


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("half", ["encoder", "decoder"])
def test_a_half_of_the_codec_learns_and_goes_on(noises: Path, half: str, device: str) -> None:
    check_codec_half(half, noises, device)


# Compiled, as it is elsewhere, the norm is one kernel whatever its dtypes are.
@pytest.mark.filterwarnings("ignore:Mismatch dtype between input and weight")
@pytest.mark.parametrize("device", DEVICES)
def test_the_language_model_learns_and_goes_on(noises: Path, device: str) -> None:
    check_lm(noises, device)


# `meta` computes nothing, and refuses most of what is on two devices.
@pytest.mark.parametrize("half", ["encoder", "decoder"])
def test_nothing_that_a_half_of_the_codec_needs_stays_on_the_cpu(noises: Path, half: str) -> None:
    assert lose_codec(half, noises, "meta").is_meta


def test_nothing_that_the_language_model_needs_stays_on_the_cpu(noises: Path) -> None:
    assert lose_lm(noises, "meta").is_meta
