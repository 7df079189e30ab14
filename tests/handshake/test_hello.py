"""The ClientHello that is sent, read by the tests' own parser, byte by byte where the RFCs fix the bytes."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minitls.errors import AlertDescription, IllegalParameter
from minitls.handshake.hello import extensions_once, is_ip_address, offer
from minitls.handshake.session import Session
from minitls.wire.extensions import EncryptThenMac, ExtendedMasterSecret, RenegotiationInfo, SupportedGroups
from minitls.wire.messages import ClientHello, ServerHello
from tests.handshake import peer
from tests.handshake.links import session
from tests.handshake.peer import parse_hello, server_name, u8, u16
from tests.helpers import client_config

RANDOM = bytes(range(32))


def offered(name: str = "localhost", kept: Session | None = None, **options: Any) -> tuple[bytes, list[int], Any]:
    """(session ID, suites, extensions by number) of the hello."""
    body = offer(client_config(**options), name, kept, RANDOM, ()).encode()[4:]
    assert body[:2] == b"\x03\x03"
    random, session_id, suites, extensions = parse_hello(body, client=True)
    assert random == RANDOM
    # One compression method, null (RFC 5246 section 7.4.1.2).
    assert body[35 + len(session_id) + 2 + 2 * len(suites) :].startswith(b"\x01\x00")
    return session_id, suites, extensions


def test_all_that_is_on_by_default() -> None:
    session_id, suites, extensions = offered()
    assert session_id == b"" and suites == [0x009C, 0x009D, 0x003C, 0x003D, 0x002F, 0x0035]
    schemes = extensions.pop(peer.SIGNATURE_ALGORITHMS)
    # rsa_pkcs1_sha256 has to be among them: RFC 5246 section 9 and most of the web's certificates.
    assert schemes[:2] == (len(schemes) - 2).to_bytes(2, "big") and b"\x04\x01" in schemes[2:]
    assert extensions == {
        peer.SERVER_NAME: server_name(b"localhost")[1],
        peer.ENCRYPT_THEN_MAC: b"",
        peer.EXTENDED_MASTER_SECRET: b"",
        peer.SESSION_TICKET: b"",
        # RFC 5746 section 3.4: an empty renegotiated_connection, which is one byte of length.
        peer.RENEGOTIATION_INFO: b"\x00",
    }


@pytest.mark.parametrize(
    ("options", "number", "body"),
    [
        ({"max_fragment_length": 512}, peer.MAX_FRAGMENT_LENGTH, b"\x01"),
        ({"max_fragment_length": 4096}, peer.MAX_FRAGMENT_LENGTH, b"\x04"),
        ({"record_size_limit": 0x1234}, peer.RECORD_SIZE_LIMIT, b"\x12\x34"),
        ({"alpn": ("h2", "http/1.1")}, peer.ALPN, u16(u8(b"h2") + u8(b"http/1.1"))),
        ({"encrypt_then_mac": False}, peer.ENCRYPT_THEN_MAC, None),
        ({"extended_master_secret": False}, peer.EXTENDED_MASTER_SECRET, None),
        ({"tickets": False}, peer.SESSION_TICKET, None),
    ],
)
def test_each_option_is_one_extension(options: dict[str, Any], number: int, body: bytes | None) -> None:
    usual, changed = offered()[2], offered(**options)[2]
    assert changed.get(number) == body
    assert {**usual, number: None} == {**changed, number: None}


def test_what_its_key_exchanges_have_to_say_goes_with_it() -> None:
    """supported_groups (10) of RFC 8422, say: whatever it is, it travels as it is."""
    groups = SupportedGroups((0x0017,))
    body = offer(client_config(), "localhost", None, RANDOM, (groups,)).encode()[4:]
    extensions = parse_hello(body, client=True)[3]
    assert extensions.pop(10) == b"\0\x02\0\x17" and extensions == offered()[2]


def test_suites_in_the_order_of_the_configuration() -> None:
    assert offered(cipher_suites=("AES256-SHA", "TLS_RSA_WITH_AES_128_GCM_SHA256"))[1] == [0x0035, 0x009C]


@pytest.mark.parametrize("ticket", [b"", b"sealed"])
def test_a_session_is_offered_by_its_id_and_its_ticket(ticket: bytes) -> None:
    session_id, _, extensions = offered(kept=session(ticket=ticket))
    assert (session_id, extensions[peer.SESSION_TICKET]) == (b"i" * 32, ticket)


@pytest.mark.parametrize("name", ["127.0.0.1", "::1", "2001:db8::ff"])
def test_an_address_is_not_sent_as_a_name(name: str) -> None:
    """RFC 6066 section 3: literal IPv4 and IPv6 addresses are not permitted in HostName."""
    assert peer.SERVER_NAME not in offered(name)[2]


@given(st.ip_addresses().map(str) | st.text(max_size=20))
def test_what_is_an_address(name: str) -> None:
    try:
        expected = bool(ip_address(name))
    except ValueError:
        expected = False
    assert is_ip_address(name) == expected


class TestDuplicates:
    @pytest.mark.parametrize(
        "extensions", [None, (), (EncryptThenMac(), ExtendedMasterSecret(), RenegotiationInfo(b""))]
    )
    def test_none(self, extensions: Any) -> None:
        extensions_once(ServerHello(0x0303, RANDOM, b"", 0x009C, 0, extensions))

    def test_of_any_value(self) -> None:
        """Section 7.4.1.4 speaks of the type: that the two differ in what they say changes nothing."""
        twice = (RenegotiationInfo(b""), EncryptThenMac(), RenegotiationInfo(b"x"))
        hello = ClientHello(0x0303, RANDOM, b"", (0x009C,), (0,), twice)
        with pytest.raises(IllegalParameter, match="renegotiation_info comes twice") as refused:
            extensions_once(hello)
        assert refused.value.alert == AlertDescription.illegal_parameter
