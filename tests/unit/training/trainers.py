"""Both trainings on a handful of noises: what they learn is nothing, how they go on is the same."""

import json
from argparse import Namespace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from training import train_codec, train_lm
from training.codec_model import GEOMETRY, TrainableCodec
from training.features import features
from training.latents import Code, Latents
from training.speech import Speech
from training.team import Team

_LINES, _FRAMES = 100, 12


def write_speech(folder: Path) -> None:
    """Utterances of noise and their codes, as `synthesise` and `encode_speech` lay them out."""
    rng = np.random.default_rng(0)
    samples = _FRAMES * GEOMETRY.frame_samples
    np.save(folder / "0000.npy", rng.integers(-9000, 9000, _LINES * samples).astype(np.int16))
    words = [["one", 0.0, 0.2], ["two", 0.2, 0.5]]
    line = {"text": "one two.", "speaker": 0, "samples": samples, "words": words}
    (folder / "0000.json").write_text(json.dumps([line] * _LINES))
    codes = rng.integers(0, 512, (_LINES, 1 + GEOMETRY.n_codebooks, _FRAMES)).astype(np.int16)
    np.savez(folder / "codes.0.npz", **{str(n): each for n, each in enumerate(codes)})


def write_code(path: Path, speech: Path) -> None:
    """A code whose latents are of this speech, and whose quantisers are of chance."""
    audio = Speech(speech).audio.astype(np.float32) / 32768
    latents = Latents.fit(torch.from_numpy(features(audio)))
    Code(latents, TrainableCodec(GEOMETRY).quantisers()).save(path)


def codec_trainer(half: str, folder: Path, device: str) -> train_codec.Trainer:
    """One that learns from `folder`, and goes on with what it has saved there."""
    options = {"batch": 3, "frames": 6, "rate": 1e-4, "muon_rate": 1e-3, "minutes": 1.0, "seed": 0}
    paths = {"speech": folder, "code": folder / "code.pt", "file": folder / f"{half}.pt"}
    return train_codec.Trainer(
        Team(0, 1), Namespace(half=half, start=None, device=device, **options, **paths)
    )


def lm_trainer(folder: Path, device: str) -> train_lm.Trainer:
    """The same for the language model."""
    rates = {"rate": 1e-3, "muon_rate": 1e-2, "minutes": 1.0, "decay": 0.5, "short": 0.0}
    options = {"tokens": 200, "turns": 2, "others": 1.0, "half": True, "seed": 0, "start": None}
    paths = {"speech": [folder], "code": folder / "code.pt", "lm": folder / "lm.pt"}
    return train_lm.Trainer(Team(0, 1), Namespace(device=device, **rates, **options, **paths))


def check_codec_half(half: str, folder: Path, device: str) -> None:
    """It learns on the device, and another goes on where it was saved."""
    trainer = codec_trainer(half, folder, device)
    losses = [trainer.train_step() for _ in range(2)]
    trainer.save()
    assert np.isfinite(losses).all()
    assert {parameter.device.type for parameter in trainer.parameters} == {device}
    again = codec_trainer(half, folder, device)
    assert again.step == 2
    assert all(map(torch.equal, trainer.parameters, again.parameters))
    assert np.isfinite(again.train_step())


def check_lm(folder: Path, device: str) -> None:
    """The same for the language model, which also judges itself."""
    trainer = lm_trainer(folder, device)
    losses = [trainer.train_step() for _ in range(2)]
    trainer.save()
    assert all(np.isfinite(list(each.values())).all() for each in losses)
    assert {parameter.device.type for parameter in trainer.parameters} == {device}
    again = lm_trainer(folder, device)
    assert again.step == 2
    assert all(map(torch.equal, trainer.parameters, again.parameters))
    assert again.evaluate().startswith("semantic ")


def lose_codec(half: str, folder: Path, device: str) -> Tensor:
    """What a half of the codec costs on a device, backwards too."""
    trainer = codec_trainer(half, folder, device)
    sound, latents = trainer.lessons.draw(3)
    loss = trainer.half.loss(trainer.codec, sound.to(device), latents.to(device))
    loss.backward()
    return loss


def lose_lm(folder: Path, device: str) -> Tensor:
    """The same of the language model, as far as it needs no value."""
    trainer = lm_trainer(folder, device)
    batch = next(trainer.source.batches(200, 2, corruption=0.1)).to(trainer.device)
    model, sound = trainer.model, trainer.sound
    states, guide = model.hidden(batch.prompt, batch.guide)
    before = states[batch.guide.rows, batch.guide.positions]
    semantic = model.token_logits(before).logsumexp(-1).mean()
    residual = model.residual_logits(before, batch.codes).logsumexp(-1).mean(0)
    losses = train_lm.Losses(semantic, residual, sound.loss(before, batch.codes), guide)
    loss = losses.weighed()
    loss.backward()
    return loss
