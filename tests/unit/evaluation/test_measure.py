import msgspec
import pytest

from fish_openai.evaluation.measure import measure
from fish_openai.evaluation.reading import NOTHING, Reading, Utterance
from fish_openai.evaluation.report import Report
from fish_openai.evaluation.subject import subjects_of
from fish_openai.evaluation.table import format_report
from tests.unit.evaluation.scripted import scripted
from tests.unit.evaluation.speech_like import hum

TEXTS = ("the dog ran home", "is it late", "we will see")


def reading(voice: str, hz: float, *seconds: float) -> Reading:
    sounds = [hum(hz, length, seed=index) for index, length in enumerate(seconds)]
    return Reading(voice, tuple(map(Utterance, TEXTS, sounds)))


SPOKEN = Reading(
    "low",
    (
        Utterance(TEXTS[0], hum(100, 1.5)),
        Utterance(TEXTS[1], NOTHING, "it never ended"),
        Utterance(TEXTS[2], hum(100, 9.0)),
    ),
)
REFERENCES = (reading("low", 110, 1.0, 1.0, 1.0), reading("high", 220, 1.0, 1.0, 1.0))


@pytest.fixture(scope="module")
def report() -> Report:
    heard = ["the frog ran", "we will we will see", *TEXTS, *TEXTS]
    recognisers = scripted(heard, ["dog ran home", "see", *TEXTS, *TEXTS], ("dog",))
    return measure(subjects_of((SPOKEN,), REFERENCES), recognisers, int, source="minnow")


def test_words_and_characters_are_counted_over_all_sentences(report: Report) -> None:
    spoken, reference, _ = report.voices
    assert spoken.open_wer.rate == pytest.approx((2 + 3 + 2) / 10)
    assert spoken.loop_wer is not None
    assert spoken.loop_wer.rate == pytest.approx((1 + 3 + 2) / 10)
    assert spoken.open_cer.rate == pytest.approx((7 + 10 + 8) / (16 + 10 + 11))
    assert reference.open_wer.rate == 0


def test_nobody_is_asked_what_silence_says(report: Report) -> None:
    assert report.voices[0].utterances[1].heard == ""
    assert report.voices[0].utterances[1].heard_in_loop == ""


def test_endings_are_counted(report: Report) -> None:
    spoken = report.voices[0]
    assert (spoken.runaway, spoken.empty, spoken.failed) == (1, 0, 1)
    assert [each.ending for each in spoken.utterances] == ["spoken", "failed", "runaway"]
    assert spoken.utterances[1].fault == "it never ended"


def test_only_sentences_that_end_count_for_the_pace(report: Report) -> None:
    spoken, reference, _ = report.voices
    assert spoken.length_ratio is not None
    assert spoken.length_ratio.mean == pytest.approx(1.5, rel=0.05)
    assert spoken.length_ratio.deviation == 0
    assert spoken.characters_per_s is not None
    assert spoken.characters_per_s.mean == pytest.approx(16 / 1.5, rel=0.05)
    assert reference.length_ratio is None


def test_voices_are_compared_with_references(report: Report) -> None:
    spoken, _, high = report.voices
    assert spoken.pitch_hz == pytest.approx(100, rel=0.03)
    assert spoken.voiced is not None
    assert spoken.voiced > 0.9
    assert spoken.like_reference == 1
    assert spoken.told_apart is None
    assert high.told_apart == 1
    assert len(report.distances) == 3


def test_a_report_is_json_and_back(report: Report) -> None:
    assert msgspec.json.decode(msgspec.json.encode(report), type=Report) == report


def test_the_table_has_a_row_a_voice_and_says_what_to_know(report: Report) -> None:
    table = format_report(report)
    lines = table.splitlines()
    assert lines[0] == "minnow: 3 sentences heard by scripted"
    assert lines[2].split() == [
        *("voice", "WER", "%", "CER", "%", "loop", "WER", "%", "length", "chars/s", "pitch", "Hz"),
        *("voiced", "%", "apart", "%", "like", "ref", "%", "runaway", "empty", "failed"),
    ]
    assert lines[3].split()[:2] == ["low", "70.0"]
    assert lines[3].split()[-4:] == ["100", "1", "0", "1"]
    assert lines[4].split()[:4] == ["low", "(reference)", "0.0", "±0.0"]
    assert len({len(line) for line in lines[2:6]}) == 1
    assert "Distances between voices" in table
    assert lines[-1].endswith("scripted does not know: dog")


def test_a_recogniser_without_a_loop_leaves_its_column_empty() -> None:
    spoken = reading("low", 100, 1.0, 1.0, 1.0)
    report = measure(subjects_of((spoken,), ()), scripted(TEXTS), int, source="minnow")
    assert report.voices[0].loop_wer is None
    assert report.voices[0].utterances[0].heard_in_loop is None
    assert "Distances" not in format_report(report)
