from hypothesis import given, settings
from hypothesis import strategies as st

from fish_openai.api.fish.sentences import SentenceBuffer, portions

texts = st.text(alphabet="ab .!?。\n<|", max_size=60)
few_examples = settings(derandomize=True, database=None, deadline=None, max_examples=50)


def test_a_sentence_leaves_when_the_next_one_begins() -> None:
    buffer = SentenceBuffer(200)
    assert buffer.add("Hello the") == []
    assert buffer.add("re. How") == ["Hello there. "]
    assert buffer.add(" are you? Fine. ") == ["How are you? "]
    assert buffer.take() == ["Fine. "]
    assert buffer.take() == []


def test_an_abbreviation_ends_no_sentence() -> None:
    assert SentenceBuffer(200).add("Dr. Smith is here") == []


def test_a_long_sentence_leaves_in_parts() -> None:
    sentences = SentenceBuffer(20).add("one, two, three, four, five, six, seven")
    assert sentences
    assert max(map(len, sentences)) <= 20


@few_examples
@given(pieces=st.lists(texts, max_size=10))
def test_nothing_is_lost_however_it_comes(pieces: list[str]) -> None:
    buffer = SentenceBuffer(20)
    left = [sentence for piece in pieces for sentence in buffer.add(piece)]
    assert "".join([*left, *buffer.take()]) == "".join(pieces)


@few_examples
@given(sentences=st.lists(texts.filter(bool), max_size=20))
def test_portions_are_as_large_as_they_may_be(sentences: list[str]) -> None:
    joined = list(portions(sentences, 50))
    assert "".join(joined) == "".join(sentences)
    assert all(len(portion) <= 50 or portion in sentences for portion in joined)
