"""The prefixes of the voices used last are kept, as many as fit."""

import torch

from fish_openai.engine.voice_cache import Prefix, VoiceCache


def a_prefix(length: int) -> Prefix:
    """Sixteen bytes a token."""
    return Prefix(torch.zeros(1, length, 2, 1), torch.zeros(1, length, 2, 1))


def test_a_prefix_knows_its_length_and_its_bytes() -> None:
    assert a_prefix(5).length == 5
    assert a_prefix(5).nbytes == 80


def test_what_was_put_is_got_and_counted() -> None:
    cache, prefix = VoiceCache(1000), a_prefix(2)
    assert cache.get(b"a") is None
    cache.put(b"a", prefix)
    assert cache.get(b"a") is prefix
    assert (cache.num_hits, cache.num_misses, cache.num_bytes) == (1, 1, 32)


def test_the_voice_used_longest_ago_makes_room() -> None:
    cache = VoiceCache(64)
    for key in (b"a", b"b"):
        cache.put(key, a_prefix(2))
    cache.get(b"a")
    cache.put(b"c", a_prefix(2))
    assert [cache.get(key) is None for key in (b"a", b"b", b"c")] == [False, True, False]
    assert cache.num_bytes == 64


def test_one_large_voice_may_push_out_several() -> None:
    cache = VoiceCache(64)
    for key in (b"a", b"b", b"c", b"d"):
        cache.put(key, a_prefix(1))
    cache.put(b"e", a_prefix(3))
    assert [cache.get(key) is None for key in (b"a", b"b", b"c", b"d")] == [True] * 3 + [False]
    assert cache.num_bytes == 64


def test_a_voice_larger_than_the_budget_is_not_kept_and_pushes_nothing_out() -> None:
    cache = VoiceCache(64)
    cache.put(b"a", a_prefix(2))
    cache.put(b"b", a_prefix(5))
    assert cache.get(b"b") is None
    assert cache.get(b"a") is not None


def test_a_voice_put_twice_is_counted_once() -> None:
    cache = VoiceCache(64)
    cache.put(b"a", a_prefix(2))
    cache.put(b"a", a_prefix(2))
    assert cache.num_bytes == 32
