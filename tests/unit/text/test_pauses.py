"""Pauses are cut out of text in every way that people write them, and bounded."""

import pytest
from hypothesis import given

from fish_openai.errors import BadRequest
from fish_openai.text.pauses import cut_pauses
from tests.unit.text.examples import few_examples, writing


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("[pause:0.5s]", 0.5),
        ("[pause:1.5]", 1.5),
        ("[pause 500ms]", 0.5),
        ("[Pause = 2 S]", 2.0),
        ("[ pause: .25s ]", 0.25),
        ("[pause:10s]", 10.0),
        ("[pause:0]", 0.0),
        ("[pause:500]", 0.5),
        ("[pause 1500]", 1.5),
        ("[pause]", 0.75),
        ("[ Pause ]", 0.75),
        ('<break time="500ms"/>', 0.5),
        ("<break time='1s' />", 1.0),
        ('<BREAK TIME="+1.5 s">', 1.5),
        ('<break time="2s"></break>', 2.0),
        ("<break/>", 0.75),
        ("<break>", 0.75),
        ('<break strength="none"/>', 0.0),
        ('<break strength="x-strong"/>', 1.25),
        ('<break strength="weak" time="3s"/>', 3.0),
    ],
)
def test_a_pause_divides_the_text(written: str, seconds: float) -> None:
    assert cut_pauses(f"Before {written} after.") == [(0.0, "Before "), (seconds, " after.")]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[pause here]",
        "[pause:-1s]",
        "[pause:1m]",
        "pause:1s",
        "<breakfast/>",
        "a < b > c",
        "<p>one</p>",
        "<speak-notes>one</speak-notes>",
        '<!DOCTYPE speak [<!ENTITY a "b">]><speak>&a;</speak>',
        '<speak><!DOCTYPE x [<!ENTITY a "b">]>&a;</speak>',
    ],
)
def test_what_is_no_pause_and_no_document_stays_text(text: str) -> None:
    assert cut_pauses(text) == [(0.0, text)]


@few_examples
@given(text=writing)
def test_text_without_pauses_is_one_stretch(text: str) -> None:
    assert cut_pauses(text) == [(0.0, text)]


def test_a_document_loses_its_tags_and_keeps_its_text_and_pauses() -> None:
    document = (
        '<?xml version="1.0"?>\n<speak version="1.1" xmlns="http://www.w3.org/2001/10/synthesis">'
        'One &amp; <emphasis level="strong">two</emphasis>.<break time="1s"/>'
        "<p><s>Three</s><s>Four &lt; five</s></p>[pause:2s]Six</speak>\n"
    )
    stretches = cut_pauses(document)
    assert [stretch.pause_s for stretch in stretches] == [0.0, 1.0, 2.0]
    assert stretches[0].text == "One & two."
    assert (
        stretches[1].text.split("\n")
        == ["", "", "", "", "Three", "", "", "", "Four < five"] + [""] * 4
    )
    assert stretches[2].text == "Six"


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ("<speak>one", "one"),
        ("<speak>one</speak> two", "one two"),
        ("<speak>AT&T</speak>", "AT&T"),
        ("<speak>a&nbsp;b &#233; &lt;p&gt;</speak>", "a\u00a0b é <p>"),
        ("<!-- a note --><speak>one<!-- and <another> --> two</speak>", "one two"),
        (
            '<?xml version="1.0"?><!-- a --><!DOCTYPE speak SYSTEM "x.dtd">\n<speak>one</speak>',
            "one",
        ),
        (
            '<speak><sub alias="World Wide Web">WWW <b>x</b></sub> here</speak>',
            "World Wide Web here",
        ),
        ('<speak><audio src="a.wav">a bell<desc>ring</desc></audio></speak>', "a bell"),
        ("<speak><metadata><x>no</x></metadata><p>yes</p></speak>", "\n\nyes\n\n"),
        ("<speak><desc><sub alias='no'>x</sub>no</desc>yes</speak>", "yes"),
        ("<speak><mstts:express-as style='sad'>one</mstts:express-as></speak>", "one"),
        ("<speak><![CDATA[1 < 2 & <p>]]></speak>", "1 < 2 & <p>"),
        ("<SPEAK>one</SPEAK>", "one"),
    ],
)
def test_of_a_document_is_said_what_it_means_however_it_is_written(
    document: str, said: str
) -> None:
    assert cut_pauses(document) == [(0.0, said)]


def test_a_document_of_any_depth_is_read() -> None:
    depth = 12_000
    document = f"<speak>{'<s>' * depth}deep{'</s>' * depth}</speak>"
    assert [stretch.text.strip() for stretch in cut_pauses(document)] == ["deep"]


@pytest.mark.parametrize(
    "written", ["[pause:10.1s]", '<break time="11s"/>', f"[pause:{'9' * 400}]"]
)
def test_a_pause_that_is_too_long_is_refused_by_name(written: str) -> None:
    with pytest.raises(BadRequest) as caught:
        cut_pauses(f"Wait {written} for it.")
    assert written[:40] in caught.value.message
    assert "10 s" in caught.value.message
    assert (caught.value.param, caught.value.code) == ("input", "invalid_pause")


def test_pauses_that_are_too_long_together_are_refused() -> None:
    assert len(cut_pauses("[pause:10s]" * 6)) == 7
    with pytest.raises(BadRequest, match=r"60\.5 s together; at most 60 s"):
        cut_pauses("[pause:10s]" * 6 + "[pause:0.5s]")


@pytest.mark.parametrize(
    ("written", "accepted"),
    [('<break time="soon"/>', "500ms"), ("<break strength='2'/>", "x-weak")],
)
def test_a_break_of_unreadable_length_is_refused_with_what_is_accepted(
    written: str, accepted: str
) -> None:
    with pytest.raises(BadRequest, match=accepted) as caught:
        cut_pauses(written)
    assert written in caught.value.message
