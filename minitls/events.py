"""What a connection reports to the program that drives it: the handshake is done, data came, the peer is done."""

from __future__ import annotations

from dataclasses import dataclass

from .handshake.negotiated import Negotiated


@dataclass(slots=True)
class HandshakeComplete:
    """Both Finished are through: from here on `send_data` may be called."""

    negotiated: Negotiated


@dataclass(slots=True)
class DataReceived:
    """Application data, 1 to 2^14 bytes. Borders between events mean nothing."""

    data: bytes


@dataclass(slots=True)
class PeerClosed:
    """The peer's close_notify: all its data has been received (RFC 5246 section 7.2.1)."""


Event = HandshakeComplete | DataReceived | PeerClosed
