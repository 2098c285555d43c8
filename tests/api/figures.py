"""What `/metrics` shows, and what a call changed in it."""

import time
from collections.abc import Callable
from typing import TypeVar

import httpx
from prometheus_client.parser import text_string_to_metric_families

from fish_openai.metrics import CallOutcome
from tests.fakes import TIMEOUT_S

T = TypeVar("T")
Figures = dict[str, float]


def figures_of(client: httpx.Client) -> Figures:
    """Every sample without labels by its name, and the outcomes of calls by theirs."""
    text = client.get("/metrics").text
    samples = [each for family in text_string_to_metric_families(text) for each in family.samples]
    plain = {each.name: each.value for each in samples if not each.labels}
    outcomes = {
        each.labels["outcome"]: each.value for each in samples if each.name == "fish_requests_total"
    }
    return plain | outcomes


def changes(before: Figures, after: Figures) -> Figures:
    return {name: after[name] - before[name] for name in before if after[name] != before[name]}


def outcomes_since(client: httpx.Client, before: Figures) -> dict[str, float]:
    """The outcomes counted since, once there are any: a call is counted after its last byte."""
    names = {each.value for each in CallOutcome}

    def counted() -> dict[str, float]:
        return {
            name: change
            for name, change in changes(before, figures_of(client)).items()
            if name in names
        }

    return until(counted)


def until(ask: Callable[[], T]) -> T:
    """The first answer that is true; fails when there is none for long."""
    end = time.monotonic() + TIMEOUT_S
    while not (answer := ask()):
        assert time.monotonic() < end, f"{ask} never came true"
    return answer
