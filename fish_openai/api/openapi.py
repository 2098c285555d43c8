"""The OpenAPI document, made of what the routes say about themselves (`documentation.py`)."""

import inspect
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import msgspec
from litestar.handlers import HTTPRouteHandler
from litestar.routes import BaseRoute, HTTPRoute

from fish_openai import __version__
from fish_openai.api.documentation import (
    DOCUMENTED,
    FORM,
    JSON,
    Content,
    Operation,
    alternatives,
)
from fish_openai.api.errors import error_type
from fish_openai.api.keys import PUBLIC

_PREFIX = "/v1"
_REFERENCE = "#/components/schemas/{name}"
_BYTES = {"type": "string", "format": "binary"}
_KEY = "key"
_REQUEST_ID = {
    "required": True,
    "description": "What the server's log calls this request.",
    "schema": {"type": "string", "pattern": "^req_[0-9a-f]{32}$"},
}
_HEADERS = {"x-request-id": {"$ref": "#/components/headers/request-id"}}

Json = dict[str, Any]


def describe(routes: Sequence[BaseRoute]) -> Json:
    """The document of every route that carries an `Operation`."""
    found = list(_documented(routes))
    schemas = _Schemas(found)
    paths: dict[str, Json] = {}
    for each in found:
        paths.setdefault(each.path, {})[each.method] = _operation(each, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "fish-openai", "version": __version__},
        "tags": [{"name": tag} for tag in dict.fromkeys(each.operation.tag for each in found)],
        "paths": paths,
        "components": {
            "schemas": schemas.components,
            "headers": {"request-id": _REQUEST_ID},
            "securitySchemes": {_KEY: {"type": "http", "scheme": "bearer"}},
        },
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Documented:
    """One method of one path."""

    path: str
    method: str
    handler: HTTPRouteHandler
    operation: Operation
    path_parameters: tuple[str, ...]

    @property
    def is_public(self) -> bool:
        return PUBLIC in self.handler.opt

    @property
    def error_type(self) -> type[msgspec.Struct]:
        return error_type(self.handler.opt)

    @property
    def refusals(self) -> list[int]:
        key = () if self.is_public else (HTTPStatus.UNAUTHORIZED,)
        return sorted({*self.operation.refuses, *key, HTTPStatus.INTERNAL_SERVER_ERROR})

    @property
    def types(self) -> Iterator[Any]:
        """Of its request, its answers and its errors."""
        for body in (self.operation.takes, *self.operation.gives.values()):
            for kind in body.values():
                yield from alternatives(kind)
        yield self.error_type


def _documented(routes: Sequence[BaseRoute]) -> Iterator[_Documented]:
    spellings = {route.path for route in routes}
    for route in sorted(routes, key=lambda route: route.path):
        if not isinstance(route, HTTPRoute) or _PREFIX + route.path in spellings:
            continue
        for handler in route.route_handlers:
            if operation := handler.opt.get(DOCUMENTED):
                for method in sorted(handler.http_methods):
                    yield _Documented(
                        path=route.path_format,
                        method=method.lower(),
                        handler=handler,
                        operation=operation,
                        path_parameters=tuple(route.path_parameters),
                    )


class _Schemas:
    """How every type in a body is written in the document."""

    def __init__(self, found: Iterable[_Documented]) -> None:
        forms = {kind for each in found if (kind := each.operation.takes.get(FORM))}
        listed = sorted({kind for each in found for kind in each.types}, key=str)
        schemas, self.components = msgspec.json.schema_components(listed, ref_template=_REFERENCE)
        self._by_type = dict(zip(listed, schemas, strict=True)) | {bytes: _BYTES}
        for kind in forms:
            _let_files_be_files(self.components[kind.__name__])

    def content(self, body: Content) -> Json:
        """The `content` object of a body."""
        return {media_type: {"schema": self._schema(kind)} for media_type, kind in body.items()}

    def _schema(self, kind: object) -> Json:
        schemas = [self._by_type[each] for each in alternatives(kind)]
        return {"anyOf": schemas} if len(schemas) > 1 else schemas[0]


def _let_files_be_files(form: Json) -> None:
    """Undo what holds for JSON only: there, bytes are base64."""
    for field in form["properties"].values():
        one = field.get("items", field)
        if one.pop("contentEncoding", None):
            one.update(_BYTES)


def _operation(each: _Documented, schemas: _Schemas) -> Json:
    summary, _, description = (inspect.getdoc(each.handler.fn) or "").partition("\n\n")
    described = {
        "operationId": each.handler.handler_name,
        "tags": [each.operation.tag],
        "summary": summary,
        "description": description,
        "parameters": [*_path_parameters(each), *_query_parameters(each.operation.asks)],
        "security": [] if each.is_public else [{}, {_KEY: []}],
        "responses": _responses(each, schemas),
    }
    if each.operation.takes:
        content = schemas.content(each.operation.takes)
        described["requestBody"] = {"required": True, "content": content}
    return described


def _path_parameters(each: _Documented) -> list[Json]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in each.path_parameters
    ]


def _query_parameters(asks: type[msgspec.Struct] | None) -> list[Json]:
    if asks is None:
        return []
    _, components = msgspec.json.schema_components([asks])
    schema = components[asks.__name__]
    required = schema.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in required, "schema": field}
        for name, field in schema["properties"].items()
    ]


def _responses(each: _Documented, schemas: _Schemas) -> Json:
    error = {JSON: each.error_type}
    answers = dict.fromkeys(each.refusals, error) | dict(each.operation.gives)
    return {
        str(int(status)): {
            "description": HTTPStatus(status).phrase,
            "headers": _HEADERS,
            "content": schemas.content(body),
        }
        for status, body in sorted(answers.items())
    }
