"""The shape of a codec. The official checkpoint does not carry it; others do, in `codec.json`."""

from pathlib import Path

import msgspec

from fish_openai.errors import CheckpointError

FILE_NAME = "codec.json"


class CodecGeometry(msgspec.Struct, frozen=True, kw_only=True):
    """`codec.json` as it is spelt; the defaults are `modded_dac_vq.yaml` of fish-speech 0.1.0."""

    sample_rate: int = 44_100
    encoder_dim: int = 64
    encoder_rates: tuple[int, ...] = (2, 4, 8, 8)
    latent_dim: int = 1024
    decoder_dim: int = 1536
    decoder_rates: tuple[int, ...] = (8, 8, 4, 2)
    encoder_transformer_layers: tuple[int, ...] = (0, 0, 0, 4)
    decoder_transformer_layers: tuple[int, ...] = (4, 0, 0, 0)
    n_codebooks: int = 9
    """Residual codebooks; the semantic one comes on top."""
    codebook_size: int = 1024
    semantic_codebook_size: int = 4096
    codebook_dim: int = 8
    downsample_factor: tuple[int, ...] = (2, 2)
    tf_layers: int = 8
    tf_heads: int = 16
    tf_intermediate: int = 3072
    window: int = 128
    """How many latents a transformer beside the quantisers sees."""

    @classmethod
    def load(cls, folder: Path) -> "CodecGeometry":
        """The geometry in `folder`, or the official one if it has no `codec.json`.

        Raises:
            CheckpointError: the file is malformed.
        """
        path = folder / FILE_NAME
        if not path.exists():
            return cls()
        try:
            return msgspec.json.decode(path.read_bytes(), type=cls)
        except msgspec.DecodeError as error:
            raise CheckpointError(f"{path} is not a usable codec geometry: {error}") from error


OFFICIAL = CodecGeometry()
