"""Named choices for settings that together trade fidelity for speed.

A preset fills in what no source names: a setting given on the command line, in the environment or
in the file always wins. What it chooses is fixed when the weights are loaded, so it belongs to a
server and not to a request; the size of chunks is no part of it, because the engine fits that to
each listener as it goes (`engine/pacing.py`).
"""

from collections.abc import Mapping

DEFAULT_PRESET = "balanced"

PRESETS: Mapping[str, Mapping[str, str]] = {
    "quality": {"precision": "float32", "quantize": "none"},
    "balanced": {"precision": "auto", "quantize": "none"},
    "fast": {"precision": "auto", "quantize": "int8"},
}
"""For each preset, settings by name, written as their sources would write them."""
