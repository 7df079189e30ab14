"""Session tickets (RFC 5077): the session, sealed so that only this server can open it, kept by the client."""

from __future__ import annotations

import hmac
import os
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ..errors import DecodeError
from .session import DEFAULT_LIFETIME, Session


class _TicketKey(NamedTuple):
    name: bytes
    key: bytes
    nonce_key: bytes
    born: datetime


class TicketKeys:
    """Seals sessions into tickets: key_name (16) + nonce (12) + AES-256-GCM (RFC 5077 section 4 leaves the form open).

    A key seals for `lifetime` and opens for twice as long, then it is gone, and with it every session that it sealed.
    """

    NAME_SIZE = 16
    NONCE_SIZE = 12

    def __init__(self, random: Callable[[int], bytes] = os.urandom, lifetime: timedelta = DEFAULT_LIFETIME) -> None:
        self.lifetime = lifetime
        self._random = random
        self._keys: list[_TicketKey] = []
        self._lock = threading.Lock()

    def seal(self, session: Session, now: datetime) -> bytes:
        """A ticket for `session`; empty if the session is too long to travel in one."""
        key = self._current(now)
        plaintext = session.write()
        # The nonce is a keyed hash of the plaintext: sessions differ in their master secrets, and so do their nonces.
        nonce = hmac.digest(key.nonce_key, plaintext, "sha256")[: self.NONCE_SIZE]
        ticket = key.name + nonce + AESGCM(key.key).encrypt(nonce, plaintext, key.name)
        return ticket if len(ticket) <= 0xFFFF else b""

    def open(self, ticket: bytes, now: datetime) -> Session | None:
        """The session in a ticket; None if it is tampered with, truncated, foreign or expired."""
        name, rest = ticket[: self.NAME_SIZE], ticket[self.NAME_SIZE :]
        key = next((key for key in self._alive(now) if key.name == name), None)
        if key is None or len(rest) < self.NONCE_SIZE:
            return None
        try:
            plaintext = AESGCM(key.key).decrypt(rest[: self.NONCE_SIZE], rest[self.NONCE_SIZE :], name)
            session = Session.parse(plaintext)
        except (InvalidTag, DecodeError):
            return None
        return None if session.expired(now, self.lifetime) else session

    def renewal_due(self, ticket: bytes, now: datetime) -> bool:
        """Whether the ticket's key no longer seals and so is about to go."""
        return not ticket.startswith(self._current(now).name)

    def _alive(self, now: datetime) -> list[_TicketKey]:
        with self._lock:
            self._keys = [key for key in self._keys if now - key.born <= 2 * self.lifetime]
            return self._keys

    def _current(self, now: datetime) -> _TicketKey:
        self._alive(now)
        with self._lock:
            # Looked at under the lock: of two threads that find the key too old, one makes the new one.
            if not self._keys or now - self._keys[0].born > self.lifetime:
                self._keys = [_TicketKey(self._random(16), self._random(32), self._random(32), now), *self._keys[:1]]
            return self._keys[0]
