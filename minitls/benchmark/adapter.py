"""What takes part in a comparison: an adapter makes pairs of connections, all after the same verified work.

The client offers one version and one suite, verifies the server's chain up to the one root and the host name against
it, and both ends agree on extended master secret and, with CBC, on encrypt-then-MAC. Both ends live in one thread and
in memory; what a program sets up once (contexts, keys, trust, session caches) is set up once.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, NamedTuple, Protocol

from .credentials import HOST, Credentials

#: More flights than any handshake has: what goes on longer is going in circles.
_MAX_FLIGHTS = 12


class Terms(NamedTuple):
    """What both ends are to agree on."""

    version: str = "TLSv1.2"
    suite: str = "TLS_RSA_WITH_AES_128_GCM_SHA256"
    """The IANA name."""


class Engine(Protocol):
    """One end without I/O."""

    @property
    def done(self) -> bool:
        """Whether the handshake is complete."""

    def feed(self, data: bytes) -> bytes:
        """Take in what has arrived, nothing at first, and give what is to be sent."""


class Pair(Protocol):
    """A client and a server that have completed a handshake with each other."""

    @property
    def agreed(self) -> Terms:
        """What was negotiated, as the client tells it."""

    @property
    def resumed(self) -> bool:
        """Whether the handshake was an abbreviated one."""

    @property
    def session(self) -> Any:
        """What a later `connect` resumes by, in the implementation's own form."""

    def send(self, data: bytes) -> bytes:
        """Seal `data` at the client, open it at the server: what arrived. At most 16,384 bytes."""

    def close(self) -> None:
        """close_notify, one each way."""


class StreamPair(Pair, Protocol):
    """A pair whose wire can be cut and joined at will."""

    def seal(self, data: bytes) -> bytes:
        """What the client puts on the wire for `data`."""

    def open(self, wire: bytes) -> bytes:
        """The data of all records that `wire` completes at the server, which may be none."""


class Adapter(ABC):
    """An implementation, set up for `terms` and for a client that dials `host`. ValueError if it cannot speak those."""

    imports: ClassVar[str]
    """What a program that uses it imports."""
    streams: ClassVar[bool] = True
    """Whether its pairs are `StreamPair`s."""

    def __init__(self, credentials: Credentials, terms: Terms, host: str = HOST) -> None:
        self.credentials, self.terms, self.host = credentials, terms, host

    @abstractmethod
    def connect(self, session: Any = None) -> Pair:
        """A full handshake, or the resumption by ID of `session`. Raises what the implementation raises."""

    def forget(self) -> None:
        """Forget the answers kept about chains, so that the next one is judged anew. Most keep none."""
        return


class EngineAdapter(Adapter):
    """An implementation whose ends do no I/O: a loopback server can use them, too."""

    @abstractmethod
    def client(self, session: Any = None) -> Engine:
        """A new client."""

    @abstractmethod
    def server(self) -> Engine:
        """A new server."""

    @abstractmethod
    def pair(self, client: Engine, server: Engine) -> Pair:
        """Two ends whose handshake is complete."""

    def connect(self, session: Any = None) -> Pair:
        client, server = self.client(session), self.server()
        shake(client, server)
        return self.pair(client, server)


def shake(client: Engine, server: Engine) -> None:
    """Hand flights to and fro until neither end has more to say. RuntimeError if that is not a whole handshake."""
    flight, sender, receiver = client.feed(b""), client, server
    for _ in range(_MAX_FLIGHTS):
        if not flight:
            break
        flight, sender, receiver = receiver.feed(flight), receiver, sender
    if not (client.done and server.done) or flight:
        raise RuntimeError("the two ends did not come to the end of their handshake")
