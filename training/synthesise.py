"""Speech to learn from: sentences spoken by Flite's voices and by speakers derived from them.

python -m training.synthesise FOLDER --utterances 8000 --seed 1
"""

import argparse
import json
import multiprocessing
import random
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import soxr
from numpy.typing import NDArray
from tqdm import tqdm

from training.flite import SAMPLE_RATE, VOICES, Flite, Utterance
from training.sentences import Sentences

LEVEL = 0.08
"""Root mean square that every utterance is brought to."""
_EDGE_S = 0.08
"""Silence kept before the first and after the last phone."""
_MEAN_F0 = {"slt": 170.0, "rms": 103.0, "awb": 125.0, "kal16": 105.0}
_UTTERANCES_PER_SHARD = 250


@dataclass(frozen=True, slots=True)
class Speaker:
    """A voice of Flite's, changed: `size` scales all frequencies (a smaller body is > 1)."""

    voice: str
    size: float = 1.0
    pitch: float = 1.0
    """Factor on the mean pitch, beyond what `size` does; `rms` has a fixed one."""

    def say(self, flite: Flite, text: str, stretch: float) -> Utterance:
        """Speak at the speaker's own level."""
        f0 = _MEAN_F0[self.voice] * self.pitch
        spoken = flite.say(text, self.voice, f0_mean=f0, stretch=stretch * self.size)
        return _levelled(_resized(spoken, self.size))


def speakers(count: int, seed: int) -> list[Speaker]:
    """The four voices as they are, then others drawn around them, `count` in all."""
    rng = random.Random(seed)
    drawn = [
        Speaker(
            rng.choice(VOICES), round(rng.uniform(0.88, 1.15), 3), round(rng.uniform(0.8, 1.3), 3)
        )
        for _ in range(count - len(VOICES))
    ]
    return [Speaker(voice) for voice in VOICES] + drawn


def _resized(spoken: Utterance, size: float) -> Utterance:
    if size == 1.0:
        return spoken
    samples = soxr.resample(spoken.samples, SAMPLE_RATE * size, SAMPLE_RATE)
    words = tuple(type(w)(w.name, w.start / size, w.end / size) for w in spoken.words)
    phones = tuple(type(p)(p.name, p.end / size) for p in spoken.phones)
    return Utterance(samples, words, phones)


def _levelled(spoken: Utterance) -> Utterance:
    samples = spoken.samples.astype(np.float32) / 32768
    voiced = samples[np.abs(samples) > 0.01]
    gain = LEVEL / max(float(np.sqrt(np.mean(voiced**2))), 1e-4) if voiced.size else 1.0
    gain = min(gain, 0.98 / max(float(np.abs(samples).max()), 1e-4))
    return Utterance((samples * gain * 32767).astype(np.int16), spoken.words, spoken.phones)


def _record(
    spoken: Utterance, text: str, speaker: int
) -> tuple[NDArray[np.int16], dict[str, object]]:
    """What is kept: samples cut to the speech, and times in seconds from their start."""
    start = max(0.0, spoken.phones[0].end - _EDGE_S) if spoken.phones[0].name == "pau" else 0.0
    end = _last_sound(spoken) + _EDGE_S
    samples = spoken.samples[int(start * SAMPLE_RATE) : int(end * SAMPLE_RATE)]
    facts = {
        "text": text,
        "speaker": speaker,
        "samples": len(samples),
        "words": [
            (w.name, round(w.start - start, 3), round(w.end - start, 3)) for w in spoken.words
        ],
        "phones": [(p.name, round(p.end - start, 3)) for p in spoken.phones],
    }
    return samples, facts


def _last_sound(spoken: Utterance) -> float:
    phones = spoken.phones
    return phones[-2].end if phones[-1].name == "pau" and len(phones) > 1 else phones[-1].end


def _make_shard(job: tuple[Path, int, int, list[Speaker], float]) -> int:
    folder, shard, seed, cast, share = job
    path = folder / f"{shard:04d}"
    if path.with_suffix(".json").exists():
        return shard
    rng, source, flite = (
        random.Random(seed * 100_003 + shard),
        Sentences(seed * 100_003 + shard),
        Flite(),
    )
    audio, facts = [], []
    for _ in range(_UTTERANCES_PER_SHARD):
        number = rng.randrange(len(VOICES)) if rng.random() < share else rng.randrange(len(cast))
        text = source.draw()
        spoken = cast[number].say(flite, text, stretch=rng.uniform(0.92, 1.12))
        samples, fact = _record(spoken, text, number)
        audio.append(samples)
        facts.append(fact)
    np.save(path.with_suffix(".npy"), np.concatenate(audio))
    # The description comes last: a shard without one is made again.
    path.with_suffix(".json").write_text(json.dumps(facts))
    return shard


def main() -> None:
    """Make shards; those that are there already are kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--utterances", type=int, default=8000)
    parser.add_argument("--speakers", type=int, default=64)
    parser.add_argument("--share", type=float, default=0.5, help="of the four voices as they are")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    cast = speakers(options.speakers, seed=0)
    (options.folder / "speakers.json").write_text(json.dumps([asdict(s) for s in cast], indent=1))
    shards = range(-(-options.utterances // _UTTERANCES_PER_SHARD))
    jobs = [(options.folder, shard, options.seed, cast, options.share) for shard in shards]
    with multiprocessing.Pool(options.processes) as pool:
        for _ in tqdm(pool.imap_unordered(_make_shard, jobs), total=len(jobs), unit="shard"):
            pass


if __name__ == "__main__":
    main()
