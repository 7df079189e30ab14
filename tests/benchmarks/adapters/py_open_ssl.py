"""pyOpenSSL: C TLS on the very libcrypto that `cryptography` carries."""

from __future__ import annotations

from typing import Any

from OpenSSL import SSL

from minitls.benchmark.adapter import EngineAdapter, Terms
from minitls.benchmark.credentials import HOST, Credentials
from minitls.crypto.suites import suite_named

VERSIONS = {"TLSv1.2": SSL.TLS1_2_VERSION}
#: More than the largest record.
_WIRE = 17 * 1024
_RECORD = 16384
#: What pyOpenSSL does not offer itself: releasing buffers as `ssl` does, host names, whether a session was reused.
_LIB: Any = SSL._lib  # type: ignore[attr-defined]  # it is there, and not declared


class PyOpenSSLEngine:
    """A Connection over memory."""

    def __init__(self, context: SSL.Context) -> None:
        self.tls = SSL.Connection(context, None)
        self.done = False

    def feed(self, data: bytes) -> bytes:
        if data:
            self.tls.bio_write(data)
        if not self.done:
            try:
                self.tls.do_handshake()
                self.done = True
            except SSL.WantReadError:
                pass
        try:
            return self.tls.bio_read(_WIRE)
        except SSL.WantReadError:
            return b""

    def close(self, data: bytes) -> bytes:
        """Take in the peer's close_notify, none at first, and give one's own."""
        if data:
            self.tls.bio_write(data)
        if not self.tls.shutdown() or not data:
            return self.tls.bio_read(_WIRE)
        return b""


class PyOpenSSLPair:
    """Two Connections after their handshake."""

    def __init__(self, client: PyOpenSSLEngine, server: PyOpenSSLEngine) -> None:
        self.client, self.server = client, server

    @property
    def agreed(self) -> Terms:
        cipher = self.client.tls.get_cipher_name()
        assert cipher
        return Terms(self.client.tls.get_protocol_version_name(), suite_named(cipher).name)

    @property
    def resumed(self) -> bool:
        return bool(_LIB.SSL_session_reused(self.client.tls._ssl))

    @property
    def session(self) -> SSL.Session | None:
        return self.client.tls.get_session()

    def send(self, data: bytes) -> bytes:
        client, server = self.client.tls, self.server.tls
        client.send(data)
        server.bio_write(client.bio_read(_WIRE))
        return server.recv(_RECORD)

    def seal(self, data: bytes) -> bytes:
        self.client.tls.send(data)
        return self.client.tls.bio_read(_WIRE)

    def open(self, wire: bytes) -> bytes:
        server, parts = self.server.tls, []
        while wire:  # Its memory BIO takes a part at a time.
            wire = wire[server.bio_write(wire) :]
        try:
            while True:  # A read that finds no whole record raises.
                parts.append(server.recv(_RECORD))
        except SSL.WantReadError:
            return b"".join(parts)

    def close(self) -> None:
        self.client.close(self.server.close(self.client.close(b"")))


class PyOpenSSLAdapter(EngineAdapter):
    """`OpenSSL.SSL`."""

    imports = "OpenSSL.SSL"

    def __init__(self, credentials: Credentials, terms: Terms, host: str = HOST) -> None:
        super().__init__(credentials, terms, host)
        self.client_context, self.server_context = (SSL.Context(SSL.TLS_METHOD) for _ in range(2))
        for context in (self.client_context, self.server_context):
            context.set_min_proto_version(VERSIONS[terms.version])
            context.set_max_proto_version(VERSIONS[terms.version])
            context.set_cipher_list(f"{suite_named(terms.suite).openssl_name}:@SECLEVEL=1".encode())
            context.set_options(SSL.OP_NO_TICKET)  # Resumption is by session ID.
            context.set_mode(_LIB.SSL_MODE_RELEASE_BUFFERS)
        self.client_context.load_verify_locations(str(credentials.root))
        self.client_context.set_verify(SSL.VERIFY_PEER)
        self.server_context.use_certificate_file(str(credentials.leaf))
        self.server_context.use_privatekey_file(str(credentials.key))
        self.server_context.set_session_cache_mode(SSL.SESS_CACHE_SERVER)
        self.server_context.set_session_id(b"benchmark")

    def client(self, session: Any = None) -> PyOpenSSLEngine:
        client = PyOpenSSLEngine(self.client_context)
        client.tls.set_connect_state()
        client.tls.set_tlsext_host_name(self.host.encode())
        parameters = _LIB.SSL_get0_param(client.tls._ssl)
        if not _LIB.X509_VERIFY_PARAM_set1_host(parameters, self.host.encode(), 0):
            raise RuntimeError("OpenSSL did not take the host name")
        if session:
            client.tls.set_session(session)
        return client

    def server(self) -> PyOpenSSLEngine:
        engine = PyOpenSSLEngine(self.server_context)
        engine.tls.set_accept_state()
        return engine

    def pair(self, client: Any, server: Any) -> PyOpenSSLPair:
        return PyOpenSSLPair(client, server)


ADAPTER = PyOpenSSLAdapter
