"""Which of the fifty held-out sentences was said, according to pocketsphinx."""

import io
from pathlib import Path

import numpy as np
import soundfile
import soxr
from pocketsphinx import Decoder

RATE = 16_000
SENTENCES = Path(__file__).with_name("heldout.txt").read_text("utf-8").splitlines()
"""None of them was in the embedded checkpoint's training."""
_BEAMS = {"beam": 1e-80, "wbeam": 1e-60, "pbeam": 1e-80}
"""Wide: a search as narrow as usual loses the right sentence at its first words."""


class SentencePicker:
    """A recogniser whose grammar is: one of the fifty."""

    def __init__(self, folder: Path) -> None:
        grammar = folder / "sentences.jsgf"
        choices = " | ".join(map(_words, SENTENCES))
        grammar.write_text(f"#JSGF V1.0;\ngrammar s;\npublic <s> = {choices} ;\n", "utf-8")
        self._decoder = Decoder(jsgf=str(grammar), samprate=RATE, loglevel="FATAL", **_BEAMS)

    def pick(self, wav: bytes) -> str | None:
        """The sentence that `wav` says, or None if it is none of them."""
        samples, rate = soundfile.read(io.BytesIO(wav), dtype="float32")
        quiet = np.zeros(RATE // 4, np.float32)
        heard = np.concatenate([quiet, soxr.resample(samples, rate, RATE), quiet])
        self._decoder.start_utt()
        pcm = (heard.clip(-1, 1) * 32767).astype("<i2").tobytes()
        self._decoder.process_raw(pcm, full_utt=True)
        self._decoder.end_utt()
        hypothesis = self._decoder.hyp()
        said = {_words(sentence): sentence for sentence in SENTENCES}
        return None if hypothesis is None else said.get(hypothesis.hypstr)


def _words(sentence: str) -> str:
    return "".join(c for c in sentence.lower() if c.isalpha() or c in " '")
