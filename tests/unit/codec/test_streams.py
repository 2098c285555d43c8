"""Codes in pieces, beside other streams and for ever decode to the samples of the whole."""

import random

import pytest
import torch

from fish_openai.codec.decoder import EXACT_FRAMES, CodecDecoder
from fish_openai.codec.streaming import pick, put, put_one
from tests.unit.codec.streams import assert_close, decode, random_codes, random_cuts

FRAMES = 45


@pytest.fixture(params=["codec", "packed"])
def any_codec(request: pytest.FixtureRequest) -> CodecDecoder:
    codec: CodecDecoder = request.getfixturevalue(request.param)
    return codec


def test_a_frame_is_a_fixed_number_of_audible_samples(any_codec: CodecDecoder) -> None:
    samples = decode(any_codec, random_codes(any_codec, FRAMES, seed=0))
    assert len(samples) == FRAMES * any_codec.config.frame_samples
    assert samples.abs().max() <= 1
    assert samples.std() > 0.01, "silence would pass every comparison below"


@pytest.mark.parametrize("seed", range(8))
def test_any_pieces_make_the_samples_of_the_whole(any_codec: CodecDecoder, seed: int) -> None:
    codes = random_codes(any_codec, FRAMES, seed)
    cuts = random_cuts(FRAMES, random.Random(seed))
    assert_close(decode(any_codec, codes, cuts), decode(any_codec, codes))


def test_frame_by_frame_makes_the_samples_of_the_whole(any_codec: CodecDecoder) -> None:
    codes = random_codes(any_codec, FRAMES, seed=8)
    assert_close(decode(any_codec, codes, range(FRAMES + 1)), decode(any_codec, codes))


@pytest.mark.parametrize("cuts", [[0, 4, 12, 28, 45], [0, 24, 28, 45], [*range(0, 45, 4), 45]])
def test_chunks_of_whole_blocks_decode_to_the_same_bits(
    packed: CodecDecoder, cuts: list[int]
) -> None:
    """How a stream is cut depends on the load; its samples must not."""
    assert all(cut % EXACT_FRAMES == 0 for cut in cuts[:-1])
    codes = random_codes(packed, FRAMES, seed=14)
    assert torch.equal(decode(packed, codes, cuts), decode(packed, codes))


def test_packing_changes_only_the_rounding(codec: CodecDecoder, packed: CodecDecoder) -> None:
    codes = random_codes(codec, FRAMES, seed=9)
    assert_close(decode(packed, codes), decode(codec, codes))


def test_what_comes_later_changes_nothing_before_it(codec: CodecDecoder) -> None:
    codes = random_codes(codec, FRAMES, seed=10)
    start = decode(codec, codes[..., :20])
    assert_close(decode(codec, codes)[: len(start)], start)


def test_a_frame_is_heard_long_after_it(codec: CodecDecoder) -> None:
    """Else every stream would be right that forgot its past."""
    one, other = random_codes(codec, FRAMES, seed=11), random_codes(codec, FRAMES, seed=11)
    other[..., 0] = (other[..., 0] + 1) % codec.config.codebook_size
    tail = codec.config.frame_samples
    assert not torch.equal(decode(codec, one)[tail:], decode(codec, other)[tail:])


@pytest.mark.parametrize("seed", range(4))
def test_streams_decoded_together_in_any_company_do_not_mix(
    packed: CodecDecoder, seed: int
) -> None:
    """Bit for bit: the engine relies on it, see `tests/engine/test_batching.py`."""
    rng = random.Random(seed)
    codes = [random_codes(packed, FRAMES, 100 * seed + number) for number in range(4)]
    state = packed.init_state(len(codes))
    at, heard = [0] * len(codes), [[] for _ in codes]
    cuts: list[list[int]] = [[0] for _ in codes]
    while any(position < FRAMES for position in at):
        length = rng.randrange(1, 6)
        ready = [number for number, position in enumerate(at) if position + length <= FRAMES]
        if not ready:
            ready, length = [number for number in range(4) if at[number] < FRAMES], 1
        chosen = rng.sample(ready, rng.randrange(1, len(ready) + 1))
        chunk = torch.cat([codes[n][..., at[n] : at[n] + length] for n in chosen])
        places = torch.tensor(chosen)
        samples, after = packed.decode(chunk, pick(state, places))
        put(state, places, after)
        for row, number in enumerate(chosen):
            heard[number].append(samples[row])
            at[number] += length
            cuts[number].append(at[number])
    for number, stream in enumerate(codes):
        assert torch.equal(torch.cat(heard[number]), decode(packed, stream, cuts[number]))


def test_a_stream_that_is_put_elsewhere_goes_on_as_it_was(codec: CodecDecoder) -> None:
    _, state = codec.decode(random_codes(codec, 5, 0), codec.init_state(1))
    many = codec.init_state(3)
    put_one(many, 2, state)
    codes = random_codes(codec, 3, 1)
    expected = codec.decode(codes, state)[0]
    assert torch.equal(codec.decode(codes, pick(many, torch.tensor([2])))[0], expected)
    put_one(many, 2, codec.init_state(1))
    fresh = codec.decode(codes, codec.init_state(1))[0]
    assert torch.equal(codec.decode(codes, pick(many, torch.tensor([2])))[0], fresh)


def test_decoding_leaves_the_state_it_was_given_as_it_was(codec: CodecDecoder) -> None:
    codes = random_codes(codec, 12, seed=1)
    _, state = codec.decode(codes, codec.init_state(1))
    first, second = (codec.decode(codes, state)[0] for _ in range(2))
    assert torch.equal(first, second)


def test_a_stream_beyond_4096_frames_stays_finite_and_keeps_its_beginning(
    packed: CodecDecoder,
) -> None:
    codes = random_codes(packed, 4200, seed=12)
    samples = decode(packed, codes, [*range(0, 4200, 300), 4200])
    assert samples.isfinite().all()
    assert samples[-10_000:].std() > 0.01
    start = decode(packed, codes[..., :60])
    assert_close(samples[: len(start)], start)


def test_only_the_window_is_remembered_of_a_long_stream(packed: CodecDecoder) -> None:
    codes = random_codes(packed, 4200, seed=13)
    sizes = []
    state = packed.init_state(1)
    for end in (100, 200):
        _, state = packed.decode(codes[..., end - 100 : end], state)
        sizes.append(num_values(state))
    assert sizes[0] == sizes[1] == num_values(packed.init_state(1))


def num_values(state: object) -> int:
    return state.numel() if isinstance(state, torch.Tensor) else sum(map(num_values, state))
