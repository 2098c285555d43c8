"""A realtime socket and the end of the server's process."""

import time

import pytest
from websockets.exceptions import ConnectionClosed

from tests.api.child import child
from tests.api.realtime_call import session
from tests.api.test_process import wait_until_draining
from tests.fakes import TIMEOUT_S


def test_a_socket_on_which_nobody_speaks_does_not_hold_the_end_up() -> None:
    with child() as server:
        server.load()
        with session(server.port) as line:
            began = time.monotonic()
            server.signal()
            with pytest.raises(ConnectionClosed):
                line.connection.recv(TIMEOUT_S)
        status, _, _ = server.end()
        assert status == 0
        assert time.monotonic() - began < TIMEOUT_S


def test_a_response_under_way_at_a_signal_is_spoken_to_its_end() -> None:
    with child() as server:
        server.load()
        with session(server.port) as line:
            line.say("Hello.")
            created = line.next("response.created")["response"]
            line.next("response.output_audio.delta")
            server.signal()
            wait_until_draining(server)
            server.order("release")
            line.heard(created["id"])
            assert line.next("response.done")["response"]["status"] == "completed"
        assert server.end()[0] == 0
