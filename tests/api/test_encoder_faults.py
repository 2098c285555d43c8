"""A fault of the audio encoder, on our side of the engine: the request ends, its row is freed."""

import httpx
import numpy as np
import pytest

from fish_openai.audio.speech import SpeechEncoder
from tests.api.server import connected, read_to_end
from tests.api.speech_call import PATH, error_of, post_bytes, speech
from tests.fakes import FakeEngine


def break_encoder(monkeypatch: pytest.MonkeyPatch, *, after: int) -> None:
    """Let the write that comes after `after` good ones raise."""
    write, calls = SpeechEncoder.write, iter(range(100))

    def broken(encoder: SpeechEncoder, pcm: np.ndarray) -> bytes:
        if next(calls) >= after:
            raise MemoryError("secret detail of the encoder")
        return write(encoder, pcm)

    monkeypatch.setattr(SpeechEncoder, "write", broken)


def broken_finish() -> bytes:
    raise MemoryError("secret detail of the encoder")


def test_fault_of_the_encoder_before_the_first_byte_is_a_500(
    client: httpx.Client, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_encoder(monkeypatch, after=0)
    answer = client.post(PATH, json=speech())
    assert answer.status_code == 500
    assert error_of(answer)["type"] == "server_error"
    assert "secret" not in answer.text
    assert engine.open_performances() == []


def test_fault_of_the_encoder_after_the_first_byte_breaks_the_body(
    port: int, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SpeechEncoder, "finish", lambda _: broken_finish())
    with connected(port, post_bytes(response_format="wav")) as connection:
        answer = read_to_end(connection)
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert not answer.endswith(b"0\r\n\r\n")
    assert engine.open_performances() == []


def test_requests_after_a_fault_of_the_encoder_are_spoken(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        break_encoder(broken, after=0)
        assert client.post(PATH, json=speech()).status_code == 500
    assert client.post(PATH, json=speech()).status_code == 200
