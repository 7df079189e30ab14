"""The independent peer and minitls understand each other: every suite, both MAC orders, both sides, resumed or not."""

from __future__ import annotations

import pytest

from minitls import SessionCache, TicketKeys
from tests.handshake.peer import (
    APPLICATION_DATA,
    CLIENT_FLIGHT,
    CLOSE_NOTIFY,
    FULL_SERVER_FLIGHT,
    LAST_FLIGHT,
    SUITES,
    Saved,
)
from tests.helpers import (
    client_peer,
    converse,
    credential,
    kinds,
    new_client,
    new_server,
    pem,
    server_peer,
    tell,
    trust,
)

VARIANTS = [
    pytest.param(suite, ems, etm, id=f"{suite:04x}-{'ems' if ems else 'no_ems'}-{'etm' if etm else 'mte'}")
    for suite, row in SUITES.items()
    for ems in (True, False)
    for etm in ((True, False) if row.mode == "CBC" else (False,))
]


@pytest.mark.parametrize(("suite", "ems", "etm"), VARIANTS)
class TestEverySuite:
    def test_a_client_of_ours_talks_to_the_peer(self, suite: int, ems: bool, etm: bool) -> None:
        client, peer = new_client(), server_peer(suite=suite, ems=ems, etm=etm)
        peer.take(client.data_to_send())
        events = converse(peer, client, *FULL_SERVER_FLIGHT, *LAST_FLIGHT)
        assert kinds(events) == ["complete"] and peer.finished_right
        assert client.negotiated
        assert (client.negotiated.extended_master_secret, client.negotiated.encrypt_then_mac) == (ems, etm)
        client.send_data(b"ping")
        peer.take(client.data_to_send())
        assert peer.heard[-1] == (APPLICATION_DATA, b"ping")
        assert kinds(tell(peer, client, peer.data(b"pong") + peer.record(21, CLOSE_NOTIFY))) == [
            "data " + b"pong".hex(),
            "closed",
        ]
        assert peer.heard[-1] == (21, CLOSE_NOTIFY)

    def test_a_server_of_ours_talks_to_the_peer_and_resumes(self, suite: int, ems: bool, etm: bool) -> None:
        config = new_server().config
        server, peer = new_server(config), client_peer(suite=suite, ems=ems, etm=etm)
        events = converse(peer, server, "ClientHello", *CLIENT_FLIGHT)
        assert kinds(events) == ["complete"] and peer.finished_right
        assert (peer.ems, peer.etm) == (ems, etm)
        assert kinds(tell(peer, server, peer.data(b"ping"))) == ["data " + b"ping".hex()]
        server.send_data(b"pong")
        peer.take(server.data_to_send())
        assert peer.heard[-1] == (APPLICATION_DATA, b"pong")

        again, resuming = new_server(config), client_peer(seed=2, suite=suite, ems=ems, etm=etm, saved=peer.save())
        events = converse(resuming, again, "ClientHello", *LAST_FLIGHT)
        assert kinds(events) == ["complete"] and resuming.resumed and resuming.finished_right


def test_a_ticket_is_resumed() -> None:
    config = new_server(ticket_keys=TicketKeys(), sessions=None).config
    server, peer = new_server(config), client_peer(ticket=True)
    converse(peer, server, "ClientHello", *CLIENT_FLIGHT)
    saved = peer.save()
    assert saved.ticket
    saved.session_id = b"of the client's own making"
    again, resuming = new_server(config), client_peer(seed=2, ticket=True, saved=saved)
    assert kinds(converse(resuming, again, "ClientHello", *LAST_FLIGHT)) == ["complete"]
    assert resuming.resumed and resuming.finished_right


def test_a_client_shows_its_certificate() -> None:
    chain, key = pem("client")
    server = new_server(client_trust=trust(), require_client_certificate=True)
    peer = client_peer(chain=chain, key=key)
    words = ("ClientHello", "Certificate", "ClientKeyExchange", "CertificateVerify", *LAST_FLIGHT)
    assert kinds(converse(peer, server, *words)) == ["complete"]
    assert server.negotiated and server.negotiated.peer_certificates == chain


def test_a_client_of_ours_shows_its_certificate_and_resumes_a_session_that_the_peer_knows() -> None:
    config = new_client(credential=credential("client"), sessions=SessionCache()).config
    client, peer = new_client(config), server_peer()
    peer.take(client.data_to_send())
    words = ("ServerHello", "Certificate", "CertificateRequest", "ServerHelloDone", *LAST_FLIGHT)
    assert kinds(converse(peer, client, *words)) == ["complete"] and peer.finished_right
    assert [name for name, _ in peer.messages][1:4] == ["Certificate", "ClientKeyExchange", "CertificateVerify"]

    saved: Saved = peer.save()
    again, taking_up = new_client(config), server_peer(seed=2, saved=saved)
    taking_up.take(again.data_to_send())
    assert taking_up.session_id == saved.session_id
    assert kinds(converse(taking_up, again, "ServerHello", *LAST_FLIGHT)) == ["complete"] and taking_up.finished_right
