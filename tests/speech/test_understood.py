"""The product's own evaluation, run against the product: are sentences it never saw understood?"""

import msgspec
import pytest

from fish_openai.cli import main
from fish_openai.evaluation.report import Report, VoiceReport

NUM_SENTENCES = 5
MOST_ERRORS = 0.5
"""Of the words, for a recogniser that knows these words only; other speech gets 1.07."""


@pytest.fixture(scope="module")
def voice(base_url: str, tmp_path_factory: pytest.TempPathFactory) -> VoiceReport:
    file = tmp_path_factory.mktemp("reports") / "report.json"
    arguments = ["--base-url", base_url, "--first", str(NUM_SENTENCES), "--json", str(file)]
    assert main(["evaluate", *arguments]) == 0
    return msgspec.json.decode(file.read_bytes(), type=Report).voices[0]


def test_words_are_understood(voice: VoiceReport) -> None:
    assert voice.loop_wer is not None
    assert voice.loop_wer.rate < MOST_ERRORS, [each.heard_in_loop for each in voice.utterances]


def test_every_sentence_comes_to_its_end(voice: VoiceReport) -> None:
    assert [each.ending for each in voice.utterances] == ["spoken"] * NUM_SENTENCES
