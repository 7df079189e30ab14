"""The version: who goes on, who is refused, and with which alert (RFC 5246 appendix E.1, RFC 7507)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minitls import TLSError
from minitls.handshake.tls12.states import State
from tests.handshake.peer import client_hello_body, server_hello_body
from tests.helpers import client_peer, new_client, new_server, outcome, server_peer

FATAL_PROTOCOL_VERSION = bytes.fromhex("15 03 03 00 02 02 46")
#: TLS_FALLBACK_SCSV (RFC 7507).
FALLBACK = 0x5600
versions = st.integers(0, 0xFFFF) | st.integers(0x02F0, 0x0310)


def heard_by_a_server(version: int, *suites: int) -> tuple[TLSError | None, bytes, State]:
    server, peer = new_server(), client_peer()
    hello = peer.message("ClientHello", client_hello_body(version=version, suites=(0x009C, *suites)))
    _, error, answer = outcome(server, hello)
    return error, answer, server.state


@given(versions)
def test_a_server_speaks_tls_1_2_with_whoever_can(version: int) -> None:
    error, answer, state = heard_by_a_server(version)
    if version >= 0x0303:
        # What it answers is its own version, not the client's (E.1: min of the two).
        assert error is None and state is State.WAIT_CLIENT_KEY_EXCHANGE
        assert answer[:6] == b"\x16\x03\x03" + answer[3:5] + b"\x02" and answer[9:11] == b"\x03\x03"
    else:
        assert error is not None and f"{version:04x}" in str(error)
        assert answer == FATAL_PROTOCOL_VERSION and state is State.CLOSED


@pytest.mark.parametrize("version", [0x0301, 0x0302])
def test_a_client_that_fell_back_is_told_so(version: int) -> None:
    """RFC 7507 would have inappropriate_fallback if there were something to fall back from that we speak."""
    error, answer, _ = heard_by_a_server(version, FALLBACK)
    assert answer == FATAL_PROTOCOL_VERSION and "TLS_FALLBACK_SCSV" in str(error)
    assert heard_by_a_server(0x0303, FALLBACK)[0] is None


@given(versions)
def test_a_client_goes_on_with_tls_1_2_alone(version: int) -> None:
    client, peer = new_client(), server_peer()
    peer.take(client.data_to_send())
    _, error, answer = outcome(client, peer.message("ServerHello", server_hello_body(version=version)))
    if version == 0x0303:
        assert (error, answer, client.state) == (None, b"", State.WAIT_CERTIFICATE)
    else:
        assert error is not None and f"{version:04x}" in str(error)
        assert answer == FATAL_PROTOCOL_VERSION and client.state is State.CLOSED


def test_each_side_begins_as_the_figures_do() -> None:
    """RFC 5246 figure 1: the client speaks, the server waits."""
    client, server = new_client(), new_server()
    assert (client.state, server.state) == (State.WAIT_SERVER_HELLO, State.WAIT_CLIENT_HELLO)
    assert client.data_to_send()[:1] == b"\x16" and server.data_to_send() == b""
