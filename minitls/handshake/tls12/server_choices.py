"""What the server makes of a ClientHello in TLS 1.2: `choose` judges it and answers, one small function a decision.

The order of the steps is that of the fields on the wire, so that the first fault in a hello decides the alert.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import NamedTuple

from ...crypto.suites import BY_CODE, Suite
from ...errors import (
    HandshakeFailure,
    IllegalParameter,
    NoApplicationProtocol,
    NoCommonSuite,
    UnrecognizedName,
    shown,
)
from ...wire.codes import (
    MAX_FRAGMENT_LENGTHS,
    TLS_EMPTY_RENEGOTIATION_INFO_SCSV,
    TLS_FALLBACK_SCSV,
    CertificateStatusType,
    ProtocolVersion,
    is_grease,
)
from ...wire.extensions import (
    CertificateStatusAcknowledged,
    CertificateStatusRequest,
    EncryptThenMac,
    ExtendedMasterSecret,
    Extension,
    ExtensionsByClass,
    MaxFragmentLength,
    ProtocolNameList,
    RecordSizeLimit,
    RenegotiationInfo,
    ServerNameAcknowledged,
    ServerNameList,
    SessionTicket,
)
from ...wire.messages import ClientHello, ServerHello
from ...wire.records import MAX_PLAINTEXT
from ..config import ServerConfig
from ..credential import Credential
from ..hello import ENCRYPT_THEN_MAC, EXTENDED_MASTER_SECRET, NO_RENEGOTIATION, NO_TICKET, extensions_once
from ..link import Link
from ..peer_certificate import CLIENT_NEEDS, still_accepted
from ..session import Session
from .accept_server_hello import check_record_size_limit
from .agreed import Agreed
from .key_exchange import KEY_EXCHANGES

#: RFC 6066 section 3 with RFC 5890: labels of letters, digits, hyphen (and underscore, which occurs), no final dot.
_DNS_NAME = (rb"(?=.{1,253}\Z)([A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.)*"
             rb"(?!\d+\Z)[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")  # fmt: skip


#: What stands among the suites and is none.
_SIGNALS = frozenset((TLS_EMPTY_RENEGOTIATION_INFO_SCSV, TLS_FALLBACK_SCSV))
_SERVER_NAME, _STATUS = ServerNameAcknowledged(), CertificateStatusAcknowledged()


class Choice(NamedTuple):
    """The server's answer to a ClientHello."""

    agreed: Agreed
    server_hello: ServerHello
    credential: Credential
    staple: bool
    """Whether CertificateStatus follows the certificate."""


def choose(link: Link, config: ServerConfig, hello: ClientHello) -> Choice:
    """Judge a ClientHello and choose. Raises the fault that names its alert."""
    # 1. Compression must include null (section 7.4.1.2), the only one spoken.
    if 0 not in hello.compression_methods:
        raise IllegalParameter("the compression methods lack null (0) (RFC 5246 section 7.4.1.2)")
    asked = extensions_once(hello)
    secure_renegotiation = _renegotiation_indicated(hello, asked)
    # 2. Who is meant, and how much may be sent at once.
    name = _server_name(asked)
    credential = config.credential_for(name)
    if credential is None and config.strict_sni:
        raise UnrecognizedName(f"no certificate here is for {name!r} (RFC 6066 section 3)")
    length, limits = _limits(config, asked)
    extended = config.extended_master_secret and ExtendedMasterSecret in asked
    # 3. An earlier session, or a suite for a new one.
    now = config.time()
    ticket = asked.get(SessionTicket)
    session = _resumable(config, hello, asked, name, length, extended, now)
    suite = BY_CODE[session.cipher_suite] if session else _suite(config, hello)
    encrypt_then_mac = config.encrypt_then_mac and suite.mode == "CBC" and EncryptThenMac in asked
    protocol = _protocol(config, asked)
    new_ticket = _ticket_due(config, ticket, session, now)
    status = asked.get(CertificateStatusRequest)
    # A request of another type than OCSP is one that we cannot answer (RFC 6066 section 8).
    staple = session is None and status is not None and status.request[0] == CertificateStatusType.ocsp
    staple = staple and bool((credential or config.credentials[0]).ocsp_response)

    agreed = Agreed(
        suite=suite,
        client_random=hello.random,
        server_random=link.random("server random", 32),
        session_id=hello.session_id
        if session
        else link.random("session ID", 32)
        if config.sessions is not None
        else b"",
        extended_master_secret=extended,
        encrypt_then_mac=encrypt_then_mac,
        new_ticket=new_ticket,
        resumed=session,
        alpn=protocol,
        server_name=name,
        max_fragment_length=length,
        record_size_limits=limits,
    )
    # 4. Extensions, each an answer to one of the client's (section 7.4.1.4).
    extensions: list[Extension] = []
    if credential is not None and name is not None and session is None:
        extensions.append(_SERVER_NAME)
    if secure_renegotiation:
        extensions.append(NO_RENEGOTIATION)
    if length is not None:
        extensions.append(MaxFragmentLength(_code_of(length)))
    if limits is not None:
        extensions.append(RecordSizeLimit(limits[1]))
    if protocol is not None:
        extensions.append(ProtocolNameList((protocol.encode(),)))
    if staple:
        extensions.append(_STATUS)
    if encrypt_then_mac:
        extensions.append(ENCRYPT_THEN_MAC)
    if extended:
        extensions.append(EXTENDED_MASTER_SECRET)
    if new_ticket:
        extensions.append(NO_TICKET)
    server_hello = ServerHello(
        server_version=ProtocolVersion.TLS_1_2,
        random=agreed.server_random,
        session_id=agreed.session_id,
        cipher_suite=suite.code,
        compression_method=0,
        extensions=tuple(extensions) or None,
    )
    return Choice(agreed, server_hello, credential or config.credentials[0], staple)


def _renegotiation_indicated(hello: ClientHello, asked: ExtensionsByClass) -> bool:
    """Whether the client knows of RFC 5746, by extension or by the suite that stands for it (section 3.6)."""
    info = asked.get(RenegotiationInfo)
    if info is not None and info.renegotiated_connection:
        raise HandshakeFailure("renegotiation_info is not empty in a first handshake (RFC 5746 section 3.6)")
    return info is not None or TLS_EMPTY_RENEGOTIATION_INFO_SCSV in hello.cipher_suites


def _server_name(asked: ExtensionsByClass) -> str | None:
    """The one host name that the client asks for, in lower case. Other name types are passed over (RFC 6066 3)."""
    extension = asked.get(ServerNameList)
    if extension is None:
        return None
    names = [name for name_type, name in extension.server_name_list if name_type == 0]
    if not names:
        return None
    if len(names) > 1:
        raise IllegalParameter(f"server_name holds {len(names)} host names, one is allowed (RFC 6066 section 3)")
    if not re.fullmatch(_DNS_NAME, names[0]):
        raise IllegalParameter(f"server_name '{shown(names[0])}' is no DNS host name (RFC 6066 section 3)")
    return names[0].decode().lower()


def _limits(config: ServerConfig, asked: ExtensionsByClass) -> tuple[int | None, tuple[int, int] | None]:
    """max_fragment_length and record_size_limit; the latter overrides the former (RFC 8449 section 5)."""
    limit = asked.get(RecordSizeLimit)
    length = asked.get(MaxFragmentLength)
    if length is not None and length.max_fragment_length not in MAX_FRAGMENT_LENGTHS:
        raise IllegalParameter(
            f"max_fragment_length code {length.max_fragment_length} is not in 1..4 (RFC 6066 section 4)"
        )
    if limit is not None:
        check_record_size_limit(limit.record_size_limit)
        return None, (limit.record_size_limit, config.record_size_limit or MAX_PLAINTEXT)
    return (MAX_FRAGMENT_LENGTHS[length.max_fragment_length] if length else None), None


def _code_of(length: int) -> int:
    return next(code for code, size in MAX_FRAGMENT_LENGTHS.items() if size == length)


def _suite(config: ServerConfig, hello: ClientHello) -> Suite:
    """An AEAD suite if both know one, else CBC; among equals the client's order decides."""
    first: Suite | None = None
    for code in hello.cipher_suites:
        if code in config.codes and KEY_EXCHANGES[BY_CODE[code].key_exchange].possible(hello):
            suite = BY_CODE[code]
            if suite.mode == "GCM":
                return suite
            first = first or suite
    if first is None:
        raise _no_common_suite(config, hello)
    return first


def _no_common_suite(config: ServerConfig, hello: ClientHello) -> NoCommonSuite:
    real = tuple(code for code in hello.cipher_suites if code not in _SIGNALS and not is_grease(code))
    what = "only TLS 1.3 suites" if real and all(code >> 8 == 0x13 for code in real) else f"{len(real)} suites"
    more = f" and {len(config.suites) - 1} more" if len(config.suites) > 1 else ""
    ours = f"{config.suites[0].name}{more}"
    return NoCommonSuite(f"no suite in common: the client offers {what}, this server has {ours}", real)


def _protocol(config: ServerConfig, asked: ExtensionsByClass) -> str | None:
    """The first protocol of ours that the client offers; None if either side does not speak ALPN."""
    offered = asked.get(ProtocolNameList)
    if offered is None or not config.alpn:
        return None
    for protocol in config.alpn:
        if protocol.encode() in offered.protocol_name_list:
            return protocol
    offer = shown(b", ".join(offered.protocol_name_list))
    raise NoApplicationProtocol(f"the client offers ALPN {offer}, this server {', '.join(config.alpn)} (RFC 7301 3.2)")


def _ticket_due(config: ServerConfig, ticket: SessionTicket | None, session: Session | None, now: datetime) -> bool:
    """Whether to issue a ticket: to whoever asks in a full handshake, later only if the old one is about to expire."""
    if config.sealing is None or ticket is None:
        return False
    return session is None or (ticket.ticket != b"" and config.sealing.renewal_due(ticket.ticket, now))


def _resumable(
    config: ServerConfig,
    hello: ClientHello,
    asked: ExtensionsByClass,
    name: str | None,
    length: int | None,
    extended: bool,
    now: datetime,
) -> Session | None:
    """The session that the client names, if it can be taken up again; None leads to a full handshake."""
    ticket = asked.get(SessionTicket)
    if ticket is not None and ticket.ticket and config.sealing:
        # A ticket takes precedence over a session ID, which is then only an echo to know acceptance by (RFC 5077 3.4).
        session = config.sealing.open(ticket.ticket, now)
    else:
        session = (
            config.sessions.fetch(hello.session_id, now) if config.sessions is not None and hello.session_id else None
        )
    if session is None or session.server_name.decode() != (name or ""):
        return None
    if session.cipher_suite not in config.codes or session.max_fragment_length != (length or 0):
        return None
    if config.require_client_certificate and not session.peer_certificates:
        return None
    if session.peer_certificates and not (
        config.client_trust
        and still_accepted("server", config, session.peer_certificates, config.client_trust, None, CLIENT_NEEDS)
    ):
        return None
    if session.extended_master_secret and ExtendedMasterSecret not in asked:
        raise HandshakeFailure(
            "a session made with extended_master_secret is resumed without it (RFC 7627 section 5.3)"
        )
    if bool(session.extended_master_secret) != extended:
        return None
    if session.cipher_suite not in hello.cipher_suites:
        raise IllegalParameter(
            f"the session to resume has suite {session.cipher_suite:04x}, which the client no longer offers "
            "(RFC 5246 section 7.4.1.2)"
        )
    return session
