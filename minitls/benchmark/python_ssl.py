"""Python's own `ssl` over memory BIOs: C, and what every other implementation is compared with."""

from __future__ import annotations

import ssl
from contextlib import suppress
from typing import Any

from ..crypto.suites import suite_named
from .adapter import EngineAdapter, Terms
from .credentials import HOST, Credentials

VERSIONS = {"TLSv1.2": ssl.TLSVersion.TLSv1_2}
#: The most that one read gives: a whole record.
_RECORD = 16384


class SSLEngine:
    """An SSLObject with its two BIOs."""

    def __init__(self, context: ssl.SSLContext, **options: Any) -> None:
        self.inbox, self.outbox = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.inbox, self.outbox, **options)
        self.done = False

    def feed(self, data: bytes) -> bytes:
        if data:
            self.inbox.write(data)
        if not self.done:
            try:
                self.tls.do_handshake()
                self.done = True
            except ssl.SSLWantReadError:
                pass
        return self.outbox.read()

    def close(self, data: bytes) -> bytes:
        """Take in the peer's close_notify, none at first, and give one's own."""
        if data:
            self.inbox.write(data)
        with suppress(ssl.SSLWantReadError):
            self.tls.unwrap()
        return self.outbox.read()


class SSLPair:
    """Two SSLObjects after their handshake."""

    def __init__(self, client: SSLEngine, server: SSLEngine) -> None:
        self.client, self.server = client, server

    @property
    def agreed(self) -> Terms:
        cipher, version = self.client.tls.cipher(), self.client.tls.version()
        assert cipher and version
        return Terms(version, suite_named(cipher[0]).name)

    @property
    def resumed(self) -> bool:
        return bool(self.client.tls.session_reused)

    @property
    def session(self) -> ssl.SSLSession | None:
        return self.client.tls.session

    def send(self, data: bytes) -> bytes:
        client, server = self.client, self.server
        client.tls.write(data)
        server.inbox.write(client.outbox.read())
        return server.tls.read(_RECORD)

    def seal(self, data: bytes) -> bytes:
        self.client.tls.write(data)
        return self.client.outbox.read()

    def open(self, wire: bytes) -> bytes:
        self.server.inbox.write(wire)
        parts = []
        try:
            while True:  # A read that finds no whole record raises.
                parts.append(self.server.tls.read(_RECORD))
        except ssl.SSLWantReadError:
            return b"".join(parts)

    def close(self) -> None:
        # OpenSSL forgets the session of a connection that is dropped without this.
        flight = self.client.close(b"")
        self.client.close(self.server.close(flight))


class SSLAdapter(EngineAdapter):
    """`ssl`."""

    imports = "ssl"

    def __init__(self, credentials: Credentials, terms: Terms, host: str = HOST) -> None:
        super().__init__(credentials, terms, host)
        if terms.version not in VERSIONS:
            raise ValueError(f"{terms.version} has no row here")
        self.client_context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # It verifies chain and host name.
        self.client_context.load_verify_locations(credentials.root)
        self.server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.server_context.load_cert_chain(credentials.leaf, credentials.key)
        for context in (self.client_context, self.server_context):
            context.minimum_version = context.maximum_version = VERSIONS[terms.version]
            context.set_ciphers(f"{suite_named(terms.suite).openssl_name}:@SECLEVEL=1")
            context.options |= ssl.OP_NO_TICKET  # Resumption is by session ID.

    def client(self, session: Any = None) -> SSLEngine:
        return SSLEngine(self.client_context, server_hostname=self.host, session=session)

    def server(self) -> SSLEngine:
        return SSLEngine(self.server_context, server_side=True)

    def pair(self, client: Any, server: Any) -> SSLPair:
        return SSLPair(client, server)
