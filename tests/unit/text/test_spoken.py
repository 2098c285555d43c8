"""Numbers, dates, units and currencies become words in English, Chinese and Japanese."""

import pytest
from hypothesis import given

from fish_openai.errors import BadRequest
from fish_openai.text import spoken
from fish_openai.text.spoken import spell_out
from tests.unit.text.examples import few_examples, writing

pytest.importorskip("wetext", reason="an optional part of the installation")


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("The price is $12.50.", "The price is twelve point five dollars."),
        ("On 2024-03-05.", "On the fifth of march twenty twenty four."),
        ("At 5:30 PM, 21°C!", "At five thirty PM, twenty one degrees Celsius!"),
        ("3/4 of 10 kg is 75%.", "three quarters of ten kilograms is seventy five percent."),
        ("今天是2024年3月5日。", "今天是二零二四年三月五日。"),
        ("温度21℃，价格¥12.5。", "温度二十一摄氏度，价格十二点五元。"),
        ("私は3個のりんご。", "私は三個のりんご。"),
        ("1.", "one."),
    ],
)
def test_what_is_no_word_is_written_in_words(written: str, words: str) -> None:
    assert spell_out(written) == words


def test_every_sentence_is_read_in_its_own_language() -> None:
    assert spell_out("It is 5%. 今天是3月5日。") == "It is five percent. 今天是三月五日。"


@pytest.mark.parametrize(
    "text",
    [
        "No digits here, and nothing to do.",
        "[pause:0.5s] <break time='500ms'/> <|speaker:0|> &#38; &amp;",
        "(angry) (in a hurry tone)",
    ],
)
def test_what_is_no_prose_or_has_nothing_to_write_out_stays(text: str) -> None:
    assert spell_out(text) == text


def test_spaces_around_a_sentence_stay_and_quotation_marks_are_not_escaped() -> None:
    assert spell_out('  "5   apples"\n\n 6 \\ x ') == '  "five apples"\n\n six \\ x '


def test_a_line_that_the_grammar_cannot_read_stays() -> None:
    assert spell_out("Take the #5 bus.") == "Take the #5 bus."


@few_examples
@given(text=writing)
def test_any_text_is_accepted_and_keeps_its_words(text: str) -> None:
    assert "天气" not in text or "天气" in spell_out(text)


def test_without_the_grammars_it_is_refused_with_how_to_get_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(spoken, "is_installed", lambda: False)
    with pytest.raises(BadRequest, match=r"fish-openai\[normalize\]") as caught:
        spell_out("5")
    assert caught.value.param == "normalize"
