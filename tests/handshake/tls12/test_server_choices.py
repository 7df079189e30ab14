"""What a server chooses. Which alert each fault gets is told in `behaviours/client_hellos.py`; here: which choice."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minitls import Credential, SessionCache, TicketKeys
from minitls.errors import HandshakeFailure, NoApplicationProtocol, UnrecognizedName
from minitls.handshake.tls12.key_exchange import KEY_EXCHANGES
from minitls.handshake.tls12.server_choices import Choice, choose
from minitls.wire.messages import ClientHello
from tests.handshake import certificates, peer
from tests.handshake.links import Alone, drawing, session
from tests.handshake.peer import (
    ENCRYPT_THEN_MAC,
    EXTENDED_MASTER_SECRET,
    MAX_FRAGMENT_LENGTH,
    RECORD_SIZE_LIMIT,
    RENEGOTIATION_INFO,
    SESSION_TICKET,
    STATUS_REQUEST,
    alpn,
    client_hello_body,
    parse_hello,
    server_name,
)
from tests.helpers import NOW, credential, pem, server_config

RANDOM, SESSION_ID = b"R" * 32, b"I" * 32
GCM, CBC = (0x009C, 0x009D), (0x003C, 0x003D, 0x002F, 0x0035)


def chosen(*extensions: tuple[int, bytes], hello: dict[str, Any] | None = None, **options: Any) -> Choice:
    """The choice for a hello with these extensions; its random is drawn first, then an ID if there is a store."""
    client_hello = ClientHello.parse(client_hello_body(extensions, **(hello or {})))
    alone = Alone("server", random=drawing(RANDOM, SESSION_ID))
    return choose(alone.link, server_config(**options), client_hello)


def answered(choice: Choice) -> dict[int, bytes]:
    """The extensions of the ServerHello by number, as they travel."""
    return parse_hello(choice.server_hello.encode()[4:], client=False)[3]


def test_a_name_of_another_type_is_passed_over() -> None:
    """RFC 6066 section 3: host_name (0) is the only type there is; whatever else comes says nothing to a server."""
    choice = chosen((0, bytes.fromhex("0005 01 0002 6869")))
    assert choice.agreed.server_name is None and 0 not in answered(choice)


class TestSuite:
    @given(st.lists(st.sampled_from((*GCM, *CBC)), min_size=1, max_size=8), st.integers(0, 6))
    def test_aead_if_both_know_one_and_among_equals_the_clients_first(self, offered: list[int], at: int) -> None:
        with_others = [*offered[:at], 0xC02F, *offered[at:], 0x00FF]
        expected = [suite for suite in offered if suite in GCM] or offered
        assert chosen(hello={"suites": with_others}).server_hello.cipher_suite == expected[0]

    def test_only_what_the_server_has(self) -> None:
        choice = chosen(cipher_suites=("AES128-SHA", "AES256-SHA"))
        assert choice.server_hello.cipher_suite == choice.agreed.suite.code == 0x002F

    def test_nothing_in_common(self) -> None:
        with pytest.raises(HandshakeFailure, match="offers 2 suites, this server has TLS_RSA_WITH_AES_128_CBC_SHA"):
            chosen(hello={"suites": (0x009C, 0xC02F)}, cipher_suites=("AES128-SHA",))

    def test_nothing_that_the_client_could_not_follow(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Both have the suite, but its key exchange wants something of the hello that is not there."""
        monkeypatch.setattr(KEY_EXCHANGES["RSA"], "possible", lambda hello: False)
        with pytest.raises(HandshakeFailure, match="no suite in common"):
            chosen()


class TestExtensions:
    """RFC 5246 section 7.4.1.4: an answer only to what was asked, and each option of ours can be off."""

    @pytest.mark.parametrize(
        ("asked", "answer", "options"),
        [
            ((RENEGOTIATION_INFO, b"\x00"), b"\x00", {}),
            ((EXTENDED_MASTER_SECRET, b""), b"", {}),
            ((SESSION_TICKET, b""), b"", {"ticket_keys": TicketKeys()}),
            ((SESSION_TICKET, b""), None, {"tickets": False}),
            ((EXTENDED_MASTER_SECRET, b""), None, {"extended_master_secret": False}),
            ((MAX_FRAGMENT_LENGTH, b"\x03"), b"\x03", {}),
            # RFC 8449 section 4: our own limit, which is what we take at most if none is configured.
            ((RECORD_SIZE_LIMIT, b"\x01\x00"), b"\x40\x00", {}),
            ((RECORD_SIZE_LIMIT, b"\x01\x00"), b"\x02\x00", {"record_size_limit": 512}),
            (alpn(b"x", b"h2"), peer.u16(peer.u8(b"h2")), {"alpn": ("h2", "x")}),
            (alpn(b"x", b"h2"), None, {}),
            (server_name(b"localhost"), b"", {}),
            (server_name(b"LOCALHOST"), b"", {}),
            # Of a host that no certificate is for the default one is served, and nothing is acknowledged.
            (server_name(b"elsewhere.test"), None, {}),
            # No OCSP response is configured.
            ((STATUS_REQUEST, b"\x01\0\0\0\0"), None, {}),
        ],
    )
    def test_one_at_a_time(self, asked: tuple[int, bytes], answer: bytes | None, options: dict[str, Any]) -> None:
        assert answered(chosen(asked, **options)) == ({} if answer is None else {asked[0]: answer})

    def test_nothing_to_answer_is_no_extensions_at_all(self) -> None:
        assert chosen().server_hello.extensions is None

    def test_the_signalling_suite_asks_for_renegotiation_info_too(self) -> None:
        """RFC 5746 section 3.6."""
        assert answered(chosen(hello={"suites": (0x009C, 0x00FF)})) == {RENEGOTIATION_INFO: b"\x00"}

    @pytest.mark.parametrize("suite", [*GCM, *CBC])
    def test_encrypt_then_mac_is_for_cbc_alone(self, suite: int) -> None:
        """RFC 7366 section 3: a server that chooses another kind of suite must not send it."""
        choice = chosen((ENCRYPT_THEN_MAC, b""), hello={"suites": (suite,)})
        assert choice.agreed.encrypt_then_mac == (ENCRYPT_THEN_MAC in answered(choice)) == (suite in CBC)
        assert ENCRYPT_THEN_MAC not in answered(
            chosen((ENCRYPT_THEN_MAC, b""), hello={"suites": (suite,)}, encrypt_then_mac=False)
        )

    def test_record_size_limit_overrides_max_fragment_length(self) -> None:
        """RFC 8449 section 5."""
        choice = chosen((MAX_FRAGMENT_LENGTH, b"\x01"), (RECORD_SIZE_LIMIT, b"\x01\x00"))
        assert (choice.agreed.max_fragment_length, choice.agreed.record_size_limits) == (None, (256, 2**14))
        assert answered(choice).keys() == {RECORD_SIZE_LIMIT}

    def test_alpn_without_a_common_protocol(self) -> None:
        with pytest.raises(NoApplicationProtocol, match="offers ALPN x, y, this server h2"):
            chosen(alpn(b"x", b"y"), alpn=("h2",))


class TestCredential:
    def test_the_one_for_the_name_else_the_first(self) -> None:
        leaf, key = certificates.server("other.test")
        other = Credential((leaf,), key)
        both = {"credentials": (credential(), other)}
        assert chosen(server_name(b"other.test"), **both).credential is other
        assert chosen(server_name(b"third.test"), **both).credential is credential()
        assert chosen(**both).credential is credential()

    def test_strictly(self) -> None:
        with pytest.raises(UnrecognizedName, match=r"third\.test"):
            chosen(server_name(b"third.test"), strict_sni=True)
        # Who names nobody has named nobody unknown.
        assert chosen(strict_sni=True).credential is credential()

    @pytest.mark.parametrize(("kind", "stapled"), [(1, True), (2, False)])
    def test_a_staple_for_who_asks_for_ocsp(self, kind: int, stapled: bool) -> None:
        """RFC 6066 section 8: status_type 1 is ocsp; others are passed over."""
        config = {"credentials": (Credential(*pem("server"), ocsp_response=b"good"),)}
        choice = chosen((STATUS_REQUEST, bytes([kind]) + b"\0\0\0\0"), **config)
        assert choice.staple == stapled and (STATUS_REQUEST in answered(choice)) == stapled


class TestSession:
    def test_a_new_one_gets_an_id_if_it_can_be_resumed_by_it(self) -> None:
        choice = chosen(hello={"session_id": b"unknown"})
        assert choice.agreed.resumed is None
        assert choice.agreed.session_id == choice.server_hello.session_id == SESSION_ID
        assert choice.agreed.server_random == choice.server_hello.random == RANDOM
        assert chosen(sessions=None).server_hello.session_id == b""

    def test_a_known_one_is_resumed_under_its_id_and_suite(self) -> None:
        """RFC 5246 section 7.4.1.3; RFC 6066 section 3: server_name is not acknowledged then."""
        store, kept = SessionCache(), session(created=int(NOW.timestamp()), peer_certificates=(), cipher_suite=0x0035)
        store.store(b"known", kept)
        hello = {"session_id": b"known"}
        choice = chosen((EXTENDED_MASTER_SECRET, b""), server_name(b"localhost"), hello=hello, sessions=store)
        assert choice.agreed.resumed == kept
        assert (choice.server_hello.session_id, choice.server_hello.cipher_suite) == (b"known", 0x0035)
        assert answered(choice) == {EXTENDED_MASTER_SECRET: b""}

    @pytest.mark.parametrize(
        "changed",
        [
            {"server_name": b"elsewhere"},
            {"extended_master_secret": 0},
            {"max_fragment_length": 512},
            {"cipher_suite": 0xC02F},
            {"created": int(NOW.timestamp()) - 7201},
            {"peer_certificates": (b"whom nobody here trusts",)},
        ],
    )
    def test_what_does_not_fit_is_not_resumed(self, changed: dict[str, Any]) -> None:
        store = SessionCache()
        store.store(b"known", session(**{"created": int(NOW.timestamp()), "peer_certificates": (), **changed}))
        asked = ((EXTENDED_MASTER_SECRET, b""), server_name(b"localhost"))
        choice = chosen(*asked, hello={"session_id": b"known"}, sessions=store)
        assert choice.agreed.resumed is None and choice.server_hello.session_id == SESSION_ID

    def test_without_the_extended_master_secret_it_had_the_handshake_ends(self) -> None:
        """RFC 7627 section 5.3: MUST abort."""
        store = SessionCache()
        store.store(b"known", session(created=int(NOW.timestamp()), peer_certificates=()))
        with pytest.raises(HandshakeFailure, match="RFC 7627"):
            chosen(server_name(b"localhost"), hello={"session_id": b"known"}, sessions=store)

    @pytest.mark.parametrize("known", [True, False])
    def test_a_ticket_takes_precedence_over_the_id(self, known: bool) -> None:
        """RFC 5077 section 3.4: the ID that comes with a ticket is an echo, even if the cache knows it."""
        keys, store = TicketKeys(), SessionCache()
        now = int(NOW.timestamp())
        store.store(b"known", session(created=now, peer_certificates=(), cipher_suite=0x002F))
        inside = session(created=now, peer_certificates=(), cipher_suite=0x003D)
        ticket = keys.seal(inside, NOW) if known else b"of another server"
        asked = ((EXTENDED_MASTER_SECRET, b""), server_name(b"localhost"), (SESSION_TICKET, ticket))
        choice = chosen(*asked, hello={"session_id": b"known"}, sessions=store, ticket_keys=keys)
        assert choice.agreed.resumed == (inside if known else None)
        # A ticket that is good for long is not renewed; a full handshake gives a new one.
        assert choice.agreed.new_ticket == (not known)
