"""Train the codec on synthesised speech, without a discriminator, in two stages.

python -m training.train_codec autoencoder SPEECH codec.pt --minutes 8    (then sets the quantisers)
python -m training.train_codec decoder SPEECH codec.pt --minutes 20       (codes stay as they are)

A run that was cut off goes on where its last save was.
"""

import argparse
import math
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from tqdm import tqdm

from training.codec_model import GEOMETRY, TrainableCodec
from training.quantise import ResidualQuantiser
from training.spectra import distance
from training.speech import Crops, Speech
from training.team import Team, run_team

STAGES = ("autoencoder", "decoder")
_SAVE_EVERY_S = 60.0
_PHONE_WEIGHT = 0.15
"""Latents shall say which phone is heard, so that codes do, and the language model can foresee them."""
_LATENTS = 40_000
"""Frames from which the quantisers are set."""


class Trainer:
    """One member of the team that trains one codec."""

    def __init__(self, team: Team, options: argparse.Namespace) -> None:
        torch.manual_seed(options.seed)
        self.team, self.options = team, options
        self.codec = TrainableCodec(GEOMETRY)
        if options.start:
            self.codec.start_from(options.start)
        self.quantiser = ResidualQuantiser(self.codec.dac.quantizer)
        frame = GEOMETRY.frame_samples
        speech = Speech(options.speech)
        self.crops = Crops(
            speech, GEOMETRY.sample_rate, frame, options.frames, options.seed * 100 + team.rank
        )
        self.phones = nn.Linear(GEOMETRY.latent_dim, len(self.crops.phones))
        self.parameters = self._learnt()
        self.gradients = team.share_gradients(self.parameters)
        self.optimizer = torch.optim.AdamW(
            self.parameters, lr=options.rate, betas=(0.8, 0.99), weight_decay=1e-3
        )
        self.step, self.elapsed = 0, 0.0
        self._resume()

    def _learnt(self) -> list[nn.Parameter]:
        if self.options.stage == "autoencoder":
            return [*self.codec.parameters(), *self.phones.parameters()]
        quantizer = self.codec.dac.quantizer
        self.codec.requires_grad_(requires_grad=False)
        learnt = (quantizer.post_module, quantizer.upsample, self.codec.dac.decoder)
        for module in learnt:
            module.requires_grad_()
        return [parameter for module in learnt for parameter in module.parameters()]

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
        shown = {"sound": 0.0, "phones": 0.0}
        while self.team.agree(self.progress) < 1:
            for name, loss in self.train_step().items():
                shown[name] = loss if self.step < 2 else 0.95 * shown[name] + 0.05 * loss
            now = time.monotonic()
            self.elapsed = self.team.agree(self.elapsed + now - last)
            last = now
            if self.step % 20 == 0:
                bar.n = round(100 * self.progress, 1)
                bar.set_postfix(step=self.step, **{name: f"{x:.3f}" for name, x in shown.items()})
            if now - saved > _SAVE_EVERY_S:
                saved = now
                self.save()
        if self.options.stage == "autoencoder" and self.team.is_lead:
            self.set_quantisers()
        self.save()

    def train_step(self) -> dict[str, float]:
        """One step of the optimizer; the losses."""
        self._set_rate()
        samples, kinds = map(torch.from_numpy, self.crops.draw(self.options.batch))
        latents = self._latents(samples)
        heard = self.codec.decode(latents)
        sound = distance(heard[:, 0], samples[:, 0], GEOMETRY.sample_rate)
        readings = self.phones(latents.transpose(1, 2)).flatten(0, 1)
        phones = F.cross_entropy(readings, kinds.flatten())
        self.gradients.clear()
        (sound + _PHONE_WEIGHT * phones).backward()
        self.gradients.average()
        nn.utils.clip_grad_norm_(self.parameters, 1.0)
        self.optimizer.step()
        self.step += 1
        return {"sound": sound.item(), "phones": phones.item()}

    def _latents(self, samples: Tensor) -> Tensor:
        if self.options.stage == "autoencoder":
            return self.codec.encode(samples)
        with torch.no_grad():
            return self.quantiser.quantise(self.codec.encode(samples)).latents

    @torch.no_grad()
    def set_quantisers(self) -> None:
        """From the latents of fresh crops; the lead's are everybody's."""
        frames, seen = [], 0
        while seen < _LATENTS:
            latents = self.codec.encode(torch.from_numpy(self.crops.draw(16)[0]))
            frames.append(latents.transpose(1, 2).flatten(0, 1))
            seen += len(frames[-1])
        left = self.quantiser.initialise(torch.cat(frames), self.phones.weight)
        print("variance left behind each quantiser:", [round(share, 3) for share in left])

    def _set_rate(self) -> None:
        warm_up = min(1.0, (self.step + 1) / 100)
        cosine = 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(self.progress, 1.0)))
        for group in self.optimizer.param_groups:
            group["lr"] = self.options.rate * warm_up * cosine

    # -- on disk

    def save(self) -> None:
        """Write everything that going on needs."""
        if self.team.is_lead:
            state = {
                "codec": self.codec.state_dict(),
                "phones": self.phones.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "stage": self.options.stage,
                "step": self.step,
                "elapsed": self.elapsed,
            }
            part = self.options.codec.with_suffix(".part")
            torch.save(state, part)
            part.replace(self.options.codec)

    def _resume(self) -> None:
        if not self.options.codec.exists():
            return
        state = torch.load(self.options.codec, weights_only=True)
        self.codec.load_state_dict(state["codec"])
        self.phones.load_state_dict(state["phones"])
        if state["stage"] == self.options.stage:
            self.optimizer.load_state_dict(state["optimizer"])
            self.step, self.elapsed = state["step"], state["elapsed"]


def load_codec(path: Path) -> TrainableCodec:
    """The codec that a training saved."""
    codec = TrainableCodec(GEOMETRY)
    codec.load_state_dict(torch.load(path, weights_only=True)["codec"])
    return codec.eval()


def _work(team: Team, options: argparse.Namespace) -> None:
    Trainer(team, options).run()


def main() -> None:
    """Train."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("stage", choices=STAGES)
    parser.add_argument("speech", type=Path, help="folder made by training.synthesise")
    parser.add_argument("codec", type=Path, help="file to write, or to go on with")
    parser.add_argument("--start", type=Path, help="checkpoint folder whose codec to start from")
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--batch", type=int, default=3, help="crops of each process")
    parser.add_argument("--frames", type=int, default=14, help="length of a crop")
    parser.add_argument("--rate", type=float, default=8e-4, help="learning rate at its highest")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    run_team(options.processes, _work, options)


if __name__ == "__main__":
    main()
