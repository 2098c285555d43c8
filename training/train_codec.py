"""Train one half of the codec on synthesised speech.

python -m training.train_codec encoder SPEECH code.pt encoder.pt --minutes 20
python -m training.train_codec decoder SPEECH code.pt decoder.pt --minutes 60

A run that was cut off goes on where its last save was.
"""

import argparse
import math
import time
from pathlib import Path

import torch
from torch import Tensor, nn
from tqdm import tqdm

from training.codec_model import DECODING, ENCODING, GEOMETRY, TrainableCodec
from training.latents import Code
from training.lessons import Defined, Told
from training.spectra import distance
from training.team import Team, run_team

_SAVE_EVERY_S = 60.0
_UNSURE = 4
"""Frames at the start of a crop in which the encoder misses what was before it."""

_USUAL_LENGTH = 43.0
"""Root mean square within the encoder, before its transformer; of speech at the level of all speakers."""


class Encoder:
    """Learns to hear the latents that the code gives to each frame.

    It also learns to stay calm. Left to itself, its convolutions multiplied what was twice as loud as all
    they had learnt from, and one usual utterance in two hundred, by up to 100,000; the norm behind them
    then hides it, from the loss too, and what is heard is no speech.
    """

    names = ENCODING
    _CALM_WEIGHT = 0.05
    """At 0.02 it was calm until it had gone on learning for a quarter of an hour."""
    _LOUDEST = 4.0
    """Times the level of all speakers."""

    def __init__(self, importance: Tensor) -> None:
        self._importance = importance

    def loss(self, codec: TrainableCodec, sound: Tensor, latents: Tensor) -> Tensor:
        """Share of what is worth telling of the latents' variance that is missed.

        Args:
            codec: what is trained.
            sound: [batch, 1, frames * frame_samples].
            latents: [batch, latent_dim, frames].
        """
        heard, meant = self._weigh(codec.encode(sound)), self._weigh(latents)
        missed = (heard - meant).square().mean() / meant.var(dim=(0, 1)).mean()
        return missed + self._CALM_WEIGHT * _excitement(
            codec, _disturbed(sound[::3], self._LOUDEST)
        )

    def _weigh(self, latents: Tensor) -> Tensor:
        return latents[..., _UNSURE:].transpose(1, 2) @ self._importance


def _disturbed(sound: Tensor, loudest: float) -> Tensor:
    """Louder, by up to `loudest`, in noise, and clipped."""
    gains = loudest ** torch.rand_like(sound[:, :1, :1])
    noise = 0.1 * torch.rand_like(sound[:, :1, :1]) ** 2 * torch.randn_like(sound)
    return (gains * sound + noise).clamp(-1, 1)


def _excitement(codec: TrainableCodec, sound: Tensor) -> Tensor:
    """Mean nats by which frames within the encoder are longer than one and a half times what is usual."""
    lengths = codec.convolve(sound).square().mean(1).sqrt()
    return torch.relu((lengths / (1.5 * _USUAL_LENGTH)).log()).mean()


class Decoder:
    """Learns to speak what the codes of each frame say."""

    names = DECODING

    def loss(self, codec: TrainableCodec, sound: Tensor, latents: Tensor) -> Tensor:
        """Distance in nats of what is spoken; shapes as the encoder's."""
        return distance(codec.decode(latents)[:, 0], sound[:, 0], GEOMETRY.sample_rate)


HALVES = {
    "encoder": (lambda code, device: Encoder(code.latents.importance().to(device)), Defined),
    "decoder": (lambda _code, _device: Decoder(), Told),
}
"""What learns, and from what."""


class Trainer:
    """One member of the team that trains one half."""

    def __init__(self, team: Team, options: argparse.Namespace) -> None:
        torch.manual_seed(options.seed)
        self.team, self.options, self.code = team, options, Code.load(options.code)
        self.device = torch.device(options.device)
        make_half, lessons = HALVES[options.half]
        self.half = make_half(self.code, self.device)
        self.codec = TrainableCodec(GEOMETRY)
        if options.start:
            self.codec.start_from(options.start)
        self.codec.dac.load_state_dict(self.code.quantisers, strict=False)
        self.codec.to(self.device)
        self.lessons = lessons(
            options.speech, self.code, options.frames, options.seed * 100 + team.rank
        )
        self.parameters = self._learnt()
        self.gradients = team.share_gradients(self.parameters)
        matrices, others = _divide(self.parameters)
        self.rates = (options.muon_rate, options.rate)
        self.optimizers = (
            torch.optim.Muon(matrices, lr=options.muon_rate, weight_decay=0.0, momentum=0.95),
            torch.optim.AdamW(others, lr=options.rate, betas=(0.8, 0.99), weight_decay=0.0),
        )
        self.step, self.elapsed = 0, 0.0
        self._resume()

    def _learnt(self) -> list[nn.Parameter]:
        self.codec.requires_grad_(requires_grad=False)
        named = self.codec.dac.named_parameters()
        chosen = [parameter for name, parameter in named if name.startswith(self.half.names)]
        for parameter in chosen:
            parameter.requires_grad_()
        return chosen

    @property
    def progress(self) -> float:
        """0 at the start, 1 at the end."""
        return self.elapsed / (60 * self.options.minutes)

    def run(self) -> None:
        """Train until the time is up; the lead reports and saves."""
        bar = tqdm(
            total=100, disable=not self.team.is_lead, unit="%", bar_format="{l_bar}{bar}| {postfix}"
        )
        last = saved = time.monotonic()
        shown = 0.0
        while self.team.agree(self.progress) < 1:
            loss = self.train_step()
            shown = loss if self.step < 2 else 0.98 * shown + 0.02 * loss
            now = time.monotonic()
            self.elapsed = self.team.agree(self.elapsed + now - last)
            last = now
            if self.step % 20 == 0:
                bar.n = round(100 * self.progress, 1)
                bar.set_postfix(step=self.step, loss=f"{shown:.3f}")
            if now - saved > _SAVE_EVERY_S:
                saved = now
                self.save()
        self.save()

    def train_step(self) -> float:
        """One step of the optimizer; the loss."""
        self._set_rate()
        sound, latents = self.lessons.draw(self.options.batch)
        loss = self.half.loss(self.codec, sound.to(self.device), latents.to(self.device))
        self.gradients.clear()
        loss.backward()
        self.gradients.average()
        nn.utils.clip_grad_norm_(self.parameters, 1.0)
        for optimizer in self.optimizers:
            optimizer.step()
        self.step += 1
        return loss.item()

    def _set_rate(self) -> None:
        warm_up = min(1.0, (self.step + 1) / 100)
        cosine = 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(self.progress, 1.0)))
        for optimizer, rate in zip(self.optimizers, self.rates, strict=True):
            for group in optimizer.param_groups:
                group["lr"] = rate * warm_up * cosine

    # -- on disk

    def save(self) -> None:
        """Write everything that going on needs."""
        if self.team.is_lead:
            state = self.codec.dac.state_dict()
            kept = {
                "half": {n: t for n, t in state.items() if n.startswith(self.half.names)},
                "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
                "step": self.step,
                "elapsed": self.elapsed,
            }
            part = self.options.file.with_suffix(".part")
            torch.save(kept, part)
            part.replace(self.options.file)

    def _resume(self) -> None:
        if not self.options.file.exists():
            return
        kept = torch.load(self.options.file, map_location="cpu", weights_only=True)
        self.codec.dac.load_state_dict(kept["half"], strict=False)
        for optimizer, saved in zip(self.optimizers, kept["optimizers"], strict=True):
            optimizer.load_state_dict(saved)
        self.step, self.elapsed = kept["step"], kept["elapsed"]


def _divide(parameters: list[nn.Parameter]) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
    """Kernels as matrices [outputs, inputs * width] in the same memory, for Muon; all others."""
    matrices, others = [], []
    for parameter in parameters:
        if parameter.ndim > 1 and min(parameter.shape[:2]) > 1:
            matrix = nn.Parameter(parameter.data.flatten(1))
            matrix.grad = parameter.grad.flatten(1)
            matrices.append(matrix)
        else:
            others.append(parameter)
    return matrices, others


def load_codec(code: Path, *halves: Path) -> TrainableCodec:
    """The codec, of its code's file and of those of the halves that are needed."""
    codec = TrainableCodec(GEOMETRY)
    codec.dac.load_state_dict(Code.load(code).quantisers, strict=False)
    for half in halves:
        learnt = torch.load(half, map_location="cpu", weights_only=True)["half"]
        codec.dac.load_state_dict(learnt, strict=False)
    return codec.eval()


def _work(team: Team, options: argparse.Namespace) -> None:
    Trainer(team, options).run()


def main() -> None:
    """Train."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("half", choices=HALVES)
    parser.add_argument("speech", type=Path, help="folder made by training.synthesise")
    parser.add_argument("code", type=Path, help="file made by training.fit_code")
    parser.add_argument("file", type=Path, help="file to write, or to go on with")
    parser.add_argument("--start", type=Path, help="checkpoint whose codec to start from")
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--batch", type=int, default=3, help="crops of each process")
    parser.add_argument("--frames", type=int, default=14, help="length of a crop")
    parser.add_argument("--rate", type=float, default=8e-4, help="learning rate at its highest")
    parser.add_argument("--muon-rate", type=float, default=0.004)
    parser.add_argument("--device", default="cpu", help="or cuda, with --processes 1")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    run_team(options.processes, _work, options)


if __name__ == "__main__":
    main()
