"""What a finished handshake settled, as its user sees it."""

from __future__ import annotations

from typing import NamedTuple

from .session import Session


class Negotiated(NamedTuple):
    """The result of a handshake; secrets are only in `session`, which is there to be kept and resumed."""

    version: str
    cipher_suite: str
    """The IANA name."""
    alpn: str | None
    server_name: str | None
    extended_master_secret: bool
    encrypt_then_mac: bool
    resumed: bool
    session_id: bytes
    peer_certificates: tuple[bytes, ...]
    """DER, the peer's own first; empty if it showed none."""
    session: Session | None
    """What can be resumed, None if the server gave no session ID and no ticket."""
