"""Calls with headers that a careful HTTP client refuses to send, such as `Authorization: Bearer `."""

import json
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import httpx

from tests.clients.conformance.target import SPEECH, WAIT_S, Target


def post(target: Target, body: Any, headers: dict[str, str]) -> httpx.Response:
    """The answer to a speech call with just these headers."""
    connection = HTTPConnection(urlsplit(target.address).netloc, timeout=WAIT_S)
    try:
        connection.request("POST", SPEECH, json.dumps(body), headers)
        answer = connection.getresponse()
        read = httpx.Response(
            answer.status,
            headers=answer.getheaders(),
            stream=httpx.ByteStream(answer.read()),
        )
    finally:
        connection.close()
    read.read()
    return read
