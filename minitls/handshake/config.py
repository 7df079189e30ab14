"""Everything that is negotiable, and everything a handshake needs from the world; frozen, and safe by default.

A configuration can serve any number of connections. `random` and `now` are the only randomness and clock of the core:
with both injected, a handshake is reproducible byte for byte.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property, partial

from ..crypto.suites import SUITES, Suite, suite_named
from ..observe import Observer
from ..pki.path import Trust
from ..pki.revocation import RevocationList
from ..pki.trust import TrustStore
from ..pki.unrooted import Pins, Unverified
from ..wire.codes import MAX_FRAGMENT_LENGTHS
from ..wire.records import MAX_PLAINTEXT
from .credential import Credential
from .session import SessionCache, SessionStore
from .tickets import TicketKeys

Random = Callable[[int], bytes]


#: The clock of a configuration that is given none.
utc_now: Callable[[], datetime] = partial(datetime.now, UTC)


@dataclass(frozen=True, kw_only=True)
class Config:
    """What client and server have in common."""

    cipher_suites: tuple[str, ...] = tuple(suite.name for suite in SUITES)
    """IANA or OpenSSL names. A client offers them in this order."""
    alpn: tuple[str, ...] = ()
    """Application protocols (RFC 7301), most wanted first; empty: ALPN is not spoken."""
    extended_master_secret: bool = True
    encrypt_then_mac: bool = True
    record_size_limit: int | None = None
    """Largest plaintext this side is willing to receive, 64 to 2^14 bytes (RFC 8449)."""
    crls: tuple[RevocationList, ...] = ()
    """Certificate revocation lists to look the peer's certificates up in (RFC 5280 section 6.3)."""
    observer: Observer | None = None
    random: Random = os.urandom
    now: Callable[[], datetime] = utc_now

    def __post_init__(self) -> None:
        if not self.suites:
            raise ValueError("cipher_suites is empty: name at least one suite")
        if not all(0 < len(protocol.encode()) <= 255 for protocol in self.alpn):
            raise ValueError("an ALPN protocol name takes 1 to 255 bytes (RFC 7301 section 3.1)")
        if self.record_size_limit is not None and not 64 <= self.record_size_limit <= MAX_PLAINTEXT:
            raise ValueError(f"record_size_limit is {self.record_size_limit}, not in 64..{MAX_PLAINTEXT} (RFC 8449)")

    @cached_property
    def suites(self) -> tuple[Suite, ...]:
        """The rows of `cipher_suites`; ValueError for a name that minitls does not speak."""
        return tuple(suite_named(name) for name in self.cipher_suites)

    @cached_property
    def codes(self) -> tuple[int, ...]:
        """The numbers of `cipher_suites`."""
        return tuple(suite.code for suite in self.suites)

    @property
    def reproducible(self) -> bool:
        """Whether randomness was injected, so that nothing may be drawn that `random` does not see."""
        return self.random is not os.urandom

    def time(self) -> datetime:
        """`now()`, taken as UTC if it does not say what zone it is in."""
        now = self.now()
        return now if now.tzinfo else now.replace(tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class ClientConfig(Config):
    """A client's configuration."""

    trust: Trust = field(default_factory=TrustStore.builtin)
    """Which roots may vouch for a server: by default the demo root and Mozilla's list. `Pins` believe exactly one
    certificate or key instead, and UNVERIFIED believes whoever answers: anybody in between can read and change all."""
    credential: Credential | tuple[Credential, ...] | None = None
    """What is shown to a server that asks for a client certificate: one, or several from which its request chooses."""
    tickets: bool = True
    """Whether to ask for session tickets (RFC 5077)."""
    sessions: SessionStore | None = None
    """Where sessions are kept for resumption, under the server's name; None: nowhere."""
    max_fragment_length: int | None = None
    """512, 1024, 2048 or 4096 bytes (RFC 6066 section 4)."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.trust, TrustStore | Pins | Unverified):
            raise TypeError(f"trust is {self.trust!r}: give a TrustStore, Pins, or UNVERIFIED")
        allowed = sorted(MAX_FRAGMENT_LENGTHS.values())
        if self.max_fragment_length is not None and self.max_fragment_length not in allowed:
            raise ValueError(f"max_fragment_length is {self.max_fragment_length}, not one of {allowed} (RFC 6066)")

    @cached_property
    def credentials(self) -> tuple[Credential, ...]:
        """`credential` as a tuple, whichever way it was given."""
        if self.credential is None:
            return ()
        return self.credential if isinstance(self.credential, tuple) else (self.credential,)


@dataclass(frozen=True, kw_only=True)
class ServerConfig(Config):
    """A server's configuration. The first credential is the one for clients that name no host, or an unknown one."""

    credentials: tuple[Credential, ...]
    strict_sni: bool = False
    """Refuse an unknown server_name with unrecognized_name instead of serving the default certificate."""
    client_trust: TrustStore | None = None
    """Ask for a client certificate that one of these roots vouches for."""
    require_client_certificate: bool = False
    sessions: SessionStore | None = field(default_factory=SessionCache)
    """The sessions that can be resumed by ID; None: none."""
    tickets: bool = True
    """Whether to issue session tickets to clients that ask (RFC 5077)."""
    ticket_keys: TicketKeys | None = None
    """What seals tickets. With an injected `random` give it too, or no tickets are issued: a key drawn on the side
    would break reproducibility."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.credentials:
            raise ValueError("a server needs a credential: a certificate chain and its private key")
        if not all(credential.is_rsa for credential in self.credentials):
            raise ValueError("TLS_RSA suites need an RSA key: the client encrypts the pre-master secret to it")
        if self.require_client_certificate and self.client_trust is None:
            raise ValueError("require_client_certificate needs client_trust: the roots that clients are judged by")
        if self.tickets and self.ticket_keys is None and not self.reproducible:
            object.__setattr__(self, "ticket_keys", TicketKeys())

    @property
    def sealing(self) -> TicketKeys | None:
        """The ticket keys in use, None if no tickets are issued."""
        return self.ticket_keys if self.tickets else None

    def credential_for(self, server_name: str | None) -> Credential | None:
        """The credential whose certificate is for `server_name`; the first one if the client named no host."""
        if server_name is None:
            return self.credentials[0]
        return next((credential for credential in self.credentials if credential.serves(server_name)), None)
