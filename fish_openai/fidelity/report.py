"""What the comparison with float32 says, and whether it is good enough."""

from msgspec import Struct

from fish_openai.fidelity.divergence import Divergence


class Fidelity(Struct, frozen=True, kw_only=True):
    """One configuration against the same checkpoint in float32."""

    codebooks: tuple[Divergence, ...]
    """The semantic codebook, then the residual ones."""
    codec_snr_db: float
    length_ratio: float
    """Frames of speech by those of the reference, over all sentences."""
    runaway_rate: float
    """Share of sentences that did not end by themselves."""
    reference_runaway_rate: float
    num_frames: int
    num_sentences: int

    @property
    def semantic_kl(self) -> float:
        """Of what is said."""
        return self.codebooks[0].kl

    @property
    def residual_kl(self) -> float:
        """Of how it sounds: the mean of the residual codebooks."""
        residual = self.codebooks[1:]
        return sum(each.kl for each in residual) / len(residual)

    @property
    def top1(self) -> float:
        """Mean agreement of all codebooks."""
        return sum(each.top1 for each in self.codebooks) / len(self.codebooks)


def format_fidelity(fidelity: Fidelity) -> str:
    """A line for each codebook, then the rest."""
    codebooks = [
        f"{index:8d}  {each.kl:9.6f}  {100 * each.top1:6.2f} %"
        for index, each in enumerate(fidelity.codebooks)
    ]
    runaway, theirs = 100 * fidelity.runaway_rate, 100 * fidelity.reference_runaway_rate
    rest = (
        f"over {fidelity.num_frames} frames of {fidelity.num_sentences} sentences",
        f"codec: {fidelity.codec_snr_db:.1f} dB above the difference",
        f"length: {fidelity.length_ratio:.3f} of the reference",
        f"runaway: {runaway:.1f} % of the sentences, {theirs:.1f} % of the reference's",
    )
    return "\n".join(["codebook         KL     top-1", *codebooks, *rest])
