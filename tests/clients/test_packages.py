"""The official clients as they are installed here; `make conformance-matrix` takes other versions."""

from collections.abc import Callable, Iterator

import pytest
from fish_audio_sdk import Session
from openai import OpenAI

from tests.clients.conformance.target import Setup, Target
from tests.clients.packages import fish_python, openai_python
from tests.clients.standing import standing
from tests.fakes import FakeEngine


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    with standing(Setup(engine=FakeEngine()), tmp_path_factory.mktemp("voices")) as target:
        yield target


@pytest.mark.parametrize("check", openai_python.CHECKS.values(), ids=openai_python.CHECKS.keys())
def test_openai(target: Target, check: Callable[[OpenAI], None]) -> None:
    with OpenAI(base_url=f"{target.address}/v1", api_key="any", max_retries=0) as client:
        check(client)


@pytest.mark.parametrize("check", fish_python.CHECKS.values(), ids=fish_python.CHECKS.keys())
def test_older_fish_audio(target: Target, check: Callable[[Session], None]) -> None:
    with Session("any", base_url=target.address) as session:
        check(session)
