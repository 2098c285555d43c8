"""Train the language model on encoded speech.

python -m training.train_lm code.pt lm.pt SPEECH [SPEECH ...] --minutes 60

A run that was cut off goes on where its last save was.
"""

import argparse
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from tqdm import tqdm

from fish_openai.testing.sizes import CONTROL_TOKENS
from training.codec_model import GEOMETRY
from training.codes import read_codes
from training.conversations import Batch, Conversations, Turn, make_turn
from training.flite import VOICES
from training.latents import Code
from training.lm_model import NUM_BYTES, SIZE, TrainableLm
from training.next_sound import NextSound
from training.speech import Speech
from training.team import Team, run_team

END = NUM_BYTES + CONTROL_TOKENS.index("im_end")
INTERLEAVE = NUM_BYTES + CONTROL_TOKENS.index("interleave")
SEMANTIC_BEGIN = NUM_BYTES + len(CONTROL_TOKENS)
_HELD_OUT = 96
"""Utterances that are never learnt from, to see what has been understood."""
_SAVE_EVERY_S = 120.0
_CORRUPTION = 0.05
_RESIDUAL_WEIGHTS = (0.8, 0.4, 0.25, 0.2, 0.15, 0.15, 0.1, 0.1)
"""About what each residual code makes of the spectrum, by what the semantic one does."""
_SOUND_WEIGHT = 10.0
_GUIDE_WEIGHT = 0.3
_GUIDE_UNTIL = 0.5


class Losses(NamedTuple):
    """What a batch costs."""

    semantic: Tensor
    """Nats a token"""
    residual: Tensor
    """[num_codebooks - 1], nats a code"""
    sound: Tensor
    """Share of what is worth telling of the next frame that states do not tell"""
    guide: Tensor
    """Nats, of the guided heads"""

    def weighed(self) -> Tensor:
        """What is made small."""
        residual = self.residual @ self.residual.new_tensor(_RESIDUAL_WEIGHTS)
        return self.semantic + residual + _SOUND_WEIGHT * self.sound + _GUIDE_WEIGHT * self.guide


class Trainer:
    """One member of the team that trains one language model."""

    def __init__(self, team: Team, options: argparse.Namespace) -> None:
        torch.manual_seed(options.seed)
        self.team, self.options, self.device = team, options, torch.device(options.device)
        self.model = TrainableLm(SIZE, SEMANTIC_BEGIN)
        if options.start:
            self.model.start_from(options.start)
        self.sound = NextSound(Code.load(options.code), SIZE.dim)
        self.model.to(self.device)
        self.sound.to(self.device)
        self.parameters = [*self.model.parameters(), *self.sound.parameters()]
        self.gradients = team.share_gradients(self.parameters)
        matrices, others = _divide(self.model, self.parameters)
        self.optimizers = (
            torch.optim.Muon(matrices, lr=options.muon_rate, weight_decay=0.0, momentum=0.95),
            torch.optim.AdamW(others, lr=options.rate, betas=(0.9, 0.98), weight_decay=0.0),
        )
        self.rates = (options.muon_rate, options.rate)
        turns = [turn for folder in options.speech for turn in read_turns(folder).values()]
        learnt = thinned(turns[_HELD_OUT:], options.others)
        self.source = conversations_of(learnt, options.seed * 100 + team.rank)
        self.held_out = conversations_of(turns[:_HELD_OUT], seed=0)
        self.queue: Iterator[Batch] = iter(())
        self.step, self.elapsed = 0, 0.0
        self._resume()

    @property
    def progress(self) -> float:
        """0 at the start, 1 at the end."""
        return self.elapsed / (60 * self.options.minutes)

    def run(self) -> None:
        """Train until the time is up; the lead reports and saves."""
        bar = tqdm(total=100, disable=not self.team.is_lead, bar_format="{l_bar}{bar}| {postfix}")
        last = saved = time.monotonic()
        shown = dict.fromkeys(Losses._fields, 0.0)
        while self.team.agree(self.progress) < 1:
            for name, loss in self.train_step().items():
                shown[name] = 0.95 * shown[name] + 0.05 * loss if self.step > 1 else loss
            now = time.monotonic()
            self.elapsed = self.team.agree(self.elapsed + now - last)
            last = now
            if self.step % 20 == 0:
                bar.n = round(100 * self.progress, 1)
                bar.set_postfix(
                    step=self.step, **{name: f"{loss:.3f}" for name, loss in shown.items()}
                )
            if now - saved > _SAVE_EVERY_S:
                saved = now
                self.save()
                bar.write(
                    f"step {self.step}, {self.elapsed / 60:.1f} min: held out {self.evaluate()}"
                )
        self.save()

    def train_step(self) -> dict[str, float]:
        """One step of the optimizers; the losses."""
        self._set_rates()
        batch = self._next_batch()
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.options.half):
            losses = self._losses(batch, is_guided=self.progress < _GUIDE_UNTIL)
        self.gradients.clear()
        losses.weighed().backward()
        self.gradients.average()
        nn.utils.clip_grad_norm_(self.parameters, 1.0)
        for optimizer in self.optimizers:
            optimizer.step()
        self.step += 1
        return {name: loss.mean().item() for name, loss in losses._asdict().items()}

    def _losses(self, batch: Batch, *, is_guided: bool) -> Losses:
        batch = batch.to(self.device)
        states, guide = self.model.hidden(batch.prompt, batch.guide if is_guided else None)
        before = states[batch.guide.rows, batch.guide.positions]
        semantic = F.cross_entropy(self.model.token_logits(before).float(), batch.tokens)
        spoken = torch.nonzero(batch.codes[:, 0] >= 0)[:, 0]
        codes = batch.codes[spoken]
        logits = self.model.residual_logits(before[spoken], codes).float()
        residual = F.cross_entropy(logits.transpose(1, 2), codes[:, 1:], reduction="none").mean(0)
        return Losses(semantic, residual, self.sound.loss(before[spoken], codes), guide)

    @torch.no_grad()
    def evaluate(self) -> str:
        """Losses on utterances never learnt from, conversations of two turns."""
        torch.manual_seed(0)
        losses = [
            torch.hstack([loss.float() for loss in self._losses(batch, is_guided=True)])
            for batch in self.held_out.batches(self.options.tokens, max_turns=2, corruption=0.0)
        ]
        semantic, *residual, sound, guide = torch.stack(losses).mean(0).tolist()
        each = " ".join(f"{loss:.2f}" for loss in residual)
        return f"semantic {semantic:.3f} residual {each} sound {sound:.3f} guide {guide:.3f}"

    def _next_batch(self) -> Batch:
        batch = next(self.queue, None)
        if batch is None:
            turns = 1 if self.progress < self.options.short else self.options.turns
            self.queue = self.source.batches(self.options.tokens, turns, _CORRUPTION)
            batch = next(self.queue)
        return batch

    def _set_rates(self) -> None:
        # Up quickly, level, and down to nothing in the last part.
        scale = min(1.0, (self.step + 1) / 60, (1 - min(self.progress, 1.0)) / self.options.decay)
        for optimizer, rate in zip(self.optimizers, self.rates, strict=True):
            for group in optimizer.param_groups:
                group["lr"] = rate * scale

    # -- on disk

    def save(self) -> None:
        """Write everything that going on needs."""
        if self.team.is_lead:
            state = {
                "model": self.model.state_dict(),
                "sound": self.sound.state_dict(),
                "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
                "step": self.step,
                "elapsed": self.elapsed,
            }
            part = self.options.lm.with_suffix(".part")
            torch.save(state, part)
            part.replace(self.options.lm)

    def _resume(self) -> None:
        if self.options.lm.exists():
            state = torch.load(self.options.lm, map_location="cpu", weights_only=True)
            self.model.load_state_dict(state["model"])
            self.sound.load_state_dict(state["sound"])
            for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
                optimizer.load_state_dict(saved)
            self.step, self.elapsed = state["step"], state["elapsed"]


def _divide(
    model: TrainableLm, parameters: Sequence[nn.Parameter]
) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
    """Matrices of the blocks, which Muon turns, and all other parameters."""
    blocks = [*model.layers.parameters(), *model.fast_layers.parameters()]
    matrices = [parameter for parameter in blocks if parameter.ndim == 2]
    known = set(map(id, matrices))
    return matrices, [p for p in parameters if id(p) not in known]


def read_turns(folder: Path) -> dict[int, Turn]:
    """A folder's lines as turns, by number."""
    codes, heard = read_codes(folder, "codes"), read_codes(folder, "heard")
    lines = Speech(folder).lines
    return {n: make_turn(lines[n], codes[n], heard.get(n), GEOMETRY.frame_s) for n in sorted(codes)}


def thinned(turns: Sequence[Turn], share: float) -> list[Turn]:
    """All turns of the voices as they are, and a share of those of speakers derived from them."""
    usual = [turn for turn in turns if turn.speaker < len(VOICES)]
    others = [turn for turn in turns if turn.speaker >= len(VOICES)]
    return usual + others[: round(share * len(others))]


def conversations_of(turns: Sequence[Turn], seed: int) -> Conversations:
    """Turns as the model's tokens."""
    return Conversations(
        turns, interleave=INTERLEAVE, end=END, semantic_begin=SEMANTIC_BEGIN, seed=seed
    )


def load_lm(path: Path) -> TrainableLm:
    """The language model that a training saved."""
    model = TrainableLm(SIZE, SEMANTIC_BEGIN)
    model.load_state_dict(torch.load(path, map_location="cpu", weights_only=True)["model"])
    return model.eval()


def _work(team: Team, options: argparse.Namespace) -> None:
    Trainer(team, options).run()


def main() -> None:
    """Train."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("code", type=Path, help="file made by training.fit_code")
    parser.add_argument("lm", type=Path, help="file to write, or to go on with")
    parser.add_argument("speech", type=Path, nargs="+", help="folders with codes")
    parser.add_argument("--start", type=Path, help="checkpoint to start from")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--tokens", type=int, default=3000, help="of a batch of each process")
    parser.add_argument("--turns", type=int, default=3, help="of a conversation, at most")
    parser.add_argument(
        "--short", type=float, default=0.1, help="share of the time with one turn only"
    )
    parser.add_argument(
        "--decay", type=float, default=0.5, help="share of the time in which rates fall"
    )
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--muon-rate", type=float, default=0.02)
    parser.add_argument(
        "--others", type=float, default=1.0, help="share of the derived speakers' lines to learn"
    )
    parser.add_argument("--half", action="store_true", help="bfloat16 where it is safe")
    parser.add_argument("--device", default="cpu", help="or cuda, with --processes 1")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    run_team(options.processes, _work, options)


if __name__ == "__main__":
    main()
