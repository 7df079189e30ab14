"""The messages a TLS_RSA handshake does not speak: those of (EC)DHE key exchange and of two rare extensions.

They are values here so that captures can be explained; `messages.structs` loads this file on first use.
"""

from __future__ import annotations

from typing import Any

from .codes import ECCurveType, HandshakeType
from .grammar import forbidden, opaque, rest, select, uint8, uint16, wire
from .messages import HandshakeMessage


class ServerKeyExchangeECDHE(HandshakeMessage):
    """RFC 8422 section 5.4: the server's ephemeral public key, signed with both randoms."""

    msg_type = HandshakeType.server_key_exchange
    key_exchange = "ECDHE"
    curve_params: tuple[int, int] = wire(select(uint8, {ECCurveType.named_curve: uint16}, otherwise=forbidden))
    public: bytes = wire(opaque(1, 0xFF))
    algorithm: int = wire(uint16)
    signature: bytes = wire(opaque(0, 0xFFFF))


class ServerKeyExchangeDHE(HandshakeMessage):
    """RFC 5246 section 7.4.3: the server's Diffie-Hellman group and public value, signed."""

    msg_type = HandshakeType.server_key_exchange
    key_exchange = "DHE"
    dh_p: bytes = wire(opaque(1, 0xFFFF))
    dh_g: bytes = wire(opaque(1, 0xFFFF))
    dh_Ys: bytes = wire(opaque(1, 0xFFFF))
    algorithm: int = wire(uint16)
    signature: bytes = wire(opaque(0, 0xFFFF))


class ClientKeyExchangeECDHE(HandshakeMessage):
    """RFC 8422 section 5.7: the client's ephemeral public key."""

    msg_type = HandshakeType.client_key_exchange
    key_exchange = "ECDHE"
    ecdh_Yc: bytes = wire(opaque(1, 0xFF))


class ClientKeyExchangeDHE(HandshakeMessage):
    """RFC 5246 section 7.4.7.2: the client's Diffie-Hellman public value."""

    msg_type = HandshakeType.client_key_exchange
    key_exchange = "DHE"
    dh_Yc: bytes = wire(opaque(1, 0xFFFF))


class CertificateStatus(HandshakeMessage):
    """RFC 6066 section 8: a stapled OCSP response, sent straight after Certificate."""

    msg_type = HandshakeType.certificate_status
    response: tuple[int, Any] = wire(select(uint8, {1: opaque(1, 0xFFFFFF)}, otherwise=forbidden))


class CertificateURL(HandshakeMessage):
    """RFC 6066 section 5: where the client's certificates can be fetched. Kept as bytes; nobody sends it."""

    msg_type = HandshakeType.certificate_url
    url_and_hash_list: bytes = wire(rest)


RARE_MESSAGES: tuple[type[HandshakeMessage], ...] = (
    ServerKeyExchangeECDHE,
    ClientKeyExchangeECDHE,
    ServerKeyExchangeDHE,
    ClientKeyExchangeDHE,
    CertificateStatus,
    CertificateURL,
)
