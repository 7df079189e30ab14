"""The client's walk: what it says, what it waits for, in the order of RFC 5246 figures 1 and 2, and what it keeps.

The other side is the independent peer. Which orders are refused is proved in `test_states.py`, which session it offers
in `../test_resumption_client.py`, and how it signs in `../test_client_authentication.py`.
"""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from minitls import SessionCache, TLSError
from minitls.connection import Connection
from minitls.errors import AlertDescription
from minitls.observe import CertificateChecked, Noted, Observation, StateEntered
from tests.handshake import certificates
from tests.handshake.peer import FULL_SERVER_FLIGHT, LAST_FLIGHT, Peer
from tests.helpers import NOW, converse, credential, new_client, server_peer, tell

KEY_EXCHANGE = ("ClientKeyExchange", "ChangeCipherSpec", "Finished")


class Walk:
    """A client and the peer, message by message: (what the peer said, what the client answered, where it stands)."""

    def __init__(self, peer: Peer, **options: Any) -> None:
        self.told: list[Observation] = []
        self.peer, self.client = peer, new_client(observer=self.told.append, **options)
        self.steps: list[tuple[str, tuple[str, ...], str]] = []
        self._note("")

    def say(self, *words: str) -> Walk:
        for word in words:
            self.client.receive_data(self.peer.say(word))
            self._note(word)
        return self

    def _note(self, word: str) -> None:
        before = len(self.peer.messages)
        self.peer.take(self.client.data_to_send())
        answer = tuple(name for name, _ in self.peer.messages[before:])
        self.steps.append((word, answer, self.client.state.name))

    @property
    def moves(self) -> list[str]:
        return [each.to_state for each in self.told if isinstance(each, StateEntered)]


class TestFigure1:
    """A full handshake."""

    def test_as_drawn(self) -> None:
        walk = Walk(server_peer()).say(*FULL_SERVER_FLIGHT, *LAST_FLIGHT)
        assert walk.steps == [
            ("", ("ClientHello",), "WAIT_SERVER_HELLO"),
            ("ServerHello", (), "WAIT_CERTIFICATE"),
            ("Certificate", (), "WAIT_CERTIFICATE_REQUEST"),
            ("ServerHelloDone", KEY_EXCHANGE, "WAIT_CHANGE_CIPHER_SPEC"),
            ("ChangeCipherSpec", (), "WAIT_FINISHED"),
            ("Finished", (), "CONNECTED"),
        ]
        # Where nothing is left open, the moves are those of the messages; the peer has opened and checked Finished.
        assert walk.moves == [state for _, _, state in walk.steps]
        assert walk.peer.finished_right
        assert walk.client.negotiated is not None and not walk.client.negotiated.resumed

    @pytest.mark.parametrize("shows", [True, False])
    def test_asked_for_a_certificate(self, shows: bool) -> None:
        """Section 7.4.6: before ClientKeyExchange, empty if there is none; 7.4.8: and then no CertificateVerify."""
        walk = Walk(server_peer(), **({"credential": credential("client")} if shows else {}))
        walk.say("ServerHello", "Certificate", "CertificateRequest", "ServerHelloDone", *LAST_FLIGHT)
        verify = ("CertificateVerify",) if shows else ()
        assert walk.steps[3:5] == [
            ("CertificateRequest", (), "WAIT_SERVER_HELLO_DONE"),
            (
                "ServerHelloDone",
                ("Certificate", "ClientKeyExchange", *verify, "ChangeCipherSpec", "Finished"),
                "WAIT_CHANGE_CIPHER_SPEC",
            ),
        ]
        assert walk.steps[-1][2] == "CONNECTED" and walk.peer.finished_right
        body = dict(walk.peer.messages)["Certificate"]
        assert (body == b"\0\0\0") == (not shows)

    def test_a_ticket_is_waited_for_if_it_is_announced(self) -> None:
        """RFC 5077 figure 1."""
        walk = Walk(server_peer(ticket=True)).say(*FULL_SERVER_FLIGHT, "NewSessionTicket", *LAST_FLIGHT)
        assert walk.steps[3:5] == [
            ("ServerHelloDone", KEY_EXCHANGE, "WAIT_NEW_SESSION_TICKET"),
            ("NewSessionTicket", (), "WAIT_CHANGE_CIPHER_SPEC"),
        ]

    def test_a_server_that_is_not_who_it_should_be_gets_nothing(self) -> None:
        """Not one byte is encrypted to its key: the chain is judged before anything is answered."""
        walk = Walk(server_peer(chain=certificates.server("localhost")[:1])).say("ServerHello")
        with pytest.raises(TLSError) as refused:
            walk.say("Certificate")
        assert refused.value.alert == AlertDescription.unknown_ca
        assert [isinstance(each, CertificateChecked) and each.accepted for each in walk.told].count(True) == 0
        walk._note("")
        assert walk.steps[-1] == ("", (), "CLOSED") and walk.peer.heard[-1] == (21, b"\x02\x30")


class TestFigure2:
    """An abbreviated handshake: the server's Finished comes first."""

    @pytest.mark.parametrize("by", ["session ID", "ticket"])
    def test_as_drawn(self, by: str) -> None:
        store, ticket = SessionCache(), by == "ticket"
        first = Walk(server_peer(ticket=ticket), sessions=store)
        first.say(*FULL_SERVER_FLIGHT, *(("NewSessionTicket",) if ticket else ()), *LAST_FLIGHT)
        saved = first.peer.save()
        saved.ticket = b"a sealed session" if ticket else b""
        walk = Walk(server_peer(seed=2, saved=saved), sessions=store).say("ServerHello", *LAST_FLIGHT)
        assert walk.steps == [
            ("", ("ClientHello",), "WAIT_SERVER_HELLO"),
            ("ServerHello", (), "WAIT_CHANGE_CIPHER_SPEC"),
            ("ChangeCipherSpec", (), "WAIT_FINISHED"),
            ("Finished", ("ChangeCipherSpec", "Finished"), "CONNECTED"),
        ]
        assert walk.peer.finished_right
        assert Noted("resumed", {"by": by}) in walk.told
        assert walk.client.negotiated is not None and walk.client.negotiated.resumed


class TestWhatIsKept:
    """RFC 5246 section F.1.4, RFC 5077 section 3.4."""

    @staticmethod
    def kept(peer: Peer, **options: Any) -> tuple[SessionCache, Connection]:
        store = SessionCache()
        client = new_client(sessions=store, **options)
        peer.take(client.data_to_send())
        ticket = ("NewSessionTicket",) if peer.ticket else ()
        converse(peer, client, *FULL_SERVER_FLIGHT, *ticket, *LAST_FLIGHT)
        assert client.negotiated is not None
        return store, client

    def test_by_session_id(self) -> None:
        peer = server_peer(suite=0x0035, ems=False)
        store, _ = self.kept(peer)
        found = store.fetch(b"localhost", NOW)
        assert found is not None
        assert (found.session_id, found.ticket) == (peer.session_id, b"")
        assert (found.master_secret, found.cipher_suite) == (peer.master_secret(), 0x0035)
        assert (found.extended_master_secret, found.server_name) == (0, b"localhost")
        assert (found.peer_certificates, found.created) == (peer.chain, int(NOW.timestamp()))

    def test_by_ticket(self) -> None:
        """The ID is ours to make up: the hash of the ticket, to know by its echo that the ticket was accepted."""
        store, client = self.kept(server_peer(ticket=True))
        found = store.fetch(b"localhost", NOW)
        assert found is not None and found.ticket == b"a sealed session" and found.ticket_lifetime_hint == 300
        assert found.session_id == hashlib.sha256(b"a sealed session").digest()
        assert client.negotiated is not None and client.negotiated.session == found

    def test_under_who_we_were_to_the_server(self) -> None:
        store, _ = self.kept(server_peer(), credential=credential("client"))
        own = hashlib.sha256(credential("client").chain[0]).hexdigest()
        assert store.fetch(f"localhost as {own}".encode(), NOW) is not None
        assert store.fetch(b"localhost", NOW) is None

    def test_nothing_before_the_servers_finished(self) -> None:
        store, client, peer = SessionCache(), None, server_peer()
        client = new_client(sessions=store)
        peer.take(client.data_to_send())
        converse(peer, client, *FULL_SERVER_FLIGHT, "ChangeCipherSpec")
        assert len(store) == 0
        with pytest.raises(TLSError):
            tell(peer, client, peer.message("Finished", bytes(12)))
        assert len(store) == 0
