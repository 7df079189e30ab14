"""Whoever changes one byte on the way prevents the connection: never do both ends finish (RFC 5246 section 7.4.9).

Every byte of either direction up to the last Finished, record headers included, is changed. The one exception is
the minor version in the header of the record that carries the ClientHello: RFC 5246 appendix E.1 has servers accept
any, and no Finished covers record headers.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import pytest

from minitls import Credential, SessionCache, TicketKeys, TLSError, TrustStore
from minitls.handshake.config import ClientConfig, ServerConfig
from tests.handshake import certificates
from tests.helpers import client_config, new_client, new_server, pump, seeded, server_config

pytestmark = pytest.mark.slow

SUITES = (
    "TLS_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_RSA_WITH_AES_128_CBC_SHA256",
    "TLS_RSA_WITH_AES_256_CBC_SHA256",
    "TLS_RSA_WITH_AES_128_CBC_SHA",
    "TLS_RSA_WITH_AES_256_CBC_SHA",
)
#: Direction and offset of the byte that may be changed.
MINOR_VERSION = ("up", 2)


@lru_cache
def small_pki() -> tuple[Credential, TrustStore]:
    """A chain of one short certificate: the bytes of certificates are most of a handshake."""
    certificate, key = certificates.server("localhost")
    return Credential((certificate,), key), TrustStore.of([certificates.root()])


class Duel:
    """The same handshake as often as wanted, with one byte changed."""

    def __init__(self, suite: str, resumed: str = "", **both: Any) -> None:
        credential, trust = small_pki()
        self.client_options: dict[str, Any] = {"cipher_suites": (suite,), "trust": trust, **both}
        self.server_options: dict[str, Any] = {"credentials": (credential,), **both}
        self.sessions: dict[str, Any] = {}
        if resumed:
            cache = SessionCache()
            ticket_keys = TicketKeys(seeded(9)) if resumed == "ticket" else None
            self.server_options |= {"sessions": cache, "ticket_keys": ticket_keys}
            store = SessionCache()
            client, server = new_client(self._client(store)), new_server(self._server())
            pump(client, server)
            assert client.negotiated and client.negotiated.session and server.negotiated and server.negotiated.session
            self.sessions = {"client": client.negotiated.session, "server": server.negotiated.session}
        self.streams = self.play(None, 0)
        self.resumed = bool(resumed)

    def _client(self, sessions: SessionCache | None) -> ClientConfig:
        return client_config(random=seeded(1), sessions=sessions, **self.client_options)

    def _server(self) -> ServerConfig:
        return server_config(random=seeded(2), **self.server_options)

    def play(self, at: tuple[str, int] | None, mask: int) -> dict[str, int] | None:
        """Shake hands with byte `at` (direction, offset) XORed; the bytes each way if both ends finished, else None."""
        store = None
        if self.sessions:
            # A fault makes both sides forget; here they are reminded.
            store = SessionCache()
            store.store(b"localhost", self.sessions["client"])
            if self.sessions["server"].session_id:
                self.server_options["sessions"].store(self.sessions["server"].session_id, self.sessions["server"])
        client, server = new_client(self._client(store)), new_server(self._server())
        sent = {"up": 0, "down": 0}
        try:
            while True:
                quiet = True
                for direction, source, sink in (("up", client, server), ("down", server, client)):
                    data = source.data_to_send()
                    if not data:
                        continue
                    quiet = False
                    start = sent[direction]
                    sent[direction] += len(data)
                    if at is not None and at[0] == direction and start <= at[1] < sent[direction]:
                        changed = bytearray(data)
                        changed[at[1] - start] ^= mask
                        data = bytes(changed)
                    sink.receive_data(data)
                if quiet:
                    break
        except TLSError:
            return None
        if client.negotiated and server.negotiated:
            assert client.negotiated.resumed == server.negotiated.resumed
            return sent
        return None

    def places(self) -> Iterable[tuple[str, int]]:
        assert self.streams is not None
        return [(direction, at) for direction, size in self.streams.items() for at in range(size)]


def every_change(duel: Duel, masks: Iterable[int] | None, seed: int = 0) -> int:
    """Play every change; how many there were."""
    rng = random.Random(seed)
    played = 0
    for at in duel.places():
        for mask in masks or (0x01, 0x80, rng.randrange(1, 256)):
            played += 1
            done = duel.play(at, mask)
            if at == MINOR_VERSION:
                assert done, f"a first hello in a record of version 03{1 ^ mask:02x} was refused (RFC 5246 E.1)"
            else:
                assert not done, f"byte {at} XOR {mask:02x}: both ends finished"
    return played


@pytest.mark.parametrize("suite", SUITES)
def test_a_full_handshake(suite: str) -> None:
    duel = Duel(suite)
    assert every_change(duel, None, seed=SUITES.index(suite)) > 3 * 1000


@pytest.mark.parametrize("kind", ["ID", "ticket"])
def test_a_resumed_handshake(kind: str) -> None:
    duel = Duel(SUITES[0], resumed=kind)
    assert duel.streams and duel.streams["down"] < 300, "that was no abbreviated handshake"
    assert every_change(duel, None) > 3 * 300


def test_without_extended_master_secret_and_with_the_mac_first() -> None:
    duel = Duel(SUITES[4], extended_master_secret=False, encrypt_then_mac=False)
    assert every_change(duel, (0x01,)) > 1000


@pytest.mark.exhaustive
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("suite", SUITES)
def test_all_values_of_every_byte(suite: str) -> None:
    assert every_change(Duel(suite), range(1, 256)) > 255 * 1000
