"""What the two hellos settled, the same for both sides."""

from __future__ import annotations

from typing import NamedTuple

from ...crypto.suites import Suite
from ..negotiated import Negotiated
from ..session import Session


class Agreed(NamedTuple):
    """What the two hellos settled."""

    suite: Suite
    client_random: bytes
    server_random: bytes
    session_id: bytes
    extended_master_secret: bool
    encrypt_then_mac: bool
    new_ticket: bool
    """Whether the server will send NewSessionTicket."""
    resumed: Session | None
    """The session that is resumed; None in a full handshake."""
    alpn: str | None
    server_name: str | None
    max_fragment_length: int | None
    """Bytes, for every record of both directions."""
    record_size_limits: tuple[int, int] | None
    """(client's, server's): the most bytes of plaintext that each is willing to receive in a protected record."""

    def negotiated(self, chain: tuple[bytes, ...], session: Session | None, server_name: str | None) -> Negotiated:
        """What the user sees of it, with who the peer proved to be and what can be resumed."""
        return Negotiated(
            version="TLSv1.2",
            cipher_suite=self.suite.name,
            alpn=self.alpn,
            server_name=server_name,
            extended_master_secret=self.extended_master_secret,
            encrypt_then_mac=self.encrypt_then_mac,
            resumed=self.resumed is not None,
            session_id=self.session_id,
            peer_certificates=chain,
            session=session,
        )
