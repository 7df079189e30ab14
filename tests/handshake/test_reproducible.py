"""With injected `random` and `now` both sides are reproducible byte for byte, and every draw has its place:

client   random 32, pre-master 46, PKCS #1 padding (each zero redrawn on its own), an IV of 16 for each CBC record
server   random 32, session ID 32, stand-in pre-master 48 before anything is decrypted, an IV of 16 for each CBC record
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from minitls import Credential, SessionCache, TrustStore
from minitls.handshake.tickets import TicketKeys
from minitls.handshake.tls12 import pre_master
from minitls.observe import RandomDrawn
from tests.handshake import certificates
from tests.handshake.peer import ALERT, APPLICATION_DATA, FULL_SERVER_FLIGHT, LAST_FLIGHT, records_of
from tests.helpers import (
    client_config,
    client_peer,
    converse,
    new_client,
    new_server,
    pem,
    pump,
    seeded,
    server_config,
    server_peer,
)

CBC, GCM = 0x003C, 0x009C
NAMES = {CBC: "TLS_RSA_WITH_AES_128_CBC_SHA256", GCM: "TLS_RSA_WITH_AES_128_GCM_SHA256"}
PADDING = 256 - 3 - 48


class Tape:
    """A source of randomness that remembers: what was drawn, in order."""

    def __init__(self, seed: int) -> None:
        self.draws: list[bytes] = []
        self._source = seeded(seed)

    def __call__(self, size: int) -> bytes:
        drawn = self._source(size)
        self.draws.append(drawn)
        return drawn

    @property
    def sizes(self) -> list[int]:
        return [len(draw) for draw in self.draws]


def conversation(seed: int, suite: str) -> tuple[bytes, bytes]:
    """Everything both sides send: handshake, data both ways, close."""
    client = new_client(random=seeded(seed), cipher_suites=(suite,))
    server = new_server(random=seeded(seed + 1))
    sent = {"up": b"", "down": b""}

    def carry() -> None:
        while True:
            up = client.data_to_send()
            if up:
                server.receive_data(up)
            down = server.data_to_send()
            if down:
                client.receive_data(down)
            sent["up"] += up
            sent["down"] += down
            if not up and not down:
                return

    carry()
    client.send_data(b"ping" * 5000)
    server.send_data(b"pong")
    carry()
    client.close()
    carry()
    return sent["up"], sent["down"]


@pytest.mark.parametrize("suite", NAMES.values())
def test_the_same_seed_gives_the_same_bytes(suite: str) -> None:
    assert conversation(1, suite) == conversation(1, suite)
    assert conversation(1, suite) != conversation(3, suite)


@pytest.mark.parametrize("suite", NAMES)
def test_what_a_client_draws(suite: int) -> None:
    tape = Tape(7)
    client, peer = new_client(random=tape, cipher_suites=(NAMES[suite],)), server_peer(suite=suite)
    hello = client.data_to_send()
    assert tape.sizes == [32] and hello[11:43] == tape.draws[0]
    peer.take(hello)
    client.receive_data(b"".join(peer.say(word) for word in FULL_SERVER_FLIGHT))
    flight = client.data_to_send()
    peer.take(flight)
    zeros = tape.draws[2].count(0)
    redrawn = [1] * (zeros + tape.draws[3 : 3 + zeros].count(b"\x00"))
    assert tape.sizes == [32, 46, PADDING, *redrawn, *([16] if suite == CBC else [])]
    assert peer.pre_master == b"\x03\x03" + tape.draws[1]
    if suite == CBC:
        assert records_of(flight)[-1][5:21] == tape.draws[-1]
    converse(peer, client, *LAST_FLIGHT)
    before = len(tape.draws)
    client.send_data(b"a")
    client.send_data(bytes(2**14 + 1))
    client.close()
    sent = records_of(client.data_to_send())
    assert [record[0] for record in sent] == [APPLICATION_DATA] * 3 + [ALERT]
    beginnings = [record[5:21] for record in sent]
    if suite == CBC:
        assert beginnings == tape.draws[before:]
    else:
        # The sequence number: Finished was 0.
        assert [beginning[:8] for beginning in beginnings] == [n.to_bytes(8, "big") for n in range(1, 5)]
        assert len(tape.draws) == before


@pytest.mark.parametrize("suite", NAMES)
def test_what_a_server_draws(suite: int) -> None:
    tape = Tape(8)
    server, peer = new_server(random=tape), client_peer(suite=suite)
    assert tape.sizes == []
    server.receive_data(peer.say("ClientHello"))
    flight = server.data_to_send()
    assert tape.sizes == [32, 32]
    assert flight[11:43] == tape.draws[0] and flight[43:76] == b"\x20" + tape.draws[1]
    peer.take(flight)
    # The stand-in is drawn when ClientKeyExchange is there, and also when it decrypts well.
    converse(peer, server, "ClientKeyExchange")
    assert tape.sizes == [32, 32, 48]
    server.receive_data(peer.say("ChangeCipherSpec") + peer.say("Finished"))
    last = records_of(server.data_to_send())
    assert tape.sizes == [32, 32, 48, *([16] if suite == CBC else [])]
    if suite == CBC:
        assert last[-1][5:21] == tape.draws[-1]


def test_the_stand_in_is_drawn_before_decrypting(monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    source, decrypt = seeded(1), pre_master.decrypt

    def draw(size: int) -> bytes:
        order.append(f"draw {size}")
        return source(size)

    def watched(*arguments: Any) -> bytes:
        order.append("decrypt")
        return decrypt(*arguments)

    monkeypatch.setattr(pre_master, "decrypt", watched)
    server, peer = new_server(random=draw), client_peer()
    converse(peer, server, "ClientHello", "ClientKeyExchange")
    assert order == ["draw 32", "draw 32", "draw 48", "decrypt"]


def test_what_a_resumed_handshake_draws() -> None:
    tapes = {"client": Tape(1), "server": Tape(2)}
    store, suite = SessionCache(), NAMES[CBC]
    client_options = client_config(random=tapes["client"], sessions=store, cipher_suites=(suite,))
    server_options = new_server(random=tapes["server"]).config
    for expected in (None, {"client": [32, 16], "server": [32, 16]}):
        for tape in tapes.values():
            tape.draws.clear()
        client, server = new_client(client_options), new_server(server_options)
        pump(client, server)
        assert client.negotiated and client.negotiated.resumed == (expected is not None)
        if expected:
            assert {side: tape.sizes for side, tape in tapes.items()} == expected


def test_of_what_the_two_draws_of_a_hello_are_used_for() -> None:
    """Two draws of one length: a change of order shows in no count, and in every trace that is made again."""
    tapes = {"client": Tape(1), "server": Tape(2)}
    store, sealing = SessionCache(), TicketKeys(random=seeded(3))
    client_options = client_config(random=tapes["client"], sessions=store)
    server_options = new_server(random=tapes["server"], ticket_keys=sealing).config
    for resumed in (False, True):
        for tape in tapes.values():
            tape.draws.clear()
        client, server = new_client(client_options), new_server(server_options)
        hello = client.data_to_send()
        server.receive_data(hello)
        answer = server.data_to_send()
        assert hello[11:43] == tapes["client"].draws[0] and tapes["client"].sizes == [32]
        assert answer[11:43] == tapes["server"].draws[0]
        if resumed:
            # The session ID is the echo by which the client knows that its ticket was taken (RFC 5077 section 3.4).
            assert answer[43:76] == hello[43:76] and tapes["server"].sizes == [32]
        else:
            assert answer[43:76] == b"\x20" + tapes["server"].draws[1] and tapes["server"].sizes == [32, 32]
        client.receive_data(answer)
        pump(client, server)
        assert client.negotiated and client.negotiated.resumed == resumed


@pytest.mark.parametrize("kind", ["RSA", "P-256", "P-521", "Ed25519"])
def test_a_clients_signature_is_reproducible_too(kind: str) -> None:
    """PKCS #1 v1.5 and Ed25519 draw nothing; ECDSA takes its nonce from the message (RFC 6979)."""
    certificate, key = certificates.client(kind)
    server = server_config(client_trust=TrustStore.of([certificates.root()]), random=seeded(1))

    def flight() -> bytes:
        client = new_client(random=seeded(2), credential=Credential((certificate,), key))
        end = new_server(replace(server, random=seeded(1)))
        end.receive_data(client.data_to_send())
        client.receive_data(end.data_to_send())
        sent = client.data_to_send()
        end.receive_data(sent)
        assert end.negotiated and end.negotiated.peer_certificates == (certificate,)
        return sent

    assert flight() == flight()


def test_padding_is_redrawn_bytewise_while_zero() -> None:
    """RFC 8017 section 7.2.1 wants nonzero bytes: the first draw has three zeros, their redraws another two."""
    padding = bytes([0, *range(1, 101), 0, *range(1, 103), 0])
    assert len(padding) == PADDING
    script: Iterator[bytes] = iter([bytes(32), b"p" * 46, padding, b"\x00", b"\x00", b"\xaa", b"\xbb", b"\xcc"])
    asked: list[int] = []

    def scripted(size: int) -> bytes:
        asked.append(size)
        return next(script)

    client, peer = new_client(random=scripted, cipher_suites=(NAMES[GCM],)), server_peer()
    peer.take(client.data_to_send())
    client.receive_data(b"".join(peer.say(word) for word in FULL_SERVER_FLIGHT))
    peer.take(client.data_to_send())
    assert asked == [32, 46, PADDING, 1, 1, 1, 1, 1]
    encrypted = next(body for name, body in peer.messages if name == "ClientKeyExchange")[2:]
    numbers = pem("server")[1].private_numbers()
    block = pow(int.from_bytes(encrypted, "big"), numbers.d, numbers.public_numbers.n).to_bytes(256, "big")
    expected = bytes([0xAA, *range(1, 101), 0xBB, *range(1, 103), 0xCC])
    assert block == b"\x00\x02" + expected + b"\x00" + b"\x03\x03" + b"p" * 46


def test_by_default_the_padding_is_the_librarys_and_nobody_draws_it() -> None:
    """The slow way is for reproducible runs and for observers; everything else is drawn from the same place."""
    drawn: list[str] = []

    def observe(told: object) -> None:
        if isinstance(told, RandomDrawn):
            drawn.append(f"{told.purpose} {len(told.bytes)}")

    client, server = new_client(observer=observe), new_server(observer=observe)
    pump(client, server)
    assert drawn[:5] == [
        "client random 32",
        "server random 32",
        "session ID 32",
        "pre-master secret 46",
        f"padding {PADDING}",
    ]
    assert "stand-in pre-master secret 48" in drawn
