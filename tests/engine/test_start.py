"""What a start does not do."""

import subprocess
import sys

_LOAD = """
import sys
import torch
from fish_openai.engine.load import load_own
from fish_openai.settings import Settings

with torch.inference_mode():
    load_own(Settings.load({"checkpoint": "minnow", "device": "cpu"}, {}))
sys.exit("torch._dynamo" in sys.modules)
"""


def test_loading_a_checkpoint_does_not_import_torchs_compiler() -> None:
    """It takes a second or two, and a single product of tensors on the device `meta` asks for it."""
    subprocess.run([sys.executable, "-c", _LOAD], check=True, capture_output=True)
