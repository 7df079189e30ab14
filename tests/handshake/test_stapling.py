"""status_request (RFC 6066 section 8): who asks for an OCSP response gets the stapled one, and nobody else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.handshake.peer import STATUS_REQUEST, u16, u24
from tests.helpers import client_peer, converse, credential, new_server

OCSP = b"\x01" + u16(b"") + u16(b"")
STAPLED = (replace(credential(), ocsp_response=b"an OCSP response"),)


def answered(request: bytes | None, stapled: bool = True) -> tuple[bool, list[bytes]]:
    """(whether ServerHello acknowledges, the bodies of CertificateStatus) of a server with something to staple."""
    server = new_server(credentials=STAPLED if stapled else (credential(),))
    peer = client_peer(extensions=[] if request is None else [(STATUS_REQUEST, request)])
    converse(peer, server, "ClientHello")
    return STATUS_REQUEST in peer.answered, [body for name, body in peer.messages if name == "CertificateStatus"]


@pytest.mark.parametrize("request_body", [OCSP, b"\x01" + u16(u16(b"a responder")) + u16(b"extensions")])
def test_who_asks_gets_the_response(request_body: bytes) -> None:
    assert answered(request_body) == (True, [b"\x01" + u24(b"an OCSP response")])


def test_who_does_not_ask_gets_none() -> None:
    assert answered(None) == (False, [])


@pytest.mark.parametrize("request_body", [b"\x02" + OCSP[1:], b"\xff", b"\x00whatever"])
def test_a_request_of_another_type_is_passed_over(request_body: bytes) -> None:
    assert answered(request_body) == (False, [])


def test_without_a_response_the_request_is_passed_over() -> None:
    assert answered(OCSP, stapled=False) == (False, [])
