"""The hello exchange: what the client offers, what the server chooses, and what the client accepts of the choice.

    offer()    client   ClientHello from the configuration
    choose()   server   judges the ClientHello and builds the ServerHello (RFC 5246 section 7.4.1.3)
    accept()   client   judges the ServerHello against the offer

Each returns what was settled as a value; nothing here sends or waits. `server_choices.py` holds the server's separate
decisions (name, session, protocol), one function each.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_address

from ..crypto.signatures import SCHEMES
from ..crypto.suites import BY_CODE
from ..errors import HandshakeFailure, IllegalParameter, ProtocolVersionError, UnsupportedExtension, shown
from ..wire.codes import MAX_FRAGMENT_LENGTHS, ExtensionType, ProtocolVersion, name_of
from ..wire.extensions import (
    EncryptThenMac,
    ExtendedMasterSecret,
    Extension,
    MaxFragmentLength,
    ProtocolNameList,
    RecordSizeLimit,
    RenegotiationInfo,
    ServerNameList,
    SessionTicket,
    SignatureAlgorithms,
)
from ..wire.messages import ClientHello, ServerHello
from ..wire.records import MAX_PLAINTEXT
from .config import ClientConfig
from .session import Session
from .tls12.agreed import Agreed

TLS_1_2 = ProtocolVersion.TLS_1_2
SIGNATURE_ALGORITHMS = tuple(int(scheme.code) for scheme in SCHEMES)
_CODES_OF_LENGTHS = {length: code for code, length in MAX_FRAGMENT_LENGTHS.items()}


def offer(config: ClientConfig, server_name: str, session: Session | None, random: bytes) -> ClientHello:
    """The ClientHello (section 7.4.1.2). An IP address is never sent as server_name (RFC 6066 section 3)."""
    extensions: list[Extension] = []
    if not is_ip_address(server_name):
        extensions.append(ServerNameList(((0, server_name.encode()),)))
    if config.max_fragment_length is not None:
        extensions.append(MaxFragmentLength(_CODES_OF_LENGTHS[config.max_fragment_length]))
    # Many servers refuse a hello without it, though RSA key exchange signs nothing but client certificates.
    extensions.append(SignatureAlgorithms(SIGNATURE_ALGORITHMS))
    if config.alpn:
        extensions.append(ProtocolNameList(tuple(protocol.encode() for protocol in config.alpn)))
    if config.encrypt_then_mac:
        extensions.append(EncryptThenMac())
    if config.extended_master_secret:
        extensions.append(ExtendedMasterSecret())
    if config.record_size_limit is not None:
        extensions.append(RecordSizeLimit(config.record_size_limit))
    if config.tickets:
        extensions.append(SessionTicket(session.ticket if session else b""))
    extensions.append(RenegotiationInfo(b""))
    return ClientHello(
        client_version=TLS_1_2,
        random=random,
        session_id=session.session_id if session else b"",
        cipher_suites=tuple(suite.code for suite in config.suites),
        compression_methods=(0,),
        extensions=tuple(extensions),
    )


@lru_cache(maxsize=64)
def is_ip_address(name: str) -> bool:
    """Whether `name` is a literal IPv4 or IPv6 address."""
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def refuse_duplicates(hello: ClientHello | ServerHello) -> None:
    """No extension may come twice (section 7.4.1.4). IllegalParameter names the one that does."""
    seen: set[int] = set()
    for extension in hello.extensions or ():
        if extension.type in seen:
            told = name_of(ExtensionType, extension.type)
            raise IllegalParameter(f"extension {told} comes twice (RFC 5246 section 7.4.1.4)")
        seen.add(extension.type)


def accept(config: ClientConfig, offered: ClientHello, session: Session | None, hello: ServerHello) -> Agreed:
    """What the server chose, if every part of it was offered. Raises the fault that names its alert otherwise."""
    # 1. Version, suite and compression (section 7.4.1.3).
    if hello.server_version != TLS_1_2:
        raise ProtocolVersionError(
            f"the server chose version {hello.server_version:04x}; minitls speaks TLS 1.2 (0303) (RFC 5246 E.1)"
        )
    if hello.cipher_suite not in offered.cipher_suites:
        raise IllegalParameter(
            f"the server chose suite {hello.cipher_suite:04x}, which was not offered (RFC 5246 section 7.4.1.3)"
        )
    if hello.compression_method != 0:
        raise IllegalParameter(f"the server chose compression {hello.compression_method}; only null (0) was offered")
    suite = BY_CODE[hello.cipher_suite]

    # 2. Extensions: only answers to what was asked, and each at most once (section 7.4.1.4).
    asked = {extension.type for extension in offered.extensions or ()}
    for extension in hello.extensions or ():
        if extension.type not in asked:
            told = name_of(ExtensionType, extension.type)
            raise UnsupportedExtension(f"the server sent {told}, which was not offered (RFC 5246 section 7.4.1.4)")
    refuse_duplicates(hello)
    _check_renegotiation(hello)
    extended = hello.extension(ExtendedMasterSecret) is not None
    encrypt_then_mac = hello.extension(EncryptThenMac) is not None
    if encrypt_then_mac and suite.mode != "CBC":
        raise IllegalParameter(f"encrypt_then_mac with {suite.name}, which is no CBC suite (RFC 7366 section 3)")
    ticket = hello.extension(SessionTicket)
    if ticket is not None and ticket.ticket:
        raise IllegalParameter("the server's session_ticket extension is not empty (RFC 5077 section 3.2)")

    # 3. A session is taken up again exactly if the server echoes the session ID that names it (section 7.4.1.3).
    resumed = session if session is not None and hello.session_id == offered.session_id != b"" else None
    if resumed is not None:
        if hello.cipher_suite != resumed.cipher_suite:
            raise IllegalParameter(
                f"the server resumes with suite {hello.cipher_suite:04x}, the session has "
                f"{resumed.cipher_suite:04x} (RFC 5246 section 7.4.1.3)"
            )
        if extended != bool(resumed.extended_master_secret):
            was, now = ("with", "without") if resumed.extended_master_secret else ("without", "with")
            raise HandshakeFailure(
                f"a session made {was} extended_master_secret is resumed {now} it (RFC 7627 section 5.3)"
            )
    mfl, limits = _accept_limits(config, hello)
    return Agreed(
        suite=suite,
        client_random=offered.random,
        server_random=hello.random,
        session_id=hello.session_id,
        extended_master_secret=extended,
        encrypt_then_mac=encrypt_then_mac,
        new_ticket=ticket is not None,
        resumed=resumed,
        alpn=_accept_alpn(config, hello),
        server_name=None,
        max_fragment_length=mfl,
        record_size_limits=limits,
    )


def _check_renegotiation(hello: ServerHello) -> None:
    info = hello.extension(RenegotiationInfo)
    if info is not None and info.renegotiated_connection:
        raise HandshakeFailure("renegotiation_info is not empty in a first handshake (RFC 5746 section 3.4)")


def _accept_alpn(config: ClientConfig, hello: ServerHello) -> str | None:
    answer = hello.extension(ProtocolNameList)
    if answer is None:
        return None
    offered = {protocol.encode(): protocol for protocol in config.alpn}
    if len(answer.protocol_name_list) != 1 or answer.protocol_name_list[0] not in offered:
        told = shown(b", ".join(answer.protocol_name_list))
        raise IllegalParameter(f"the server chose ALPN {told}, offered was {', '.join(config.alpn)} (RFC 7301 3.1)")
    return offered[answer.protocol_name_list[0]]


def _accept_limits(config: ClientConfig, hello: ServerHello) -> tuple[int | None, tuple[int, int] | None]:
    length = hello.extension(MaxFragmentLength)
    limit = hello.extension(RecordSizeLimit)
    if length is not None and limit is not None:
        raise IllegalParameter("the server sent max_fragment_length and record_size_limit (RFC 8449 section 5)")
    if length is not None and MAX_FRAGMENT_LENGTHS.get(length.max_fragment_length) != config.max_fragment_length:
        raise IllegalParameter(
            f"the server chose max_fragment_length code {length.max_fragment_length}, not the one asked for "
            "(RFC 6066 section 4)"
        )
    if limit is None:
        return (config.max_fragment_length if length else None), None
    check_record_size_limit(limit.record_size_limit)
    return None, (config.record_size_limit or MAX_PLAINTEXT, limit.record_size_limit)


def check_record_size_limit(limit: int) -> None:
    """A limit under 64 would leave no room for the protocol itself (RFC 8449 section 4). IllegalParameter."""
    if limit < 64:
        raise IllegalParameter(f"record_size_limit is {limit}, at least 64 is allowed (RFC 8449 section 4)")
