"""The OpenAPI document is true: every route is in it, and whatever it allows is answered as it says."""

import json
import re
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from litestar import Litestar, get
from litestar.enums import HttpMethod
from litestar.routes import HTTPRoute
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from fish_openai.api.documentation import DOCUMENTED, JSON, Operation
from fish_openai.api.openapi import describe
from fish_openai.api.schemas import Pointer
from fish_openai.app import create_app
from fish_openai.settings import Settings
from fish_openai.voices.registry import VoiceRegistry
from tests.api.server import HOST, serving
from tests.fakes import FakeEngine, FakeVoices, Script, sine

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
NUM_EXAMPLES = 12
THERE = {"model": "tts-1", "model_id": "alloy", "voice": "alloy", "voice_id": "alloy"}
"""Names of what every server has."""


def app_of(folder: Path) -> Litestar:
    engine = FakeEngine(Script(pcm=sine(0.05), num_chunks=1))
    return create_app(Settings(voices_dir=folder), engine, VoiceRegistry(folder, engine))


APP = create_app(Settings(), FakeEngine(), FakeVoices())  # type: ignore[arg-type]
DOCUMENT = describe(APP.routes)
CALLS = [(path, method) for path, item in DOCUMENT["paths"].items() for method in item]


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BaseSchema]:
    with serving(app_of(tmp_path_factory.mktemp("voices"))) as port:
        yield schemathesis.openapi.from_url(f"http://{HOST}:{port}/openapi.json")


@pytest.mark.parametrize(("path", "method"), CALLS)
def test_whatever_is_sent_is_answered_as_the_document_says(
    api: BaseSchema, path: str, method: str
) -> None:
    @settings(
        max_examples=NUM_EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(cases_of(api[path][method]), st.booleans())
    def call(case: Case, is_aimed: bool) -> None:  # noqa: FBT001
        if is_aimed:
            aim(case)
        case.call_and_validate(checks=CHECKS)

    call()


def cases_of(operation: APIOperation) -> st.SearchStrategy[Case]:
    """What the document allows, and where it forbids anything, what it forbids."""
    allowed = operation.as_strategy()
    if not operation.body and not operation.query:
        return allowed
    return st.one_of(allowed, operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))


def aim(case: Case) -> None:
    """Name what there is, where the case names nothing that there is."""
    parameters = case.path_parameters or {}
    parameters |= {name: THERE[name] for name in parameters.keys() & THERE}
    if isinstance(case.body, dict):
        case.body |= {name: THERE[name] for name in case.body.keys() & THERE}


@get("/lie", opt={DOCUMENTED: Operation(tag="lies", gives={HTTPStatus.OK: {JSON: Pointer}})})
async def lie() -> dict[str, str]:
    """Gives what it does not say."""
    return {"name": "lie"}


def test_a_route_that_gives_what_the_document_does_not_say_is_found(tmp_path: Path) -> None:
    app = app_of(tmp_path)
    app.register(lie)
    with serving(app) as port:
        api = schemathesis.openapi.from_url(f"http://{HOST}:{port}/openapi.json")
        with pytest.raises(FailureGroup, match="Response violates schema"):
            api["/lie"]["GET"].Case().call_and_validate(checks=CHECKS)


def test_every_route_is_in_the_document_or_says_that_it_is_for_machines() -> None:
    silent = [
        f"{handler.handler_name} {route.path}"
        for route in APP.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        if HttpMethod.OPTIONS not in handler.http_methods and DOCUMENTED not in handler.opt
    ]
    assert silent == []


def test_of_two_spellings_of_a_path_the_document_shows_the_first() -> None:
    assert {"/v1/models", "/v1/audio/speech"} <= DOCUMENT["paths"].keys()
    assert {"/models", "/audio/speech"}.isdisjoint(DOCUMENT["paths"])


def test_every_operation_has_a_name_of_its_own_and_a_summary() -> None:
    operations = [DOCUMENT["paths"][path][method] for path, method in CALLS]
    names = [operation["operationId"] for operation in operations]
    assert sorted(set(names)) == sorted(names)
    assert all(operation["summary"] for operation in operations)


def test_every_schema_that_is_referred_to_is_there() -> None:
    referred = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(DOCUMENT)))
    assert referred <= DOCUMENT["components"]["schemas"].keys()


def test_only_routes_that_are_not_public_may_ask_for_a_key() -> None:
    paths = DOCUMENT["paths"]
    assert "401" in paths["/v1/audio/speech"]["post"]["responses"]
    assert paths["/v1/audio/speech"]["post"]["security"] == [{}, {"key": []}]
    assert "401" not in paths["/v1/models"]["get"]["responses"]
    assert paths["/v1/models"]["get"]["security"] == []
