"""Sessions: what two endpoints keep so that their next handshake can skip the key exchange (RFC 5246 appendix F.1.4).

The server remembers by session ID (`SessionStore`), or hands the session to the client, sealed, as a ticket
(RFC 5077, `tickets.py`). The client keeps either under the server's name. A session is bytes like any message, so a
store may be a dictionary, a file, or a database that several hosts share.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Protocol

from ..wire.grammar import Struct, fixed, opaque, uint, uint8, uint16, uint32, vector, wire

#: RFC 5246 appendix F.1.4 suggests at most 24 hours; whoever steals a master secret can use it that long.
DEFAULT_LIFETIME = timedelta(hours=2)


class Session(Struct):
    """A resumable session, and the form in which it is stored or sealed. It contains the master secret."""

    version: int = wire(uint16)
    cipher_suite: int = wire(uint16)
    master_secret: bytes = wire(fixed(48))
    extended_master_secret: int = wire(uint8)
    created: int = wire(uint(8))
    """Seconds since 1970."""
    server_name: bytes = wire(opaque(0, 0xFFFF))
    session_id: bytes = wire(opaque(0, 32))
    ticket: bytes = wire(opaque(0, 0xFFFF))
    ticket_lifetime_hint: int = wire(uint32)
    peer_certificates: tuple[bytes, ...] = wire(vector(opaque(1, 0xFFFFFF), 0, 0xFFFFFF))
    max_fragment_length: int = wire(uint16, default=0)
    """Bytes, 0 for none: it holds for all of the session, resumptions included (RFC 6066 section 4)."""

    def expired(self, now: datetime, lifetime: timedelta) -> bool:
        """Whether the session is older than `lifetime`, or from the future."""
        return not 0 <= now.timestamp() - self.created <= lifetime.total_seconds()


class SessionStore(Protocol):
    """Where sessions are kept.

    Keys are session IDs for a server. For a client they are ASCII text: the server's name, and if the client has a
    certificate " as " and that certificate's SHA-256 in hex.
    """

    def fetch(self, key: bytes, now: datetime) -> Session | None:
        """The session under `key` if it is there and still alive."""

    def store(self, key: bytes, session: Session) -> None:
        """Keep `session` under `key`."""

    def forget(self, key: bytes) -> None:
        """Drop what is under `key`, if anything: its connection ended in a fatal alert (RFC 5246 section 7.2)."""


class SessionCache:
    """A SessionStore in memory, safe to share between threads; the oldest entry goes when `size` is exceeded."""

    def __init__(self, size: int = 1000, lifetime: timedelta = DEFAULT_LIFETIME) -> None:
        self.size, self.lifetime = size, lifetime
        self._sessions: OrderedDict[bytes, Session] = OrderedDict()
        self._lock = threading.Lock()

    def fetch(self, key: bytes, now: datetime) -> Session | None:
        with self._lock:
            session = self._sessions.get(key)
            if session is not None and session.expired(now, self.lifetime):
                del self._sessions[key]
                return None
            return session

    def store(self, key: bytes, session: Session) -> None:
        with self._lock:
            self._sessions.pop(key, None)
            self._sessions[key] = session
            while len(self._sessions) > self.size:
                self._sessions.popitem(last=False)

    def forget(self, key: bytes) -> None:
        with self._lock:
            self._sessions.pop(key, None)

    def __len__(self) -> int:
        return len(self._sessions)
