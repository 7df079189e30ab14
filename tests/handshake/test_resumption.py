"""Resumption by session ID and by ticket, told from the server: when it happens, when it must not, and what is
remembered (RFC 5246 F.1.4, RFC 5077, RFC 7627 section 5.3). Who resumes is told by the messages that travel, not by
what either side claims. The client's part is in `test_resumption_client.py`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from minitls import Credential, SessionCache, TicketKeys, TLSError, TrustStore
from minitls.errors import HandshakeFailure, IllegalParameter, PeerAlert, UnexpectedMessage
from minitls.handshake.config import ServerConfig
from tests.handshake import certificates
from tests.handshake.peer import ALERT, CLIENT_FLIGHT, LAST_FLIGHT, SESSION_TICKET, Peer, Saved, alpn
from tests.helpers import (
    Clock,
    client_config,
    client_peer,
    connected,
    converse,
    credential,
    kinds,
    new_client,
    new_server,
    pump,
    server_config,
    tell,
    trust,
)

AES256_GCM = "TLS_RSA_WITH_AES_256_GCM_SHA384"


def first(config: ServerConfig, **peer_options: Any) -> Saved:
    """A full handshake of the peer with our server; the session that came of it."""
    server, peer = new_server(config), client_peer(seed=10, **peer_options)
    words: tuple[str, ...] = CLIENT_FLIGHT
    if config.client_trust and peer.chain:
        words = ("Certificate", "ClientKeyExchange", "CertificateVerify", *LAST_FLIGHT)
    elif config.client_trust:
        words = ("EmptyCertificate", *CLIENT_FLIGHT)
    converse(peer, server, "ClientHello", *words)
    assert server.negotiated and peer.finished_right
    return peer.save()


def again(config: ServerConfig, saved: Saved, **peer_options: Any) -> Peer:
    """The peer offers `saved`; the server's answer is in the peer, whose `resumed` tells which it was."""
    server, peer = new_server(config), client_peer(seed=11, saved=saved, **peer_options)
    converse(peer, server, "ClientHello")
    full = any(name == "Certificate" for name, _ in peer.messages)
    assert full != any(name == "Finished" for name, _ in peer.messages)
    if full:
        # The peer cannot tell an echoed session ID from a resumption before it sees what follows.
        peer.resumed, peer.master = False, None
        converse(peer, server, *CLIENT_FLIGHT)
    else:
        peer.resumed = True
        converse(peer, server, *LAST_FLIGHT)
    assert server.negotiated and server.negotiated.resumed != full and peer.finished_right
    return peer


def by_ticket(saved: Saved) -> Saved:
    """What a client keeps that was given a ticket: it makes up a session ID of its own."""
    assert saved.ticket
    return replace(saved, session_id=b"the client's own")


@pytest.fixture(params=["ID", "ticket"])
def how(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def options_of(how: str, **server: Any) -> tuple[ServerConfig, dict[str, Any]]:
    """(server, peer's options) for resumption by session ID alone or by ticket alone."""
    if how == "ID":
        return server_config(sessions=SessionCache(), tickets=False, **server), {}
    return server_config(sessions=None, ticket_keys=TicketKeys(), **server), {"ticket": True}


def kept(how: str, saved: Saved) -> Saved:
    return saved if how == "ID" else by_ticket(saved)


class TestServer:
    def test_a_known_session_is_taken_up(self, how: str) -> None:
        config, options = options_of(how)
        peer = again(config, kept(how, first(config, **options)), **options)
        assert peer.resumed
        assert [name for name, _ in peer.messages] == ["ServerHello", "ChangeCipherSpec", "Finished"]

    def test_the_offered_session_id_is_echoed(self, how: str) -> None:
        config, options = options_of(how)
        saved = kept(how, first(config, **options))
        assert again(config, saved, **options).session_id == saved.session_id

    def test_keys_are_new_each_time(self, how: str) -> None:
        config, options = options_of(how)
        saved = kept(how, first(config, **options))
        one, two = again(config, saved, **options), again(config, saved, **options)
        assert one.writing and two.writing
        assert one.randoms["server"] != two.randoms["server"] and one.writing.key != two.writing.key

    def test_a_session_of_yesterday_is_not(self, how: str) -> None:
        clock = Clock()
        lifetime = timedelta(hours=1)
        config, options = options_of(how, now=clock)
        if how == "ID":
            config = replace(config, sessions=SessionCache(lifetime=lifetime))
        else:
            config = replace(config, ticket_keys=TicketKeys(lifetime=lifetime))
        saved = kept(how, first(config, **options))
        clock.move(minutes=59)
        assert again(config, saved, **options).resumed
        clock.move(minutes=2)
        assert not again(config, saved, **options).resumed

    def test_a_session_from_the_future_is_not(self, how: str) -> None:
        clock = Clock()
        config, options = options_of(how, now=clock)
        saved = kept(how, first(config, **options))
        clock.move(hours=-1)
        assert not again(config, saved, **options).resumed

    def test_for_another_server_name_it_is_not(self, how: str) -> None:
        chain, key = certificates.server("localhost", "other.test")
        config, options = options_of(how, credentials=(Credential((chain,), key),))
        saved = kept(how, first(config, **options))
        assert not again(config, saved, server_name=b"other.test", **options).resumed
        assert not again(config, saved, server_name=None, **options).resumed
        assert again(config, saved, server_name=b"LOCALHOST", **options).resumed

    def test_without_a_suite_that_we_still_speak_it_is_not(self, how: str) -> None:
        config, options = options_of(how)
        saved = kept(how, first(config, suite=0x009C, **options))
        narrowed = replace(config, cipher_suites=(AES256_GCM,))
        server, peer = new_server(narrowed), client_peer(seed=11, saved=saved, **options)
        with pytest.raises(HandshakeFailure):  # The peer's hello holds the session's suite alone.
            converse(peer, server, "ClientHello")

    def test_without_its_suite_in_the_hello_it_is_illegal(self, how: str) -> None:
        """RFC 5246 section 7.4.1.2: the list MUST include the suite of the session offered."""
        config, options = options_of(how)
        saved = kept(how, first(config, suite=0x009C, **options))
        with pytest.raises(IllegalParameter, match="009c"):
            again(config, saved, suite=0x002F, **options)

    def test_extended_master_secret_dropped_is_a_failure(self, how: str) -> None:
        """RFC 7627 section 5.3: the server MUST abort."""
        config, options = options_of(how)
        saved = kept(how, first(config, ems=True, **options))
        with pytest.raises(HandshakeFailure, match="7627"):
            again(config, saved, ems=False, **options)

    def test_extended_master_secret_added_is_a_full_handshake(self, how: str) -> None:
        """RFC 7627 section 5.3: the server MUST NOT abbreviate."""
        config, options = options_of(how)
        saved = kept(how, first(config, ems=False, **options))
        peer = again(config, saved, ems=True, **options)
        assert not peer.resumed and peer.ems

    def test_extended_master_secret_on_neither_side(self, how: str) -> None:
        config, options = options_of(how)
        saved = kept(how, first(config, ems=False, **options))
        assert again(config, saved, ems=False, **options).resumed

    def test_alpn_is_negotiated_anew(self, how: str) -> None:
        config, options = options_of(how, alpn=("h2", "http/1.1"))
        saved = kept(how, first(config, extensions=[alpn(b"h2")], **options))
        peer = again(config, saved, extensions=[alpn(b"http/1.1")], **options)
        assert peer.resumed and peer.answered[16] == alpn(b"http/1.1")[1]

    def test_encrypt_then_mac_is_negotiated_anew(self, how: str) -> None:
        """RFC 7366 section 3.1."""
        config, options = options_of(how)
        saved = kept(how, first(config, suite=0x002F, etm=True, **options))
        assert again(config, saved, suite=0x002F, etm=False, **options).resumed
        assert again(config, saved, suite=0x002F, etm=True, **options).etm

    def test_its_max_fragment_length_holds_for_every_resumption(self, how: str) -> None:
        """RFC 6066 section 4: the length applies for the duration of the session, session resumptions included."""
        server, _ = options_of(how)
        sessions = SessionCache()
        resumed = []
        for length in (512, 512, 1024, 1024, None):
            client, _ = connected(client_config(sessions=sessions, max_fragment_length=length), server)
            assert client.negotiated
            resumed.append(client.negotiated.resumed)
        assert resumed == [False, True, False, True, False]

    def test_another_length_than_the_sessions_is_a_full_handshake(self, how: str) -> None:
        config, options = options_of(how)
        saved = kept(how, first(config, **options))
        max_fragment_length = (1, b"\x01")
        server, peer = (
            new_server(config),
            client_peer(seed=11, saved=saved, extensions=(max_fragment_length,), **options),
        )
        converse(peer, server, "ClientHello")
        assert any(name == "Certificate" for name, _ in peer.messages)

    def test_server_name_is_not_acknowledged_again(self, how: str) -> None:
        """RFC 6066 section 3: a resuming server MUST NOT include it."""
        config, options = options_of(how)
        saved = kept(how, first(config, **options))
        assert 0 not in again(config, saved, **options).answered

    def test_a_client_that_was_never_authenticated_must_show_its_certificate(self, how: str) -> None:
        config, options = options_of(how)
        saved = kept(how, first(config, **options))
        strict = replace(config, client_trust=trust(), require_client_certificate=True)
        server, peer = new_server(strict), client_peer(seed=11, saved=saved, **options)
        converse(peer, server, "ClientHello")
        assert [name for name, _ in peer.messages][-2:] == ["CertificateRequest", "ServerHelloDone"]

    def test_the_clients_certificate_is_remembered(self, how: str) -> None:
        certificate, key = certificates.client()
        roots = TrustStore.of([certificates.root()])
        config, options = options_of(how, client_trust=roots, require_client_certificate=True)
        saved = kept(how, first(config, chain=(certificate,), key=key, **options))
        server, peer = new_server(config), client_peer(seed=11, saved=saved, **options)
        converse(peer, server, "ClientHello", *LAST_FLIGHT)
        assert server.negotiated and server.negotiated.resumed
        assert server.negotiated.peer_certificates == (certificate,)

    def test_a_certificate_that_would_no_longer_be_accepted_is_asked_for_again(self, how: str) -> None:
        """Sessions outlive configurations and may be shared between them; what was shown is judged again."""
        certificate, key = certificates.client()
        clock = Clock()
        config, options = options_of(how, client_trust=TrustStore.of([certificates.root()]), now=clock)
        saved = kept(how, first(config, chain=(certificate,), key=key, **options))
        for other in (replace(config, client_trust=trust()), replace(config, client_trust=None)):
            server, peer = new_server(other), client_peer(seed=11, saved=saved, **options)
            converse(peer, server, "ClientHello")
            assert peer.messages[-1][0] == "ServerHelloDone", "it was resumed"
        server, peer = new_server(config), client_peer(seed=11, saved=saved, **options)
        converse(peer, server, "ClientHello", *LAST_FLIGHT)
        assert server.negotiated and server.negotiated.resumed

    def test_a_certificate_that_has_expired_since_is_asked_for_again(self, how: str) -> None:
        certificate, key = certificates.client()
        clock = Clock(certificates.UNTIL - timedelta(minutes=5))
        config, options = options_of(how, client_trust=TrustStore.of([certificates.root()]), now=clock)
        saved = kept(how, first(config, chain=(certificate,), key=key, **options))
        clock.move(minutes=10)
        server, peer = new_server(config), client_peer(seed=11, saved=saved, **options)
        converse(peer, server, "ClientHello")
        assert peer.messages[-1][0] == "ServerHelloDone", "it was resumed"

    def test_a_wrong_finished_of_the_client_ends_it(self, how: str) -> None:
        config, options = options_of(how)
        saved = kept(how, first(config, **options))
        stranger = replace(saved, master=b"guess" * 9 + b"xyz")
        server, peer = new_server(config), client_peer(seed=11, saved=stranger, **options)
        tell_raw(peer, server, "ClientHello")
        with pytest.raises(TLSError, match="authentication"):
            server.receive_data(peer.say("ChangeCipherSpec") + peer.say("Finished"))
        assert server.negotiated is None


def tell_raw(peer: Peer, server: Any, word: str) -> None:
    """Say a word; of the answer the peer takes the first record alone, for it cannot read the rest."""
    server.receive_data(peer.say(word))
    answer = server.data_to_send()
    peer.take(answer[: 5 + int.from_bytes(answer[3:5], "big")])


class TestServerStore:
    def test_an_unknown_id_gets_a_new_one(self) -> None:
        config = server_config()
        peer = again(config, replace(first(config), session_id=b"u" * 32))
        assert not peer.resumed and peer.session_id not in (b"", b"u" * 32) and len(peer.session_id) == 32

    def test_without_a_store_there_is_no_session_id(self) -> None:
        saved = first(server_config(sessions=None, tickets=False))
        assert saved.session_id == b"" and saved.ticket == b""

    @pytest.mark.parametrize("fault", ["local", "peer's alert"])
    def test_a_fatal_alert_forgets_the_session(self, fault: str) -> None:
        """RFC 5246 section 7.2.2."""
        config = server_config()
        server, peer = new_server(config), client_peer(seed=10)
        converse(peer, server, "ClientHello", *CLIENT_FLIGHT)
        saved = peer.save()
        if fault == "local":
            with pytest.raises(UnexpectedMessage):
                tell(peer, server, peer.record(20, b"\x01"))
        else:
            with pytest.raises(PeerAlert):
                tell(peer, server, peer.record(ALERT, b"\x02\x50"))
        assert not again(config, saved).resumed

    def test_close_notify_and_the_end_of_tcp_do_not(self) -> None:
        config = server_config()
        for ending in ("close_notify", "end of TCP"):
            server, peer = new_server(config), client_peer(seed=10)
            converse(peer, server, "ClientHello", *CLIENT_FLIGHT)
            if ending == "close_notify":
                tell(peer, server, peer.record(ALERT, b"\x01\x00"))
            else:
                with pytest.raises(TLSError, match="truncated"):
                    server.receive_data(b"")
            assert again(config, peer.save()).resumed, ending

    def test_a_fault_in_a_resumed_handshake_forgets_too(self) -> None:
        config = server_config()
        saved = first(config)
        server, peer = new_server(config), client_peer(seed=11, saved=saved)
        converse(peer, server, "ClientHello")
        with pytest.raises(UnexpectedMessage):
            tell(peer, server, peer.say("Finished"))
        assert not again(config, saved).resumed

    def test_a_handshake_that_failed_leaves_no_session(self) -> None:
        cache = SessionCache()
        server, peer = new_server(sessions=cache), client_peer()
        converse(peer, server, "ClientHello", "ClientKeyExchange", "ChangeCipherSpec")
        with pytest.raises(TLSError):
            tell(peer, server, peer.message("Finished", bytes(12)))
        assert len(cache) == 0


class TestTickets:
    def config(self, **options: Any) -> ServerConfig:
        return server_config(**{"sessions": None, "ticket_keys": TicketKeys(), **options})

    def test_only_who_asks_gets_one(self) -> None:
        assert first(self.config(), ticket=True).ticket
        assert first(self.config()).ticket == b""
        assert first(self.config(tickets=False), ticket=True).ticket == b""

    def test_with_an_empty_session_id(self) -> None:
        """RFC 5077 section 3.4: allowed; the client learns of acceptance by what follows ServerHello."""
        config = self.config()
        saved = replace(first(config, ticket=True), session_id=b"")
        server, peer = new_server(config), client_peer(seed=11, saved=saved, ticket=True)
        server.receive_data(peer.say("ClientHello"))
        answer = server.data_to_send()
        peer.take(answer[: 5 + int.from_bytes(answer[3:5], "big")])
        assert peer.session_id == b""
        peer.master, peer.resumed = saved.master, True
        peer.take(answer[5 + int.from_bytes(answer[3:5], "big") :])
        assert peer.finished_right
        assert kinds(converse(peer, server, *LAST_FLIGHT)) == ["complete"]

    def test_no_new_ticket_while_the_key_is_fresh(self) -> None:
        config = self.config()
        peer = again(config, by_ticket(first(config, ticket=True)), ticket=True)
        assert peer.resumed and peer.ticket_received == b"" and SESSION_TICKET not in peer.answered

    def test_a_new_ticket_when_the_key_is_about_to_go(self) -> None:
        clock = Clock()
        config = self.config(now=clock, ticket_keys=TicketKeys(lifetime=timedelta(hours=2)))
        first(config, ticket=True)
        clock.move(hours=1, minutes=50)
        saved = by_ticket(first(config, ticket=True))
        clock.move(minutes=20)
        peer = again(config, saved, ticket=True)
        assert peer.resumed and peer.ticket_received not in (b"", saved.ticket)
        assert again(config, by_ticket(peer.save()), ticket=True).resumed

    def test_a_renewed_ticket_does_not_make_the_session_live_longer(self) -> None:
        clock = Clock()
        config = self.config(now=clock, ticket_keys=TicketKeys(lifetime=timedelta(hours=2)))
        first(config, ticket=True)
        clock.move(hours=1, minutes=50)
        saved = by_ticket(first(config, ticket=True))
        clock.move(minutes=20)
        renewed = by_ticket(again(config, saved, ticket=True).save())
        clock.move(hours=1, minutes=41)
        assert not again(config, renewed, ticket=True).resumed

    @pytest.mark.parametrize("at", range(0, 200, 7))
    def test_tampered(self, at: int) -> None:
        config = self.config()
        saved = by_ticket(first(config, ticket=True))
        ticket = bytearray(saved.ticket)
        ticket[at % len(ticket)] ^= 0x01
        assert not again(config, replace(saved, ticket=bytes(ticket)), ticket=True).resumed

    @pytest.mark.parametrize("size", [1, 15, 16, 27, 28, 43, 44, -1])
    def test_truncated(self, size: int) -> None:
        config = self.config()
        saved = by_ticket(first(config, ticket=True))
        assert not again(config, replace(saved, ticket=saved.ticket[:size]), ticket=True).resumed

    def test_foreign(self) -> None:
        saved = by_ticket(first(self.config(), ticket=True))
        assert not again(self.config(), saved, ticket=True).resumed

    def test_two_hosts_with_the_same_keys(self) -> None:
        keys = TicketKeys()
        saved = by_ticket(first(self.config(ticket_keys=keys), ticket=True))
        assert again(self.config(ticket_keys=keys), saved, ticket=True).resumed

    def test_a_refused_ticket_is_replaced(self) -> None:
        config = self.config()
        saved = by_ticket(first(self.config(), ticket=True))
        peer = again(config, saved, ticket=True)
        assert not peer.resumed and peer.ticket_received
        assert again(config, by_ticket(peer.save()), ticket=True).resumed

    def test_a_server_without_tickets_looks_at_the_session_id(self) -> None:
        """An extension that is not spoken is ignored (RFC 5246 section 7.4.1.4), whatever it holds."""
        config = server_config(tickets=False)
        saved = replace(first(config), ticket=b"of some other server")
        assert again(config, saved, ticket=True).resumed

    def test_a_ticket_hides_the_session(self) -> None:
        saved = first(self.config(), ticket=True)
        assert saved.master not in saved.ticket

    def test_two_tickets_have_nothing_but_the_key_name_in_common(self) -> None:
        config = self.config()
        one, two = first(config, ticket=True).ticket, first(config, ticket=True, suite=0x009D).ticket
        assert one[:16] == two[:16] and one[16:28] != two[16:28]


class TestBothOurs:
    def test_by_id_and_by_ticket_through_several_connections(self) -> None:
        clock = Clock()
        for tickets in (False, True):
            client = client_config(sessions=SessionCache(), tickets=tickets, now=clock)
            server = server_config(now=clock, client_trust=trust())
            resumed = []
            for _ in range(4):
                ends = connected(client, server)
                assert ends[0].negotiated and ends[1].negotiated
                assert ends[0].negotiated.resumed == ends[1].negotiated.resumed
                resumed.append(ends[0].negotiated.resumed)
            assert resumed == [False, True, True, True]

    def test_virtual_hosts_with_their_own_certificates(self) -> None:
        chain, key = certificates.server("other.test", "*.wild.test")
        roots = TrustStore.of([certificates.root()])
        server = server_config(credentials=(credential(), Credential((chain,), key)))
        for name, trusted in (("localhost", trust()), ("other.test", roots), ("a.wild.test", roots)):
            client, _ = connected(client_config(trust=trusted), server, name)
            assert client.negotiated
        for name in ("b.a.wild.test", "wild.test"):
            stranger = new_client(client_config(trust=roots), name)
            with pytest.raises(TLSError):
                pump(stranger, new_server(server))
