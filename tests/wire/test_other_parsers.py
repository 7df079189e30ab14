"""Our reading of a message against that of others: tlslite-ng, Botan's parser vectors, OpenSSL's own handshakes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tlslite import messages as tlslite  # type: ignore[import-untyped]  # tlslite-ng ships no types
from tlslite.utils.codec import Parser  # type: ignore[import-untyped]  # tlslite-ng ships no types

from minitls.errors import DecodeError
from minitls.wire import messages as ours
from minitls.wire.extensions import (
    CLIENT_HELLO_EXTENSIONS,
    SERVER_HELLO_EXTENSIONS,
    CertificateStatusRequest,
    UnknownExtension,
)
from minitls.wire.messages import ClientHello, HandshakeMessage, KeyExchange, ServerHello, annotate, parse
from minitls.wire.records import HandshakeBuffer, RecordBuffer
from tests.peers import shared
from tests.wire.strategies import damaged, structs
from tests.wire.test_messages import assert_tiles, with_header

#: Extensions whose bodies tlslite-ng judges and we keep as bytes: of a random body it may think what it likes.
JUDGED_THERE = (
    tlslite.TLSExtension._universalExtensions.keys()
    | tlslite.TLSExtension._serverExtensions.keys()
    | tlslite.TLSExtension._hrrExtensions.keys()
)


def comparable(hello: Any) -> bool:
    return not any(
        (isinstance(extension, UnknownExtension) and extension.code in JUDGED_THERE)
        # tlslite-ng reads OCSP requests only, and drops what is in any other.
        or (isinstance(extension, CertificateStatusRequest) and extension.request[0] != 1)
        for extension in hello.extensions or ()
    )


def read_by_tlslite(kind: Any, encoded: bytes) -> Any:
    return kind.parse(Parser(bytearray(encoded[1:])))


def same_hello(hello: Any, theirs: Any) -> None:
    assert bytes(theirs.random) == hello.random
    assert bytes(theirs.session_id) == hello.session_id
    raw = None if theirs.extensions is None else [(item.extType, bytes(item.extData)) for item in theirs.extensions]
    mine = None if hello.extensions is None else [(item.type, item.write()) for item in hello.extensions]
    assert raw == mine


def same_client_hello(hello: ClientHello) -> None:
    theirs = read_by_tlslite(tlslite.ClientHello(), hello.encode())
    assert theirs.client_version == divmod(hello.client_version, 256)
    assert tuple(theirs.cipher_suites) == hello.cipher_suites
    assert tuple(theirs.compression_methods) == hello.compression_methods
    same_hello(hello, theirs)


@given(structs(ClientHello).filter(comparable))
def test_tlslite_reads_our_client_hellos(hello: ClientHello) -> None:
    same_client_hello(hello)


@given(structs(ServerHello).filter(comparable))
def test_tlslite_reads_our_server_hellos(hello: ServerHello) -> None:
    theirs = read_by_tlslite(tlslite.ServerHello(), hello.encode())
    assert theirs.server_version == divmod(hello.server_version, 256)
    assert theirs.cipher_suite == hello.cipher_suite
    assert theirs.compression_method == hello.compression_method
    same_hello(hello, theirs)


@given(st.data())
def test_what_we_accept_of_a_damaged_hello_tlslite_reads_the_same(data: st.DataObject) -> None:
    body = data.draw(damaged(data.draw(structs(ClientHello)).write()))
    try:
        hello = parse(with_header(1, body))
    except DecodeError:
        return
    if comparable(hello):
        assert isinstance(hello, ClientHello)
        same_client_hello(hello)


@given(structs(ours.CertificateRequest))
def test_tlslite_reads_our_certificate_requests(request: ours.CertificateRequest) -> None:
    theirs = read_by_tlslite(tlslite.CertificateRequest((3, 3)), request.encode())
    assert tuple(theirs.certificate_types) == request.certificate_types
    assert tuple(high * 256 + low for high, low in theirs.supported_signature_algs) == (
        request.supported_signature_algorithms
    )
    assert tuple(map(bytes, theirs.certificate_authorities)) == request.certificate_authorities


@given(structs(ours.CertificateVerify))
def test_tlslite_reads_our_certificate_verifies(message: ours.CertificateVerify) -> None:
    theirs = read_by_tlslite(tlslite.CertificateVerify((3, 3)), message.encode())
    assert theirs.signatureAlgorithm == divmod(message.algorithm, 256)
    assert bytes(theirs.signature) == message.signature


@given(structs(ours.ClientKeyExchange))
def test_tlslite_reads_our_client_key_exchanges(message: ours.ClientKeyExchange) -> None:
    theirs = read_by_tlslite(tlslite.ClientKeyExchange(0x002F, (3, 3)), message.encode())
    assert bytes(theirs.encryptedPreMasterSecret) == message.encrypted_pre_master_secret


@given(structs(ours.NewSessionTicket))
def test_tlslite_reads_our_session_tickets(message: ours.NewSessionTicket) -> None:
    theirs = read_by_tlslite(tlslite.NewSessionTicket1_0(), message.encode())
    assert theirs.ticket_lifetime == message.ticket_lifetime_hint
    assert bytes(theirs.ticket) == message.ticket


BOTAN = {
    "tls_client_hello.vec": 1,
    "tls_server_hello.vec": 2,
    "tls_new_session_ticket.vec": 4,
    "tls_cert_verify.vec": 15,
    "tls_hello_request.vec": 0,
    "tls_cert_status.vec": 22,
}


def botan_cases(name: str) -> Iterator[dict[str, str]]:
    """The `Name = value` groups of a file; a group ends with its Exception line."""
    case: dict[str, str] = {}
    for line in shared(f"vectors/botan-tls/{name}").read_text().splitlines():
        if match := re.match(r"(\w+)\s*=\s*(.*)$", line):
            case[match[1]] = match[2].strip()
            if match[1] == "Exception":
                yield case
                case = {}


@pytest.mark.parametrize("name", BOTAN)
def test_botan_and_we_accept_the_same_messages(name: str) -> None:
    seen = 0
    for case in botan_cases(name):
        body = bytes.fromhex(case["Buffer"])
        try:
            message = parse(with_header(BOTAN[name], body))
            told = ""
        except DecodeError as wrong:
            told = str(wrong)
        assert bool(told) == bool(case["Exception"]), (case["Exception"], told)
        if not told:
            assert message.write() == body
        seen += 1
    assert seen


#: The suites of the recordings by OpenSSL's names.
RECORDED_SUITES = {
    "AES128-SHA": 0x002F,
    "AES256-SHA": 0x0035,
    "AES128-SHA256": 0x003C,
    "AES256-SHA256": 0x003D,
    "AES128-GCM-SHA256": 0x009C,
    "AES256-GCM-SHA384": 0x009D,
    "ECDHE-RSA-AES128-GCM-SHA256": 0xC02F,
}


def recordings() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(shared("vectors/openssl-recorded/handshakes.json").read_text())[
        "handshakes"
    ]
    return found


def messages_in_the_clear(stream: bytes, key_exchange: KeyExchange) -> list[tuple[bytes, HandshakeMessage]]:
    """The handshake messages of one direction, up to its ChangeCipherSpec."""
    buffer, found = HandshakeBuffer(), []
    for record in RecordBuffer().feed(stream):
        if record.type != 22:
            break
        buffer.feed(record.fragment)
        while (message := buffer.take()) is not None:
            found.append((message, parse(message, key_exchange)))
    assert not buffer.pending
    return found


@pytest.mark.parametrize("number", range(14))
def test_openssls_handshakes(number: int) -> None:
    recording = recordings()[number]
    ephemeral = recording["cipher"].startswith("ECDHE")
    key_exchange: KeyExchange = "ECDHE" if ephemeral else "RSA"
    both = {
        side: messages_in_the_clear(
            b"".join(bytes.fromhex(data) for sender, data in recording["flows"] if sender == side), key_exchange
        )
        for side in ("client", "server")
    }
    for encoded, message in both["client"] + both["server"]:
        assert message.encode() == encoded
        assert_tiles(annotate(encoded, key_exchange), len(encoded))
    client = [message for _, message in both["client"]]
    server = [message for _, message in both["server"]]
    suffix = "ECDHE" if ephemeral else ""
    assert [type(message).__name__ for message in client] == ["ClientHello", "ClientKeyExchange" + suffix]
    assert [type(message).__name__ for message in server if type(message) is not ours.NewSessionTicket] == [
        "ServerHello",
        "Certificate",
        *(["ServerKeyExchangeECDHE"] if ephemeral else []),
        "ServerHelloDone",
    ]
    hello, answer = client[0], server[0]
    assert isinstance(hello, ClientHello) and isinstance(answer, ServerHello)
    assert answer.cipher_suite == RECORDED_SUITES[recording["cipher"]]
    assert hello.random.hex() == recording["keylog"].split("CLIENT_RANDOM ")[1].split()[0]
    tables = (hello, CLIENT_HELLO_EXTENSIONS), (answer, SERVER_HELLO_EXTENSIONS)
    assert {type(item) for told, table in tables for item in told.extensions or ()} <= {
        cls for _, table in tables for cls in table.values()
    }
    names = [item for item in hello.extensions or () if item.type == 0]
    assert [item.write() for item in names] == [b"\x00\x11\x00\x00\x0eserver.example"]


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("clienthello", ["ClientHello"]),
        ("serverhello", ["ServerHello"]),
        ("servercert", ["Certificate"]),
        ("serverkeyexchange", ["ServerKeyExchangeECDHE"]),
        ("serverhellodone", ["ServerHelloDone"]),
        ("clientkeyexchange", ["ClientKeyExchangeECDHE"]),
    ],
)
def test_the_illustrated_handshake(name: str, kinds: list[str]) -> None:
    """tls12.xargs.org's session, each message a file."""
    stream = shared(f"vectors/illustrated-tls12/caps/{name}").read_bytes()
    found = messages_in_the_clear(stream, "ECDHE")
    assert [type(message).__name__ for _, message in found] == kinds
    assert [message.encode() for _, message in found] == [encoded for encoded, _ in found]
