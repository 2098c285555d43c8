"""Speech in step: every phone made as long as a whole number of frames.

What is in a frame of the codec then depends on what is said, not on where in the frame a phone happens to
begin, and a small language model foretells it far better. A recogniser hardly notices.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def in_step(ends: Sequence[float], step: float) -> list[float]:
    """Ends of phones, each at a multiple of `step`: the nearest one that leaves every phone a step.

    The first phone, which is silence, decides where the steps begin, and is never shortened.
    """
    first = int(np.ceil(ends[0] / step))
    late, steps = first * step - ends[0], [first]
    for end in ends[1:]:
        steps.append(max(steps[-1] + 1, round((end + late) / step)))
    return [count * step for count in steps]


def retimed(
    frames: NDArray[np.float32], old: Sequence[float], new: Sequence[float], frame_s: float
) -> NDArray[np.float32]:
    """Frames [old frames, channels] between which time runs so that moments `old` become `new`.

    The first channel is a pitch, 0 where there is none, and is not interpolated.
    """
    moments = np.arange(round(new[-1] / frame_s)) * frame_s
    places = np.interp(moments, [0.0, *new], [0.0, *old]) / frame_s
    places = places.clip(0, len(frames) - 1)
    before = places.astype(np.int64)
    after = np.minimum(before + 1, len(frames) - 1)
    share = (places - before).astype(np.float32)[:, None]
    mixed = (1 - share) * frames[before] + share * frames[after]
    mixed[:, 0] = frames[places.round().astype(np.int64), 0]
    return mixed
