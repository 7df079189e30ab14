"""minitls as a partner of the comparison: its connections without I/O, as a program uses them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import IO, Any

from ..connection import ClientConnection, Connection, ServerConnection
from ..events import DataReceived, HandshakeComplete
from ..handshake.config import ClientConfig, ServerConfig
from ..handshake.credential import Credential
from ..handshake.negotiated import Negotiated
from ..handshake.session import Session, SessionCache
from ..pki.trust import TrustStore
from ..trace.file.jsonl import Trace
from ..trace.record import Recording
from .adapter import EngineAdapter, Terms, shake
from .credentials import HOST, Credentials


class OurEngine:
    """One connection."""

    def __init__(self, connection: Connection) -> None:
        self.tls, self.done = connection, False

    def feed(self, data: bytes) -> bytes:
        if data:
            for event in self.tls.receive_data(data):
                if type(event) is HandshakeComplete:
                    self.done = True
        return self.tls.data_to_send()


class OurPair:
    """Two connections after their handshake."""

    def __init__(self, client: OurEngine, server: OurEngine) -> None:
        self.client, self.server = client.tls, server.tls

    @property
    def _negotiated(self) -> Negotiated:
        assert self.client.negotiated is not None
        return self.client.negotiated

    @property
    def agreed(self) -> Terms:
        return Terms(self._negotiated.version, self._negotiated.cipher_suite)

    @property
    def resumed(self) -> bool:
        return self._negotiated.resumed

    @property
    def session(self) -> Session | None:
        return self._negotiated.session

    def send(self, data: bytes) -> bytes:
        return self.open(self.seal(data))

    def seal(self, data: bytes) -> bytes:
        self.client.send_data(data)
        return self.client.data_to_send()

    def open(self, wire: bytes) -> bytes:
        parts = [event.data for event in self.server.receive_data(wire) if type(event) is DataReceived]
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def close(self) -> None:
        self.client.close()
        self.server.receive_data(self.client.data_to_send())
        self.client.receive_data(self.server.data_to_send())


class OneSession:
    """A client's session store with one place, because a comparison hands sessions over by itself."""

    session: Session | None = None

    def fetch(self, key: bytes, now: datetime) -> Session | None:
        return self.session

    def store(self, key: bytes, session: Session) -> None:
        """A comparison takes the session from the connection."""

    def forget(self, key: bytes) -> None:
        """Only a fatal alert would come to this, and that ends the comparison."""


class OurAdapter(EngineAdapter):
    """`minitls`."""

    #: `import minitls` alone loads next to nothing: these are what a client and a server over TCP come to need.
    imports = "minitls.handshake.credential, minitls.handshake.tls12.client, minitls.handshake.tls12.server"
    imports += ", minitls.pki.checks, minitls.transport.blocking"

    def __init__(self, credentials: Credentials, terms: Terms, host: str = HOST) -> None:
        super().__init__(credentials, terms, host)
        self.kept = OneSession()
        self.trust = TrustStore.load(credentials.root)
        self.full = ClientConfig(trust=self.trust, cipher_suites=(terms.suite,), tickets=False)
        self.resuming = replace(self.full, sessions=self.kept)
        self.serving = ServerConfig(
            credentials=(Credential.load(credentials.leaf, credentials.key),),
            cipher_suites=(terms.suite,),
            sessions=SessionCache(),
        )

    def client(self, session: Any = None) -> OurEngine:
        self.kept.session = session
        return OurEngine(ClientConnection(self.resuming if session else self.full, self.host))

    def server(self) -> OurEngine:
        return OurEngine(ServerConnection(self.serving))

    def pair(self, client: Any, server: Any) -> OurPair:
        return OurPair(client, server)

    def forget(self) -> None:
        self.trust.verdicts.clear()

    def recorded(self, file: IO[bytes] | None = None, data: bytes = b"", records: int = 0) -> Trace:
        """The trace of a full handshake, `records` times `data`, and close_notify; line by line into `file`, too."""
        recording = Recording(("client", "server"), file)
        client = replace(self.full, observer=recording.observer("client"))
        server = replace(self.serving, observer=recording.observer("server"))
        ends = OurEngine(ClientConnection(client, self.host)), OurEngine(ServerConnection(server))
        shake(*ends)
        pair = OurPair(*ends)
        for _ in range(records):
            pair.send(data)
        pair.close()
        return recording.close()
