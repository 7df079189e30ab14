"""The extensions that real hellos carry and no TLS 1.2 handshake reads, each as the struct of the RFC that defines it.

`wire.extensions` has those that are acted upon. These are only explained: a body that is not what its struct says stays
one field, since it is nobody's business here to refuse it. As there, both hellos may have forms of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ...errors import DecodeError
from ...wire.extensions import OCSPStatusRequest
from ...wire.grammar import (
    Span,
    Struct,
    fixed,
    inside,
    opaque,
    rest,
    select,
    struct,
    uint8,
    uint16,
    uint16s,
    uint32,
    vector,
    wire,
)
from .quic import QUICTransportParameters, repeated
from .transparency import SCTS


class Empty(Struct):
    """An extension that says all it has to say by being there."""


class TrustedAuthorities(Struct):
    """RFC 6066 section 6: by key, name or certificate."""

    trusted_authorities_list: tuple[Any, ...] = wire(
        vector(select(uint8, {0: struct(Empty), 1: fixed(20), 2: opaque(1, 0xFFFF), 3: fixed(20)}, rest), 0, 0xFFFF)
    )


class UseSRTPData(Struct):
    """RFC 5764 section 4.1.1."""

    SRTPProtectionProfiles: tuple[int, ...] = wire(uint16s(2, 0xFFFE))
    srtp_mki: bytes = wire(opaque(0, 0xFF))


class HeartbeatExtension(Struct):
    """RFC 6520 section 2."""

    mode: int = wire(uint8)


class CertificateStatusRequestItemV2(Struct):
    """RFC 6961 section 2.2."""

    status_type: int = wire(uint8)
    request: OCSPStatusRequest = wire(inside(struct(OCSPStatusRequest), 0, 0xFFFF))


class CertificateStatusRequestListV2(Struct):
    """RFC 6961 section 2.2."""

    certificate_status_req_list: tuple[Any, ...] = wire(vector(struct(CertificateStatusRequestItemV2), 1, 0xFFFF))


class SignedCertificateTimestampList(Struct):
    """RFC 6962 section 3.3, from the server."""

    sct_list: tuple[Any, ...] = wire(SCTS)


class OfferedCertificateTypes(Struct):
    """RFC 7250 section 3, from the client."""

    certificate_types: tuple[int, ...] = wire(vector(uint8, 1, 0xFF))


class ChosenCertificateType(Struct):
    """RFC 7250 section 3, from the server."""

    certificate_type: int = wire(uint8)


class Padding(Struct):
    """RFC 7685: zeros."""

    zeros: bytes = wire(rest)


class TokenBindingParameters(Struct):
    """RFC 8472 section 2."""

    major: int = wire(uint8)
    minor: int = wire(uint8)
    key_parameters_list: tuple[int, ...] = wire(vector(uint8, 1, 0xFF))


class CachedObject(Struct):
    """RFC 7924 section 3."""

    type: int = wire(uint8)
    hash_value: bytes = wire(opaque(1, 0xFF))


class CachedInformation(Struct):
    """RFC 7924 section 3, from the client."""

    cached_info: tuple[Any, ...] = wire(vector(struct(CachedObject), 1, 0xFFFF))


class CertificateCompressionAlgorithms(Struct):
    """RFC 8879 section 3."""

    algorithms: tuple[int, ...] = wire(uint16s(2, 0xFE))


class SignatureSchemeList(Struct):
    """RFC 9345 section 4.1.1: for delegated credentials."""

    supported_signature_algorithms: tuple[int, ...] = wire(uint16s(2, 0xFFFE))


class PskIdentity(Struct):
    """RFC 8446 section 4.2.11."""

    identity: bytes = wire(opaque(1, 0xFFFF))
    obfuscated_ticket_age: int = wire(uint32)


class OfferedPsks(Struct):
    """RFC 8446 section 4.2.11, from the client."""

    identities: tuple[Any, ...] = wire(vector(struct(PskIdentity), 7, 0xFFFF))
    binders: tuple[bytes, ...] = wire(vector(opaque(32, 0xFF), 33, 0xFFFF))


class SelectedPsk(Struct):
    """RFC 8446 section 4.2.11, from the server."""

    selected_identity: int = wire(uint16)


class Cookie(Struct):
    """RFC 8446 section 4.2.2."""

    cookie: bytes = wire(opaque(1, 0xFFFF))


class PskKeyExchangeModes(Struct):
    """RFC 8446 section 4.2.9."""

    ke_modes: tuple[int, ...] = wire(vector(uint8, 1, 0xFF))


class CertificateAuthorities(Struct):
    """RFC 8446 section 4.2.4: DER-encoded distinguished names."""

    authorities: tuple[bytes, ...] = wire(vector(opaque(1, 0xFFFF), 3, 0xFFFF))


class OIDFilter(Struct):
    """RFC 8446 section 4.2.5."""

    certificate_extension_oid: bytes = wire(opaque(1, 0xFF))
    certificate_extension_values: bytes = wire(opaque(0, 0xFFFF))


class OIDFilters(Struct):
    """RFC 8446 section 4.2.5."""

    filters: tuple[Any, ...] = wire(vector(struct(OIDFilter), 0, 0xFFFF))


class KeyShareEntry(Struct):
    """RFC 8446 section 4.2.8; alone it is the server's."""

    group: int = wire(uint16)
    key_exchange: bytes = wire(opaque(1, 0xFFFF))


class KeyShareClientHello(Struct):
    """RFC 8446 section 4.2.8, from the client."""

    client_shares: tuple[Any, ...] = wire(vector(struct(KeyShareEntry), 0, 0xFFFF))


class KeyShareHelloRetryRequest(Struct):
    """RFC 8446 section 4.2.8, from a server that would like another group."""

    selected_group: int = wire(uint16)


class ECHOuter(Struct):
    """RFC 9849 section 5: the hello that counts, encrypted."""

    kdf_id: int = wire(uint16)
    aead_id: int = wire(uint16)
    config_id: int = wire(uint8)
    enc: bytes = wire(opaque(0, 0xFFFF))
    payload: bytes = wire(opaque(1, 0xFFFF))


class ECHClientHello(Struct):
    """RFC 9849 section 5."""

    client_hello: tuple[int, Any] = wire(select(uint8, {0: struct(ECHOuter), 1: struct(Empty)}, rest))


class ConnectionId(Struct):
    """RFC 9146 section 3."""

    cid: bytes = wire(opaque(0, 0xFF))


class TicketRequest(Struct):
    """RFC 9149 section 3, from the client."""

    new_session_count: int = wire(uint8)
    resumption_count: int = wire(uint8)


class SRPIdentity(Struct):
    """RFC 5054 section 2.8.1."""

    srp_I: bytes = wire(opaque(1, 0xFF))


class ProtocolsInTheOpen(Struct):
    """draft-agl-tls-nextprotoneg-04 section 3, from the server: names without a length around them."""

    protocols: tuple[bytes, ...] = wire(repeated(opaque(1, 0xFF)))


class ApplicationSettingsSupport(Struct):
    """draft-vvv-tls-alps-01 section 4, from the client."""

    supported_protocols: tuple[bytes, ...] = wire(vector(opaque(1, 0xFF), 2, 0xFFFF))


class TrustAnchors(Struct):
    """draft-ietf-tls-trust-anchor-ids section 4.1: relative object identifiers of CAs that the client trusts."""

    trust_anchors: tuple[bytes, ...] = wire(vector(opaque(1, 0xFF), 0, 0xFFFF))


class Greased(Struct):
    """RFC 8701: whatever the client likes."""

    anything: bytes = wire(rest)


_EITHER: dict[str, type[Struct]] = {
    **dict.fromkeys(
        ("client_certificate_url", "truncated_hmac", "early_data", "tls_cert_with_extern_psk", "channel_id"), Empty
    ),
    "channel_id_old": Empty,
    "use_srtp": UseSRTPData,
    "heartbeat": HeartbeatExtension,
    "token_binding": TokenBindingParameters,
    "compress_certificate": CertificateCompressionAlgorithms,
    "cookie": Cookie,
    "certificate_authorities": CertificateAuthorities,
    "oid_filters": OIDFilters,
    "quic_transport_parameters": QUICTransportParameters,
    "quic_transport_parameters_draft": QUICTransportParameters,
    "connection_id": ConnectionId,
    "GREASE": Greased,
}
#: By the names of `wire.codes.ExtensionType`: the bodies of a ClientHello's extensions, and of a ServerHello's. Where
#: several forms are possible they are told apart by their lengths.
BODIES: Mapping[str, Mapping[str, tuple[type[Struct], ...]]] = {
    "ClientHello": {
        **{name: (cls,) for name, cls in _EITHER.items()},
        "trusted_ca_keys": (TrustedAuthorities,),
        "cert_type": (OfferedCertificateTypes,),
        "srp": (SRPIdentity,),
        "status_request_v2": (CertificateStatusRequestListV2,),
        "signed_certificate_timestamp": (Empty,),
        "client_certificate_type": (OfferedCertificateTypes,),
        "server_certificate_type": (OfferedCertificateTypes,),
        "padding": (Padding,),
        "cached_info": (CachedInformation,),
        "delegated_credential": (SignatureSchemeList,),
        "pre_shared_key": (OfferedPsks,),
        "psk_key_exchange_modes": (PskKeyExchangeModes,),
        "post_handshake_auth": (Empty,),
        "key_share": (KeyShareClientHello,),
        "ticket_request": (TicketRequest,),
        "encrypted_client_hello": (ECHClientHello,),
        "next_protocol_negotiation": (Empty,),
        "application_settings": (ApplicationSettingsSupport,),
        "application_settings_old": (ApplicationSettingsSupport,),
        "trust_anchors": (TrustAnchors,),
    },
    "ServerHello": {
        **{name: (cls,) for name, cls in _EITHER.items()},
        "trusted_ca_keys": (Empty,),
        "cert_type": (ChosenCertificateType,),
        "status_request_v2": (Empty,),
        "signed_certificate_timestamp": (SignedCertificateTimestampList,),
        "client_certificate_type": (ChosenCertificateType,),
        "server_certificate_type": (ChosenCertificateType,),
        "pre_shared_key": (SelectedPsk,),
        "key_share": (KeyShareEntry, KeyShareHelloRetryRequest),
        "next_protocol_negotiation": (ProtocolsInTheOpen,),
    },
}


def cut(data: bytes, spans: Iterable[Span]) -> Iterator[Span]:
    """The same spans, those bodies cut into their fields that only this module knows. They tile the same bytes."""
    for span in spans:
        yield from _fields(data, span) or (span,)


def _fields(data: bytes, span: Span) -> list[Span]:
    """The fields of one body; none if it is no body, or not what its struct says."""
    path = span.path
    if len(path) != 4 or path[1] != "extensions":
        return []
    for body in BODIES.get(str(path[0]), {}).get(str(path[3]), ()):
        try:
            _, stop = body.read(data, span.start, span.end)
        except DecodeError:
            continue
        if stop == span.end:
            return list(body.annotate(data, span.start, span.end, path))
    return []
