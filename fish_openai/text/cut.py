"""An overlong sentence into even pieces, cut where a reader would breathe."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

_CLAUSE_END = re.compile(r"(?<![,;:.!?])[,;:.!?]+[\"'”’)\]]*(?=\s)|[。！？、，；：…—–]+")
"""A mark inside of a number, an address or a time is none: what follows it is no space. Looking for one
begins only at the first of a run, or a run of n marks would take n² steps."""
_WORD_END = re.compile(r"\s+")
_AT_CLAUSE, _AT_WORD, _ANYWHERE = 0.0, 0.5, 4.0
"""What a cut there costs. A piece of half or of one and a half times the even length costs 0.25."""
_PLACES = 40
"""In a piece of full length; all of them are weighed against one another."""


class _Place(NamedTuple):
    """Where the sentence may be cut, and what that costs."""

    position: int
    cost: float


def cut(sentence: str, max_chars: int) -> list[str]:
    """Pieces of `sentence`, none longer than `max_chars`; joined they are `sentence` again.

    All are about equally long, so that none is a tail of two words; a cut is after a clause where one
    is near, else between words, and inside of a word only where there is nothing else.
    """
    if len(sentence) <= max_chars:
        return [sentence] if sentence else []
    places = _places(sentence, max_chars)
    return [sentence[first:last] for first, last in pairwise(_cheapest(places, max_chars))]


def _places(sentence: str, max_chars: int) -> list[_Place]:
    """The beginning, every cut that is worth a thought, and the end, in order."""
    costs = dict.fromkeys(_word_ends(sentence, max_chars // _PLACES), _AT_WORD)
    costs |= {
        _behind(sentence, match.end()): _AT_CLAUSE for match in _CLAUSE_END.finditer(sentence)
    }
    costs |= {0: 0.0, len(sentence): 0.0}
    known = [_Place(position, costs[position]) for position in sorted(costs)]
    return [place for pair in pairwise(known) for place in _filled(*pair, max_chars)] + known[-1:]


def _word_ends(sentence: str, apart: int) -> Iterator[int]:
    """Where words end, as far as they are `apart`: enough to choose from."""
    last = 0
    for match in _WORD_END.finditer(sentence):
        if match.end() - last >= apart:
            last = match.end()
            yield last


def _behind(sentence: str, position: int) -> int:
    """Where the white space at `position` ends."""
    space = _WORD_END.match(sentence, position)
    return space.end() if space else position


def _filled(first: _Place, second: _Place, max_chars: int) -> Iterator[_Place]:
    """`first`, and as many even cuts before `second` as are needed where that is too far away."""
    yield first
    length = second.position - first.position
    num_pieces = -(-length // max_chars)
    for number in range(1, num_pieces):
        yield _Place(first.position + length * number // num_pieces, _ANYWHERE)


def _cheapest(places: list[_Place], max_chars: int) -> list[int]:
    """The positions of the cheapest way from the first of `places` to the last."""
    num_pieces = -(-places[-1].position // max_chars)
    even = places[-1].position / num_pieces
    totals, befores, nearest = [0.0], [0], 0
    for index, (position, cost) in enumerate(places[1:], 1):
        while position - places[nearest].position > max_chars:
            nearest += 1
        ways = (
            (totals[before] + (1 - (position - places[before].position) / even) ** 2, before)
            for before in range(nearest, index)
        )
        total, before = min(ways)
        totals.append(total + cost)
        befores.append(before)
    return _way(places, befores)


def _way(places: list[_Place], befores: list[int]) -> list[int]:
    index, way = len(places) - 1, [places[-1].position]
    while index:
        index = befores[index]
        way.append(places[index].position)
    return way[::-1]
