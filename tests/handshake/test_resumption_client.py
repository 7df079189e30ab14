"""Resumption, the client's part: what it offers, to whom and how long, and what it makes of each answer (RFC 5246
F.1.4, RFC 5077, RFC 7627 section 5.3). Who resumes is told by the messages that travel.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from minitls import Credential, SessionCache, TrustStore
from minitls.errors import HandshakeFailure, IllegalParameter, PeerAlert
from minitls.handshake.config import ClientConfig
from tests.handshake import certificates
from tests.handshake.peer import (
    ALERT,
    FULL_SERVER_FLIGHT,
    LAST_FLIGHT,
    RENEGOTIATION_INFO,
    SESSION_TICKET,
    Peer,
    Saved,
    alpn,
    server_hello_body,
)
from tests.helpers import Clock, client_config, converse, new_client, pem, server_peer, tell

AES256_GCM = "TLS_RSA_WITH_AES_256_GCM_SHA384"


@pytest.fixture(params=["ID", "ticket"])
def how(request: pytest.FixtureRequest) -> str:
    return str(request.param)


class TestClient:
    def config(self, **options: Any) -> ClientConfig:
        return client_config(**{"sessions": SessionCache(), **options})

    def first(self, config: ClientConfig, how: str = "ID", name: str = "localhost", **options: Any) -> Saved:
        """A full handshake of our client with the peer."""
        client, peer = new_client(config, name), server_peer(seed=20, ticket=how == "ticket", **options)
        peer.take(client.data_to_send())
        ticket = ("NewSessionTicket",) if how == "ticket" else ()
        converse(peer, client, *FULL_SERVER_FLIGHT, *ticket, *LAST_FLIGHT)
        assert client.negotiated and not client.negotiated.resumed
        return peer.save()

    def offered(self, config: ClientConfig, name: str = "localhost") -> tuple[bytes, bytes | None]:
        """(session ID, ticket) of the next hello."""
        peer = server_peer()
        peer.take(new_client(config, name).data_to_send())
        return peer.session_id, peer.offered.get(SESSION_TICKET)

    def resume(self, config: ClientConfig, saved: Saved, *words: str, **options: Any) -> tuple[Any, Peer]:
        client, peer = new_client(config), server_peer(seed=21, saved=saved, **options)
        peer.take(client.data_to_send())
        converse(peer, client, *(words or ("ServerHello", *LAST_FLIGHT)))
        return client, peer

    def test_it_offers_what_it_kept(self, how: str) -> None:
        config = self.config()
        assert self.offered(config) == (b"", b"")
        saved = self.first(config, how)
        session_id, ticket = self.offered(config)
        if how == "ID":
            assert (session_id, ticket) == (saved.session_id, b"")
        else:
            assert ticket == b"a sealed session" and len(session_id) == 32
        client, peer = self.resume(config, saved)
        assert client.negotiated.resumed and peer.finished_right

    def test_a_server_that_declines_gets_a_full_handshake(self, how: str) -> None:
        config = self.config()
        self.first(config, how)
        client, peer = new_client(config), server_peer(seed=22)
        peer.take(client.data_to_send())
        converse(peer, client, *FULL_SERVER_FLIGHT, *LAST_FLIGHT)
        assert client.negotiated and not client.negotiated.resumed
        assert self.offered(config)[0] == peer.session_id

    def test_it_offers_nothing_to_another_host(self, how: str) -> None:
        config = self.config()
        self.first(config, how)
        assert self.offered(config, "other.test") == (b"", b"")

    def test_it_offers_nothing_that_it_made_as_somebody_else(self, how: str) -> None:
        """A resumed session goes on as whoever made it: with that certificate, or as nobody."""
        alice, bob = (Credential((der,), key) for der, key in map(certificates.client, ("RSA", "P-256")))
        config = self.config(credential=alice)
        self.first(config, how)
        assert self.offered(config)[0]
        for other in (bob, None):
            assert not self.offered(replace(config, credential=other))[0]
        nobody = self.config()
        self.first(nobody, how)
        assert not self.offered(replace(nobody, credential=alice))[0]

    def test_it_offers_nothing_that_is_too_old(self, how: str) -> None:
        clock = Clock()
        config = self.config(sessions=SessionCache(lifetime=timedelta(hours=1)), now=clock)
        self.first(config, how)
        clock.move(minutes=61)
        assert self.offered(config) == (b"", b"")

    def test_it_offers_no_ticket_beyond_the_servers_hint(self) -> None:
        """RFC 5077 section 3.3: the peer said 300 seconds."""
        clock = Clock()
        config = self.config(now=clock)
        self.first(config, "ticket")
        clock.move(seconds=299)
        assert self.offered(config)[1]
        clock.move(seconds=2)
        assert self.offered(config) == (b"", b"")

    def test_it_offers_no_session_of_a_suite_that_it_no_longer_speaks(self, how: str) -> None:
        config = self.config()
        self.first(config, how)
        assert self.offered(replace(config, cipher_suites=(AES256_GCM,))) == (b"", b"")

    def test_it_offers_no_session_with_extended_master_secret_without_offering_that(self, how: str) -> None:
        """RFC 7627 section 5.3: a server would have to abort."""
        config = self.config()
        self.first(config, how)
        assert self.offered(replace(config, extended_master_secret=False)) == (b"", b"")

    def test_it_offers_no_session_of_a_server_that_it_would_no_longer_trust(self, how: str) -> None:
        """With another list of roots, or after the certificate's last day, the server must show itself again."""
        config = self.config()
        self.first(config, how)
        assert self.offered(replace(config, trust=TrustStore.of([certificates.root()]))) == (b"", b"")

        certificate, key = certificates.server("localhost")
        clock = Clock(certificates.UNTIL - timedelta(minutes=2))
        config = self.config(trust=TrustStore.of([certificates.root()]), now=clock)
        self.first(config, how, chain=(certificate,), key=key)
        assert self.offered(config) != (b"", b"")
        clock.move(minutes=3)
        assert self.offered(config) == (b"", b"")

    def test_it_keeps_nothing_that_has_neither_id_nor_ticket(self) -> None:
        config = self.config()
        client, peer = new_client(config), server_peer()
        peer.take(client.data_to_send())
        peer.randoms["server"] = bytes(32)
        peer.ems = False
        body = server_hello_body([(RENEGOTIATION_INFO, b"\x00")], random=bytes(32))
        tell(peer, client, peer.message("ServerHello", body))
        converse(peer, client, *FULL_SERVER_FLIGHT[1:], *LAST_FLIGHT)
        assert client.negotiated and client.negotiated.session is None
        assert self.offered(config) == (b"", b"")

    def test_another_suite_in_a_resumed_handshake_is_illegal(self) -> None:
        config = self.config()
        saved = self.first(config)
        with pytest.raises(IllegalParameter, match="suite"):
            self.resume(config, saved, suite=0x009D)

    def test_extended_master_secret_dropped_or_added_is_a_failure(self) -> None:
        """RFC 7627 section 5.3: in both cases the client MUST abort."""
        config = self.config()
        saved = self.first(config)
        with pytest.raises(HandshakeFailure, match="7627"):
            self.resume(config, saved, ems=False)
        config = self.config()
        saved = self.first(config, ems=False)
        with pytest.raises(HandshakeFailure, match="7627"):
            self.resume(config, saved, ems=True)

    def test_alpn_is_negotiated_anew(self) -> None:
        config = self.config(alpn=("h2", "http/1.1"))
        saved = self.first(config, extensions=[alpn(b"h2")])
        client, _ = self.resume(config, saved, extensions=[alpn(b"http/1.1")])
        assert client.negotiated.resumed and client.negotiated.alpn == "http/1.1"

    def test_a_new_ticket_replaces_the_old_one(self) -> None:
        config = self.config()
        saved = self.first(config, "ticket")
        client, peer = new_client(config), server_peer(seed=21, saved=saved, ticket=True)
        peer.take(client.data_to_send())
        converse(peer, client, "ServerHello")
        tell(peer, client, peer.message("NewSessionTicket", b"\x00\x00\x01\x2c\x00\x05newer"))
        converse(peer, client, *LAST_FLIGHT)
        assert self.offered(config)[1] == b"newer"

    def test_an_empty_new_ticket_means_none(self) -> None:
        """RFC 5077 section 3.3: a server may announce a ticket and then send an empty one."""
        config = self.config()
        client, peer = new_client(config), server_peer(ticket=True)
        peer.take(client.data_to_send())
        converse(peer, client, *FULL_SERVER_FLIGHT)
        tell(peer, client, peer.message("NewSessionTicket", b"\x00\x00\x00\x00\x00\x00"))
        converse(peer, client, *LAST_FLIGHT)
        assert self.offered(config) == (peer.session_id, b"")

    @pytest.mark.parametrize("when", ["connected", "straight after the hello", "in the handshake"])
    def test_a_fatal_alert_forgets_the_session(self, how: str, when: str) -> None:
        """RFC 5246 section 7.2.2. If not, a client whose session a server cannot stand would fail forever."""
        config = self.config()
        saved = self.first(config, how)
        words = {"connected": ("ServerHello", *LAST_FLIGHT), "in the handshake": ("ServerHello",)}.get(when, ())
        client, peer = new_client(config), server_peer(seed=21, saved=saved)
        peer.take(client.data_to_send())
        converse(peer, client, *words)
        with pytest.raises(PeerAlert):
            tell(peer, client, peer.record(ALERT, b"\x02\x28"))
        assert self.offered(config) == (b"", b"")

    def test_the_servers_certificate_is_remembered(self, how: str) -> None:
        config = self.config()
        saved = self.first(config, how)
        client, _ = self.resume(config, saved)
        assert client.negotiated.peer_certificates == pem("server")[0]

    def test_tickets_can_be_declined(self) -> None:
        config = self.config(tickets=False)
        assert self.offered(config) == (b"", None)
