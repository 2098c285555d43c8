"""Speech to learn from: sentences spoken by Flite's voices and by speakers derived from them.

python -m training.synthesise FOLDER --utterances 8000 --seed 1            (for the language model)
python -m training.synthesise FOLDER --utterances 6000 --seed 2 --free     (for the codec)
"""

import argparse
import json
import multiprocessing
import random
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from training.codec_model import GEOMETRY
from training.flite import VOICES, Flite, Utterance
from training.sentences import Sentences
from training.speakers import Speaker, speakers

_PER_SHARD = 250
"""Utterances of one file."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What all shards have in common."""

    folder: Path
    cast: tuple[Speaker, ...]
    voices: tuple[str, ...]
    """Of which one has to be what a speaker is made of."""
    share: float
    """Of these voices as they are; the rest is drawn from the whole cast of them."""
    step: float | None
    """Seconds of which every phone's length is a multiple; None: as Flite times them."""
    seed: int


@dataclass(frozen=True, slots=True)
class Shard:
    """Some utterances: `NNNN.npy` holds their samples, `NNNN.json` what is said in them."""

    plan: Plan
    number: int

    def make(self) -> None:
        """Write both files, unless they are there already."""
        path = self.plan.folder / f"{self.number:04d}"
        if path.with_suffix(".json").exists():
            return
        audio, facts = zip(*self._utterances(), strict=True)
        np.save(path.with_suffix(".npy"), np.concatenate(audio))
        # The description comes last: a shard without one is made again.
        path.with_suffix(".json").write_text(json.dumps(facts))

    def _utterances(self) -> Iterator[tuple[NDArray[np.int16], dict[str, Any]]]:
        seed = self.plan.seed * 100_003 + self.number
        rng, source, flite = random.Random(seed), Sentences(seed), Flite()
        everyone = [n for n, s in enumerate(self.plan.cast) if s.voice in self.plan.voices]
        usual = [number for number in everyone if number < len(VOICES)]
        for _ in range(_PER_SHARD):
            number = rng.choice(usual if rng.random() < self.plan.share else everyone)
            text = source.draw()
            spoken = self.plan.cast[number].say(flite, text, self.plan.step)
            yield spoken.samples, _facts(spoken, text, number)


def _facts(spoken: Utterance, text: str, speaker: int) -> dict[str, Any]:
    """What `speech.Line` reads; times in seconds."""
    return {
        "text": text,
        "speaker": speaker,
        "samples": len(spoken.samples),
        "words": [(w.name, round(w.start, 3), round(w.end, 3)) for w in spoken.words],
    }


def main() -> None:
    """Make shards; those that are there already are kept."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--utterances", type=int, default=8000)
    parser.add_argument("--speakers", type=int, default=64)
    parser.add_argument("--voices", nargs="+", choices=VOICES, default=VOICES, help="only these")
    parser.add_argument("--share", type=float, default=0.5, help="of the four voices as they are")
    parser.add_argument(
        "--free",
        action="store_true",
        help="phones as long as Flite makes them, not whole frames (see training.metre)",
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    cast = tuple(speakers(options.speakers, seed=0))
    (options.folder / "speakers.json").write_text(json.dumps([asdict(s) for s in cast], indent=1))
    step = None if options.free else GEOMETRY.frame_s
    plan = Plan(options.folder, cast, tuple(options.voices), options.share, step, options.seed)
    shards = [Shard(plan, number) for number in range(-(-options.utterances // _PER_SHARD))]
    with multiprocessing.Pool(options.processes) as pool:
        for _ in tqdm(pool.imap_unordered(Shard.make, shards), total=len(shards), unit="shard"):
            pass


if __name__ == "__main__":
    main()
