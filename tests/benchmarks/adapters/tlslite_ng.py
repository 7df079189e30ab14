"""tlslite-ng: pure Python, its generators driven over sockets in memory.

It parses the server's certificate and verifies neither chain nor name. Every other client here does, so what a careful
program would add stands here: cryptography's verifier, after each full handshake.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from typing import Any

from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store
from tlslite.api import HandshakeSettings, SessionCache, TLSConnection, X509CertChain, parsePEMKey
from tlslite.constants import CipherSuite

from minitls.benchmark.adapter import Adapter, Terms
from minitls.benchmark.credentials import HOST, Credentials

VERSIONS = {"TLSv1.2": (3, 3)}
#: Cipher and MAC as it calls them.
SUITES = {
    "TLS_RSA_WITH_AES_128_GCM_SHA256": ("aes128gcm", "aead"),
    "TLS_RSA_WITH_AES_128_CBC_SHA": ("aes128", "sha"),
}
#: More turns than any exchange here takes.
_MAX_TURNS = 100_000


class MemorySocket:
    """One end of a socket pair in memory; reading from an empty one would block."""

    def __init__(self, peer: MemorySocket | None = None) -> None:
        self.buffer = bytearray()
        self.peer: MemorySocket = peer or MemorySocket(self)

    def send(self, data: bytes) -> int:
        """All of `data` is taken."""
        self.peer.buffer += data
        return len(data)

    sendall = send

    def recv(self, size: int) -> bytes:
        """OSError (EWOULDBLOCK) where there is nothing."""
        if not self.buffer:
            raise OSError(errno.EWOULDBLOCK, "empty")
        data = bytes(self.buffer[:size])
        del self.buffer[:size]
        return data

    def close(self) -> None:
        """There is nothing to give back."""


def run(*generators: Iterator[Any]) -> None:
    """Drive its generators in turns until each has ended. RuntimeError if they do not."""
    running = list(generators)
    for _ in range(_MAX_TURNS):
        for generator in running[:]:
            if next(generator, "ended") == "ended":
                running.remove(generator)
        if not running:
            return
    raise RuntimeError("tlslite-ng does not come to an end")


class TlslitePair:
    """Two TLSConnections after their handshake."""

    def __init__(self, client: Any, server: Any) -> None:
        self.client, self.server = client, server

    @property
    def agreed(self) -> Terms:
        major, minor = self.client.version
        version = next(name for name, numbers in VERSIONS.items() if numbers == (major, minor))
        return Terms(version, CipherSuite.ietfNames[self.client.session.cipherSuite])

    @property
    def resumed(self) -> bool:
        return bool(self.client.resumed)

    @property
    def session(self) -> Any:
        return self.client.session

    def send(self, data: bytes) -> bytes:
        self.client.write(data)
        return bytes(self.server.read(max=len(data), min=len(data)))

    def close(self) -> None:
        run(self.client.closeAsync(), self.server.closeAsync())


class TlsliteAdapter(Adapter):
    """`tlslite.api`."""

    imports = "tlslite.api"
    streams = False

    def __init__(self, credentials: Credentials, terms: Terms, host: str = HOST) -> None:
        super().__init__(credentials, terms, host)
        self.settings = HandshakeSettings()
        self.settings.minVersion = self.settings.maxVersion = VERSIONS[terms.version]
        self.settings.keyExchangeNames = ["rsa"]
        cipher, mac = SUITES[terms.suite]
        self.settings.cipherNames, self.settings.macNames = [cipher], [mac]
        self.chain = X509CertChain()
        self.chain.parsePemList(credentials.leaf.read_text())
        self.key = parsePEMKey(credentials.key.read_text(), private=True)
        self.sessions = SessionCache()
        self.trusted = Store([x509.load_pem_x509_certificate(credentials.root.read_bytes())])

    def connect(self, session: Any = None) -> TlslitePair:
        end = MemorySocket()
        client, server = TLSConnection(end), TLSConnection(end.peer)
        run(
            client.handshakeClientCert(session=session, settings=self.settings, serverName=self.host, async_=True),
            server.handshakeServerAsync(**self.serving),
        )
        if not client.resumed:
            self._verify(client.session.serverCertChain)
        return TlslitePair(client, server)

    @property
    def serving(self) -> dict[str, Any]:
        """What its server is told."""
        return {
            "certChain": self.chain,
            "privateKey": self.key,
            "sessionCache": self.sessions,
            "settings": self.settings,
        }

    def serve(self, peer: socket.socket) -> None:
        """A handshake on a real socket."""
        TLSConnection(peer).handshakeServer(**self.serving)

    def _verify(self, chain: Any) -> None:
        leaf, *others = (x509.load_der_x509_certificate(bytes(each.bytes)) for each in chain.x509List)
        verifier = PolicyBuilder().store(self.trusted).build_server_verifier(x509.DNSName(self.host))
        verifier.verify(leaf, others)


ADAPTER = TlsliteAdapter
