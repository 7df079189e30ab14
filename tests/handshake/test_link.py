"""What a flow can do to its connection: send, draw, derive, tell; and that nobody is told where nobody listens."""

from __future__ import annotations

import hashlib

import pytest

from minitls.handshake.derivation import Derivation, FromTranscript
from minitls.handshake.negotiated import Negotiated
from minitls.observe import MessageSeen, Noted, RandomDrawn, SecretDerived
from minitls.wire.key_exchange_messages import ClientKeyExchangeECDHE
from minitls.wire.messages import Finished, ServerHelloDone
from tests.handshake.links import Alone, drawing

ROW = Derivation(
    "digest", "SHA256(m)", {"m": FromTranscript(hashed=False)}, lambda m: hashlib.sha256(m).digest(), ("m",)
)
#: RFC 5246 section 7.4: type 14 without a body; type 20 with the 12 bytes of section 7.4.9.
DONE, FINISHED = b"\x0e\0\0\0", b"\x14\0\0\x0c" + bytes(12)


@pytest.mark.parametrize("observed", [True, False])
class TestSending:
    def test_what_is_sent_enters_the_transcript_as_it_travels(self, observed: bool) -> None:
        alone = Alone(observed=observed)
        alone.link.send(ServerHelloDone())
        alone.link.send_encoded(FINISHED, "Finished")
        assert alone.sent() == [(22, DONE), (22, FINISHED)]
        assert alone.link.transcript.content() == DONE + FINISHED
        told = [(each.sender, each.type, each.bytes) for each in alone.of(MessageSeen)]
        assert told == ([("client", "ServerHelloDone", DONE), ("client", "Finished", FINISHED)] if observed else [])

    def test_every_form_of_a_message_is_told_by_the_messages_name(self, observed: bool) -> None:
        alone = Alone(observed=observed)
        alone.link.send(ClientKeyExchangeECDHE(b"point"))
        assert [each.type for each in alone.of(MessageSeen)] == ["ClientKeyExchange"] * observed

    def test_change_cipher_spec_does_not(self, observed: bool) -> None:
        alone = Alone("server", observed=observed)
        alone.link.send_apart(20, b"\x01", "ChangeCipherSpec")
        assert alone.sent() == [(20, b"\x01")] and alone.link.transcript.content() == b""

    def test_what_is_drawn_is_what_the_configuration_gives(self, observed: bool) -> None:
        alone = Alone(random=drawing(b"abc", b"de"), observed=observed)
        assert alone.link.random("one thing", 3) == b"abc"
        assert alone.link.source("another")(2) == b"de"
        told = [RandomDrawn("one thing", b"abc"), RandomDrawn("another", b"de")]
        assert alone.of(RandomDrawn) == (told if observed else [])

    def test_what_is_derived(self, observed: bool) -> None:
        alone = Alone(observed=observed)
        expected = hashlib.sha256(b"bytes").digest()
        assert alone.link.derive(ROW, m=b"bytes") == expected
        alone.link.derived(ROW, b"by a private key", m=b"bytes")
        told = [(each.name, each.inputs, each.output) for each in alone.of(SecretDerived)]
        assert told == [("digest", {"m": b"bytes"}, value) for value in (expected, b"by a private key")][: 2 * observed]

    def test_what_is_noted(self, observed: bool) -> None:
        alone = Alone(observed=observed)
        alone.link.note("resumed", by="ticket")
        assert alone.told == ([Noted("resumed", {"by": "ticket"})] if observed else [])

    def test_at_the_end_what_only_the_handshake_needed_goes(self, observed: bool) -> None:
        alone = Alone(observed=observed)
        alone.link.send(Finished(bytes(12)))
        negotiated = Negotiated("TLSv1.2", "a suite", None, None, True, False, False, b"", (), None)
        alone.link.complete(negotiated)
        assert alone.link.negotiated is negotiated and alone.link.transcript.content() == b""


def test_without_an_observer_nothing_stands_between_a_protection_and_its_randomness() -> None:
    def random(size: int) -> bytes:
        return bytes(size)

    assert Alone(random=random, observed=False).link.source("IV") is random
