"""The geometry of a codec. The official checkpoint carries none: its values are the defaults here."""

import math
from pathlib import Path

import msgspec

from fish_openai.errors import CheckpointError

HEAD_DIM = 64
"""Width of an attention head in every transformer of the codec."""
ENCODER_WINDOW = 512
"""Latents that a token of an encoder block's transformer sees (modded_dac.py, 0.1.0)."""
NORM_EPS = 1e-5
ROPE_BASE = 10_000.0


class CodecConfig(msgspec.Struct, frozen=True, kw_only=True):
    """`codec.json` or `codec.yaml` of a checkpoint; defaults are those of `modded_dac_vq.yaml`, 0.1.0."""

    sample_rate: int = 44_100
    encoder_dim: int = 64
    encoder_rates: tuple[int, ...] = (2, 4, 8, 8)
    encoder_transformer_layers: tuple[int, ...] = (0, 0, 0, 4)
    latent_dim: int = 1024
    decoder_dim: int = 1536
    decoder_rates: tuple[int, ...] = (8, 8, 4, 2)
    n_codebooks: int = 9
    codebook_size: int = 1024
    semantic_codebook_size: int = 4096
    codebook_dim: int = 8
    downsample_factor: tuple[int, ...] = (2, 2)
    tf_layers: int = 8
    tf_heads: int = 16
    tf_intermediate: int = 3072
    window: int = 128

    @classmethod
    def load(cls, folder: Path) -> "CodecConfig":
        """The geometry in a checkpoint folder, or the official one if it names none.

        Raises:
            CheckpointError: the file is malformed or contradicts itself.
        """
        decoders = {"codec.json": msgspec.json.decode, "codec.yaml": msgspec.yaml.decode}
        for name, decode in decoders.items():
            if (folder / name).exists():
                try:
                    config = decode((folder / name).read_bytes(), type=cls)
                except msgspec.DecodeError as error:
                    raise CheckpointError(
                        f"{folder / name} is not a codec geometry: {error}"
                    ) from error
                config.check()
                return config
        return cls()

    def check(self) -> None:
        """Raise `CheckpointError` for the first contradiction."""
        sizes = msgspec.structs.asdict(self)
        for name in sizes.keys() - {"encoder_transformer_layers"}:
            numbers = sizes[name] if isinstance(sizes[name], tuple) else (sizes[name],)
            if min(numbers, default=0) < 1:
                raise CheckpointError(f"the codec's {name} is {sizes[name]}; it must be positive.")
        if math.prod(self.encoder_rates) != math.prod(self.decoder_rates):
            raise CheckpointError(
                f"the codec's encoder shrinks time by {math.prod(self.encoder_rates)} and its decoder "
                f"grows it by {math.prod(self.decoder_rates)}; they must be equal."
            )
        if self.latent_dim != self.tf_heads * HEAD_DIM:
            raise CheckpointError(
                f"the codec's latent_dim is {self.latent_dim}; {self.tf_heads} heads of {HEAD_DIM} "
                f"make {self.tf_heads * HEAD_DIM}."
            )
        if len(self.encoder_transformer_layers) != len(self.encoder_rates):
            raise CheckpointError(
                "the codec needs one entry of encoder_transformer_layers for each of encoder_rates; "
                f"got {self.encoder_transformer_layers} and {self.encoder_rates}."
            )

    @property
    def num_codebooks(self) -> int:
        """Rows of codes: the semantic codebook and the residual ones."""
        return 1 + self.n_codebooks

    @property
    def frame_samples(self) -> int:
        """Samples in one frame of codes."""
        return math.prod(self.encoder_rates) * math.prod(self.downsample_factor)

    @property
    def frame_s(self) -> float:
        """Seconds of sound in one frame."""
        return self.frame_samples / self.sample_rate
