"""The recordings that come with minnow: Flite's four voices, and speakers derived from them.

python -m training.voices named FOLDER     (OpenAI's thirteen names: the checkpoint's folder `voices`)
python -m training.voices plain FOLDER     (the four as they are: `voices/` of the repository)

They speak in step, as all that the language model has learnt to follow.
"""

import argparse
from pathlib import Path

from fish_openai.audio.encode import encode_whole
from training.codec_model import GEOMETRY
from training.flite import SAMPLE_RATE, VOICES, Flite
from training.speakers import Speaker

TEXT = "good evening, and thank you for calling. i hope you had a pleasant journey home."
NAMED = {
    "alloy": Speaker("rms"),
    "ash": Speaker("awb", pitch=0.84),
    "ballad": Speaker("awb"),
    "cedar": Speaker("kal16", pitch=0.85),
    "coral": Speaker("slt", pitch=1.1),
    "echo": Speaker("kal16"),
    "fable": Speaker("awb", pitch=1.25),
    "marin": Speaker("slt", pitch=0.88),
    "nova": Speaker("slt", pitch=1.27),
    "onyx": Speaker("rms", size=0.92),
    "sage": Speaker("slt"),
    "shimmer": Speaker("slt", pitch=1.19),
    "verse": Speaker("rms", size=1.1),
}
"""The one that most programs ask for first is the one that a recogniser understands best."""
CASTS = {"named": NAMED, "plain": {voice: Speaker(voice) for voice in VOICES}}


def main() -> None:
    """Write one folder a voice: a recording and what is said in it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("cast", choices=CASTS)
    parser.add_argument("folder", type=Path)
    options, flite = parser.parse_args(), Flite()
    for name, speaker in CASTS[options.cast].items():
        home = options.folder / name
        home.mkdir(parents=True, exist_ok=True)
        samples = speaker.say(flite, TEXT, GEOMETRY.frame_s).samples
        (home / f"{name}.flac").write_bytes(encode_whole("flac", SAMPLE_RATE, samples))
        (home / f"{name}.txt").write_text(TEXT + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
