"""What each preset has to keep, and what is told when it does not."""

from itertools import pairwise

from msgspec.structs import replace

from fish_openai.fidelity.divergence import Divergence
from fish_openai.fidelity.gates import GATES, gate_of
from fish_openai.fidelity.report import Fidelity, format_fidelity
from fish_openai.presets import PRESETS
from fish_openai.settings import Settings

PERFECT = Fidelity(
    codebooks=(Divergence(kl=0.0, top1=1.0),) * 3,
    codec_snr_db=120.0,
    length_ratio=1.0,
    runaway_rate=0.1,
    reference_runaway_rate=0.1,
    num_frames=64,
    num_sentences=10,
)


def test_every_preset_has_a_gate() -> None:
    assert [gate_of(Settings(preset=preset)) for preset in PRESETS] == list(PRESETS)
    assert set(PRESETS) < set(GATES)


def test_four_bits_have_a_gate_of_their_own_under_every_preset() -> None:
    assert {gate_of(Settings(preset=preset, quantize="int4")) for preset in PRESETS} == {"int4"}


def test_what_is_the_same_passes_every_gate() -> None:
    assert [list(gate.failures(PERFECT)) for gate in GATES.values()] == [[]] * len(GATES)


def test_each_figure_is_held_to_its_limit() -> None:
    for gate in GATES.values():
        lossy = (Divergence(kl=2 * gate.max_kl, top1=1.0), *PERFECT.codebooks[1:])
        rough = (PERFECT.codebooks[0], *(Divergence(kl=2 * gate.max_kl, top1=1.0),) * 2)
        vague = (Divergence(kl=0.0, top1=gate.min_top1 - 0.01),) * 3
        worse = {
            "semantic KL": replace(PERFECT, codebooks=lossy),
            "residual KL": replace(PERFECT, codebooks=rough),
            "top-1": replace(PERFECT, codebooks=vague),
            "codec": replace(PERFECT, codec_snr_db=gate.min_codec_snr_db - 1),
            "as long": replace(PERFECT, length_ratio=1 + 2 * gate.length_tolerance),
            "run away": replace(PERFECT, runaway_rate=0.11 + gate.max_more_runaways),
        }
        for word, fidelity in worse.items():
            failures = list(gate.failures(fidelity))
            assert len(failures) == 1
            assert word in failures[0]


def test_the_gates_go_from_strict_to_loose() -> None:
    gates = [GATES[name] for name in ("quality", "balanced", "fast", "int4")]
    for stricter, looser in pairwise(gates):
        assert stricter.max_kl <= looser.max_kl
        assert stricter.min_top1 >= looser.min_top1
        assert stricter.length_tolerance <= looser.length_tolerance


def test_every_codebook_has_a_line() -> None:
    lines = format_fidelity(PERFECT).splitlines()
    assert [line.split() for line in lines[1:4]] == [
        [str(index), "0.000000", "100.00", "%"] for index in range(3)
    ]
