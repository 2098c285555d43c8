"""The stages behind the engine."""

import logging

import pytest

from fish_openai.bench.service_stages import service_stages
from tests.fakes import FAKE_INFO


def test_the_calls_of_a_measurement_write_no_line_each(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with service_stages(FAKE_INFO) as stages:
        stages[-1].run()
    logging.getLogger("fish_openai.api.access").info("heard again")
    ours = [each.message for each in caplog.records if each.name.startswith("fish_openai")]
    assert ours == ["heard again"]
