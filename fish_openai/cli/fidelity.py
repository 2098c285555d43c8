"""`fish-openai fidelity`: how near the settings are to the same checkpoint in float32."""

from argparse import Namespace
from pathlib import Path

import msgspec

from fish_openai.errors import BadRequest
from fish_openai.fidelity.compare import Trial, compare_with_float32
from fish_openai.fidelity.gates import GATES, gate_of
from fish_openai.fidelity.report import format_fidelity
from fish_openai.fidelity.texts import TEXTS
from fish_openai.settings import Settings

_MISSED = 1


def run(settings: Settings, arguments: Namespace) -> int:
    """Compare, print, and return 1 if the gate is missed."""
    trial = Trial(texts=_texts(arguments.text), seed=arguments.seed)
    fidelity = compare_with_float32(settings, trial)
    gate = gate_of(settings)
    failures = tuple(GATES[gate].failures(fidelity))
    if arguments.json:
        answer = {"fidelity": fidelity, "gate": gate, "failures": failures}
        print(msgspec.json.encode(answer).decode())
    else:
        print(format_fidelity(fidelity))
        print("\n".join(failures or [f"within the gate of {gate}"]))
    return _MISSED if failures else 0


def _texts(file: str | None) -> tuple[str, ...]:
    if file is None:
        return TEXTS
    try:
        lines = Path(file).read_text("utf-8").splitlines()
    except OSError as exc:
        raise BadRequest(f"cannot read {file}: {exc.strerror}; give one sentence a line") from exc
    texts = tuple(line.strip() for line in lines if line.strip())
    if not texts:
        raise BadRequest(f"{file} has no sentence; write one a line")
    return texts
