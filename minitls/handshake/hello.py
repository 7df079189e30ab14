"""The ClientHello, and what holds of every hello, whatever the version that comes of it.

`negotiate.py` sends it and decides which version goes on. What a version makes of the two hellos stands with it:
`tls12/server_choices.py` (the server) and `tls12/accept_server_hello.py` (the client).
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import ip_address

from ..crypto.signatures import SIGNATURE_ALGORITHMS
from ..errors import IllegalParameter
from ..wire.codes import MAX_FRAGMENT_LENGTHS, ExtensionType, ProtocolVersion, name_of
from ..wire.extensions import (
    EncryptThenMac,
    ExtendedMasterSecret,
    Extension,
    ExtensionsByClass,
    MaxFragmentLength,
    ProtocolNameList,
    RecordSizeLimit,
    RenegotiationInfo,
    ServerNameList,
    SessionTicket,
    SignatureAlgorithms,
)
from ..wire.messages import ClientHello, ServerHello
from .config import ClientConfig
from .session import Session

#: Extensions that say the same in every hello: values, so one of each will do.
ENCRYPT_THEN_MAC, EXTENDED_MASTER_SECRET = EncryptThenMac(), ExtendedMasterSecret()
NO_RENEGOTIATION, NO_TICKET = RenegotiationInfo(b""), SessionTicket(b"")
_SIGNATURES = SignatureAlgorithms(SIGNATURE_ALGORITHMS)
_CODES_OF_LENGTHS = {length: code for code, length in MAX_FRAGMENT_LENGTHS.items()}


def offer(
    config: ClientConfig, server_name: str, session: Session | None, random: bytes, special: Iterable[Extension] = ()
) -> ClientHello:
    """The ClientHello (section 7.4.1.2); `special` is what its key exchanges have to say of themselves.

    An IP address is never sent as server_name (RFC 6066 section 3).
    """
    extensions: list[Extension] = []
    if not is_ip_address(server_name):
        extensions.append(_named(server_name))
    if config.max_fragment_length is not None:
        extensions.append(MaxFragmentLength(_CODES_OF_LENGTHS[config.max_fragment_length]))
    extensions += special
    # Many servers refuse a hello without it, though RSA key exchange signs nothing but client certificates.
    extensions.append(_SIGNATURES)
    if config.alpn:
        extensions.append(ProtocolNameList(tuple(protocol.encode() for protocol in config.alpn)))
    if config.encrypt_then_mac:
        extensions.append(ENCRYPT_THEN_MAC)
    if config.extended_master_secret:
        extensions.append(EXTENDED_MASTER_SECRET)
    if config.record_size_limit is not None:
        extensions.append(RecordSizeLimit(config.record_size_limit))
    if config.tickets:
        extensions.append(SessionTicket(session.ticket) if session and session.ticket else NO_TICKET)
    extensions.append(NO_RENEGOTIATION)
    return ClientHello(
        client_version=ProtocolVersion.TLS_1_2,
        random=random,
        session_id=session.session_id if session else b"",
        cipher_suites=config.codes,
        compression_methods=(0,),
        extensions=tuple(extensions),
    )


@lru_cache(maxsize=64)
def _named(server_name: str) -> ServerNameList:
    return ServerNameList(((0, server_name.encode()),))


@lru_cache(maxsize=64)
def is_ip_address(name: str) -> bool:
    """Whether `name` is a literal IPv4 or IPv6 address."""
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def extensions_once(hello: ClientHello | ServerHello) -> ExtensionsByClass:
    """The extensions of a hello. None may come twice (section 7.4.1.4): IllegalParameter names the one that does."""
    extensions = hello.extensions or ()
    by_class = ExtensionsByClass(zip(map(type, extensions), extensions, strict=True))
    if len(by_class) == len(extensions):
        return by_class
    seen: set[int] = set()
    for extension in extensions:
        if extension.type in seen:
            name = name_of(ExtensionType, extension.type)
            raise IllegalParameter(f"extension {name} comes twice (RFC 5246 section 7.4.1.4)")
        seen.add(extension.type)
    return by_class
