"""What each preset, and int4, has to keep of the checkpoint in float32."""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from fish_openai.fidelity.report import Fidelity
from fish_openai.settings import Settings


class Gate(Struct, frozen=True, kw_only=True):
    """The worst that is accepted; docs/fidelity.md says why."""

    max_kl: float
    """Of the semantic codebook, and of the residual ones' mean, nats."""
    min_top1: float
    min_codec_snr_db: float
    length_tolerance: float
    max_more_runaways: float
    """Of the sentences, beyond the reference's."""

    def failures(self, fidelity: Fidelity) -> Iterator[str]:
        """Say what is not good enough: the figure, and what is accepted."""
        for name, kl in (("semantic", fidelity.semantic_kl), ("residual", fidelity.residual_kl)):
            if kl > self.max_kl:
                yield f"{name} KL is {kl:.4f}; at most {self.max_kl} is accepted"
        if fidelity.top1 < self.min_top1:
            yield f"top-1 agreement is {fidelity.top1:.4f}; at least {self.min_top1} is accepted"
        if fidelity.codec_snr_db < self.min_codec_snr_db:
            yield (
                f"the codec is {fidelity.codec_snr_db:.1f} dB above the difference; at least "
                f"{self.min_codec_snr_db} is accepted"
            )
        if abs(fidelity.length_ratio - 1) > self.length_tolerance:
            yield (
                f"speech is {fidelity.length_ratio:.3f} as long; {self.length_tolerance} more or "
                "less is accepted"
            )
        more = fidelity.runaway_rate - fidelity.reference_runaway_rate
        if more > self.max_more_runaways:
            yield (
                f"{more:.3f} of the sentences run away beyond the reference's; at most "
                f"{self.max_more_runaways} is accepted"
            )


_INT4 = "int4"
"""No preset chooses it; whoever does accepts more."""

GATES: Mapping[str, Gate] = {
    "quality": Gate(
        max_kl=1e-4,
        min_top1=0.995,
        min_codec_snr_db=80.0,
        length_tolerance=0.02,
        max_more_runaways=0.0,
    ),
    "balanced": Gate(
        max_kl=0.005,
        min_top1=0.95,
        min_codec_snr_db=60.0,
        length_tolerance=0.1,
        max_more_runaways=0.02,
    ),
    "fast": Gate(
        max_kl=0.01,
        min_top1=0.93,
        min_codec_snr_db=60.0,
        length_tolerance=0.1,
        max_more_runaways=0.02,
    ),
    _INT4: Gate(
        max_kl=0.2,
        min_top1=0.75,
        min_codec_snr_db=60.0,
        length_tolerance=0.15,
        max_more_runaways=0.05,
    ),
}
"""By the name of the preset, and one for weights of 4 bits."""


def gate_of(settings: Settings) -> str:
    """The name of the gate that `settings` are held to."""
    return _INT4 if settings.quantize == _INT4 else settings.preset
