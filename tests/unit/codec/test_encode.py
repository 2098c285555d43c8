"""Recordings become codes, one frame for every started `frame_samples`."""

import pytest
import torch
from torch import Tensor

from fish_openai.codec.decoder import CodecDecoder
from fish_openai.codec.encoder import CodecEncoder
from fish_openai.codec.quantizer import Codebook, ResidualQuantizer


def recording(samples: int, seed: int = 1) -> Tensor:
    return 0.2 * torch.randn(1, samples, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(("extra", "frames"), [(-1, 3), (0, 3), (1, 4)])
def test_a_started_frame_counts_as_a_frame(encoder: CodecEncoder, extra: int, frames: int) -> None:
    codes = encoder.encode(recording(3 * encoder.config.frame_samples + extra))
    assert codes.shape == (1, encoder.config.num_codebooks, frames)
    assert codes.dtype == torch.int64


def test_one_sample_is_a_frame(encoder: CodecEncoder) -> None:
    assert encoder.encode(recording(1)).shape[-1] == 1


def test_the_last_frame_is_filled_with_silence(encoder: CodecEncoder) -> None:
    size = encoder.config.frame_samples
    short = recording(2 * size + size // 3)
    filled = torch.cat([short, torch.zeros(1, 3 * size - short.shape[1])], dim=1)
    assert torch.equal(encoder.encode(short), encoder.encode(filled))


def test_codes_are_within_their_tables_and_vary(encoder: CodecEncoder) -> None:
    codes = encoder.encode(recording(40 * encoder.config.frame_samples))
    assert codes.min() >= 0
    assert codes[:, 0].max() < encoder.config.semantic_codebook_size
    assert codes[:, 1:].max() < encoder.config.codebook_size
    assert all(len(row.unique()) > 3 for row in codes[0])


def test_recordings_encoded_together_do_not_mix(packed_encoder: CodecEncoder) -> None:
    recordings = [recording(5 * packed_encoder.config.frame_samples, seed) for seed in range(3)]
    together = packed_encoder.encode(torch.cat(recordings))
    for row, alone in enumerate(recordings):
        assert torch.equal(together[row], packed_encoder.encode(alone)[0])


def test_a_code_past_its_table_means_the_last_entry(codec: CodecDecoder) -> None:
    frames = torch.full((1, codec.config.num_codebooks, 2), codec.config.codebook_size - 1)
    beyond = frames.clone()
    beyond[:, 1:] += 10
    same, other = (codec.decode(c, codec.init_state(1))[0] for c in (frames, beyond))
    assert torch.equal(same, other)


def a_codebook(entries: Tensor) -> Codebook:
    """No projections: latents and entries have the same meaning."""
    num_codes, dim = entries.shape
    codebook = Codebook(dim, num_codes, dim)
    for projection in (codebook.in_proj, codebook.out_proj):
        projection.weight.copy_(torch.eye(dim).unsqueeze(-1))
        projection.bias.zero_()
    codebook.codebook.weight.copy_(entries)
    return codebook


def test_the_entry_of_the_nearest_direction_is_chosen_whatever_its_length() -> None:
    codebook = a_codebook(torch.tensor([[9.0, 0.0], [0.1, 0.1], [0.0, -1.0]]))
    z = torch.tensor([[[1.0, 2.0, 0.3], [0.1, 2.5, -9.0]]])
    assert codebook.encode(z).tolist() == [[0, 1, 2]]


def test_each_codebook_describes_what_the_one_before_has_left() -> None:
    quantizer = ResidualQuantizer(2, 2, 2, 2)
    quantizer.quantizers[0] = a_codebook(torch.tensor([[2.0, 0.0], [0.0, 2.0]]))
    quantizer.quantizers[1] = a_codebook(torch.tensor([[0.5, 0.0], [0.0, 0.5]]))
    codes, described = quantizer.encode(torch.tensor([[[2.0], [0.5]]]))
    assert codes.tolist() == [[[0], [1]]]
    assert described.tolist() == [[[2.0], [0.5]]]
    assert torch.equal(quantizer.decode(codes), described)
