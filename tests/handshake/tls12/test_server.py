"""The server's walk: what it says, what it waits for, in the order of RFC 5246 figures 1 and 2, and what it keeps.

The other side is the independent peer. Which orders are refused is proved in `test_states.py`, what is resumed and how
tickets are issued in `../test_resumption.py`, signatures in `../test_client_authentication.py`.
"""

from __future__ import annotations

from typing import Any

import pytest
from cryptography import x509

from minitls import Credential, SessionCache, TicketKeys, TLSError, TrustStore
from minitls.errors import AlertDescription
from minitls.handshake.tls12.server import _certificate_request
from minitls.observe import Noted, Observation, StateEntered
from tests.handshake import certificates
from tests.handshake.peer import LAST_FLIGHT, STATUS_REQUEST, Peer, u16
from tests.helpers import NOW, client_peer, new_server, pem, trust

FLIGHT = ("ServerHello", "Certificate", "ServerHelloDone")


class Walk:
    """The peer and a server, message by message: (what the peer said, what the server answered, where it stands)."""

    def __init__(self, peer: Peer, **options: Any) -> None:
        self.told: list[Observation] = []
        self.peer, self.server = peer, new_server(observer=self.told.append, **options)
        self.steps: list[tuple[str, tuple[str, ...], str]] = [("", (), self.server.state.name)]

    def say(self, *words: str) -> Walk:
        for word in words:
            before = len(self.peer.messages)
            try:
                self.server.receive_data(self.peer.say(word))
            finally:
                self.peer.take(self.server.data_to_send())
                answer = tuple(name for name, _ in self.peer.messages[before:])
                self.steps.append((word, answer, self.server.state.name))
        return self

    @property
    def moves(self) -> list[str]:
        return [each.to_state for each in self.told if isinstance(each, StateEntered)]


class TestFigure1:
    """A full handshake: the client's Finished comes first."""

    def test_as_drawn(self) -> None:
        walk = Walk(client_peer()).say("ClientHello", "ClientKeyExchange", *LAST_FLIGHT)
        assert walk.steps == [
            ("", (), "WAIT_CLIENT_HELLO"),
            ("ClientHello", FLIGHT, "WAIT_CLIENT_KEY_EXCHANGE"),
            ("ClientKeyExchange", (), "WAIT_CHANGE_CIPHER_SPEC"),
            ("ChangeCipherSpec", (), "WAIT_FINISHED"),
            ("Finished", ("ChangeCipherSpec", "Finished"), "CONNECTED"),
        ]
        assert walk.moves == [state for _, _, state in walk.steps]
        assert walk.peer.finished_right
        assert walk.server.negotiated is not None and not walk.server.negotiated.resumed

    @pytest.mark.parametrize("shows", [True, False])
    def test_asking_for_a_certificate(self, shows: bool) -> None:
        """Section 7.4.4: after Certificate, before ServerHelloDone; 7.4.8: proof exactly if one was shown."""
        chain, key = pem("client")
        walk = Walk(client_peer(chain=chain, key=key), client_trust=trust())
        walk.say("ClientHello", "Certificate" if shows else "EmptyCertificate", "ClientKeyExchange")
        if shows:
            walk.say("CertificateVerify")
        walk.say(*LAST_FLIGHT)
        assert [(answer, state) for _, answer, state in walk.steps[1:]] == [
            (("ServerHello", "Certificate", "CertificateRequest", "ServerHelloDone"), "WAIT_CLIENT_CERTIFICATE"),
            ((), "WAIT_CLIENT_KEY_EXCHANGE"),
            *([((), "WAIT_CERTIFICATE_VERIFY")] if shows else []),
            ((), "WAIT_CHANGE_CIPHER_SPEC"),
            ((), "WAIT_FINISHED"),
            (("ChangeCipherSpec", "Finished"), "CONNECTED"),
        ]
        assert walk.server.negotiated is not None
        assert walk.server.negotiated.peer_certificates == (chain if shows else ())

    def test_requiring_one(self) -> None:
        walk = Walk(client_peer(), client_trust=trust(), require_client_certificate=True).say("ClientHello")
        with pytest.raises(TLSError) as refused:
            walk.say("EmptyCertificate")
        assert refused.value.alert == AlertDescription.handshake_failure
        assert walk.steps[-1][2] == "CLOSED"

    def test_a_certificate_that_nobody_vouches_for(self) -> None:
        leaf, key = certificates.client()
        walk = Walk(client_peer(chain=(leaf,), key=key), client_trust=trust()).say("ClientHello")
        with pytest.raises(TLSError) as refused:
            walk.say("Certificate")
        assert refused.value.alert == AlertDescription.unknown_ca

    def test_a_staple_follows_the_certificate(self) -> None:
        """RFC 6066 section 8: immediately after Certificate. Type 22; status_type ocsp, and the response as it is."""
        config = {"credentials": (Credential(*pem("server"), ocsp_response=b"good"),)}
        walk = Walk(client_peer(extensions=((STATUS_REQUEST, b"\x01\0\0\0\0"),)), **config).say("ClientHello")
        assert walk.steps[-1][1] == ("ServerHello", "Certificate", "CertificateStatus", "ServerHelloDone")
        assert dict(walk.peer.messages)["CertificateStatus"] == b"\x01\0\0\x04good"

    def test_a_ticket_is_issued_before_the_servers_change_cipher_spec(self) -> None:
        """RFC 5077 section 3.3."""
        walk = Walk(client_peer(ticket=True), ticket_keys=TicketKeys())
        walk.say("ClientHello", "ClientKeyExchange", *LAST_FLIGHT)
        assert walk.steps[-1] == ("Finished", ("NewSessionTicket", "ChangeCipherSpec", "Finished"), "CONNECTED")
        # The hint is how long a key seals: two hours.
        assert dict(walk.peer.messages)["NewSessionTicket"][:4] == (7200).to_bytes(4, "big")


class TestFigure2:
    """An abbreviated handshake: the server's Finished comes first."""

    @pytest.mark.parametrize("by", ["session ID", "ticket"])
    def test_as_drawn(self, by: str) -> None:
        ticket = by == "ticket"
        options: dict[str, Any] = (
            {"ticket_keys": TicketKeys(), "sessions": None} if ticket else {"sessions": SessionCache()}
        )
        first = Walk(client_peer(ticket=ticket), **options)
        first.say("ClientHello", "ClientKeyExchange", *LAST_FLIGHT)
        saved = first.peer.save()
        saved.session_id = saved.session_id or b"made up by the client"
        walk = Walk(client_peer(seed=2, saved=saved, ticket=ticket), **options).say("ClientHello", *LAST_FLIGHT)
        assert walk.steps == [
            ("", (), "WAIT_CLIENT_HELLO"),
            ("ClientHello", ("ServerHello", "ChangeCipherSpec", "Finished"), "WAIT_CHANGE_CIPHER_SPEC"),
            ("ChangeCipherSpec", (), "WAIT_FINISHED"),
            ("Finished", (), "CONNECTED"),
        ]
        assert walk.peer.resumed and walk.peer.finished_right
        assert Noted("resumed", {"by": by}) in walk.told


class TestCertificateRequest:
    @staticmethod
    def request(store: TrustStore) -> bytes:
        walk = Walk(client_peer(), client_trust=store).say("ClientHello")
        return dict(walk.peer.messages)["CertificateRequest"]

    def test_what_it_would_accept(self) -> None:
        """Section 7.4.4: rsa_sign (1) and ecdsa_sign (64), schemes, and the names of the roots as DER."""
        body = self.request(trust())
        name = trust().roots[0].certificate.subject.public_bytes()
        assert body[:3] == b"\x02\x01\x40" and body.endswith(u16(u16(name)))
        schemes = body[3 : -len(u16(u16(name)))]
        assert len(schemes) == 2 + int.from_bytes(schemes[:2], "big") and b"\x04\x01" in schemes[2:]

    def test_names_that_do_not_fit_are_left_out_and_a_root_without_a_name_has_none(self) -> None:
        """An empty list means any (section 7.4.4)."""

        class Roots:
            def __init__(self, *names: x509.Name) -> None:
                self.roots = [_Root(name) for name in names]

        class _Root:
            def __init__(self, subject: x509.Name) -> None:
                self.certificate = self
                self.subject = subject

        def named(text: str) -> x509.Name:
            return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])

        short, many = named("short"), [named(f"{number:0>60}") for number in range(1000)]
        assert _certificate_request(Roots(x509.Name([]), short)).certificate_authorities == (short.public_bytes(),)  # type: ignore[arg-type]  # A store of names alone.
        assert _certificate_request(Roots(*many)).certificate_authorities == ()  # type: ignore[arg-type]  # The same.


class TestWhatIsKept:
    def test_by_session_id_after_the_clients_finished(self) -> None:
        store = SessionCache()
        walk = Walk(client_peer(suite=0x0035), sessions=store).say(
            "ClientHello", "ClientKeyExchange", "ChangeCipherSpec"
        )
        assert len(store) == 0
        walk.say("Finished")
        found = store.fetch(walk.peer.session_id, NOW)
        assert found is not None and found.session_id == walk.peer.session_id
        assert (found.master_secret, found.cipher_suite) == (walk.peer.master_secret(), 0x0035)
        assert (found.extended_master_secret, found.server_name) == (1, b"localhost")
        assert (found.peer_certificates, found.created) == ((), int(NOW.timestamp()))
        assert walk.server.negotiated is not None and walk.server.negotiated.session == found

    def test_nothing_of_a_client_whose_finished_is_wrong(self) -> None:
        store = SessionCache()
        walk = Walk(client_peer(), sessions=store).say("ClientHello", "ClientKeyExchange", "ChangeCipherSpec")
        with pytest.raises(TLSError) as refused:
            walk.server.receive_data(walk.peer.message("Finished", bytes(12)))
        assert refused.value.alert == AlertDescription.decrypt_error and len(store) == 0
