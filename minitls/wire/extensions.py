"""The bodies of hello extensions (RFC 5246 section 7.4.1.4), each as the struct of the RFC that defines it.

An extension may have one form in a ClientHello and another in a ServerHello (RFC 6066: server_name is a list one
way and empty the other), so there are two tables. Numbers without a row are kept as bytes, unread and unjudged.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from ..errors import DecodeError
from .codes import ExtensionType, name_of
from .compiler import Reader
from .grammar import (
    Kind,
    Path,
    Span,
    Struct,
    Walk,
    inside,
    opaque,
    optional,
    rest,
    select,
    struct,
    uint8,
    uint16,
    uint16s,
    vector,
    wire,
)


class Extension(Struct):
    """Any extension body; `extension_type` is its number."""

    # Beside the fields, and so no part of the value: the whole extension as it is written, once it has been.
    __slots__ = ("_written",)
    extension_type: ClassVar[int]

    #: The extension's number on the wire. Asked often, so no Python function stands in between.
    type = property(attrgetter("extension_type"))


E = TypeVar("E", bound=Extension)


class UnknownExtension(Extension):
    """An extension minitls has no struct for, kept as it came."""

    code: int = wire(uint16)
    data: bytes = wire(rest)

    type = property(attrgetter("code"))

    def write(self) -> bytes:
        return self.data


class ServerNameList(Extension):
    """RFC 6066 section 3, from the client: (name_type, name) pairs; host_name is type 0."""

    extension_type = ExtensionType.server_name
    server_name_list: tuple[tuple[int, bytes], ...] = wire(
        vector(select(uint8, {0: opaque(1, 0xFFFF)}, otherwise=opaque(0, 0xFFFF)), 1, 0xFFFF)
    )


class ServerNameAcknowledged(Extension):
    """RFC 6066 section 3, from the server: empty."""

    extension_type = ExtensionType.server_name


class MaxFragmentLength(Extension):
    """RFC 6066 section 4: a code from 1 to 4, see `codes.MAX_FRAGMENT_LENGTHS`."""

    extension_type = ExtensionType.max_fragment_length
    max_fragment_length: int = wire(uint8)


class OCSPStatusRequest(Struct):
    responder_id_list: tuple[bytes, ...] = wire(vector(opaque(1, 0xFFFF), 0, 0xFFFF))
    request_extensions: bytes = wire(opaque(0, 0xFFFF))


class CertificateStatusRequest(Extension):
    """RFC 6066 section 8, from the client."""

    extension_type = ExtensionType.status_request
    request: tuple[int, Any] = wire(select(uint8, {1: struct(OCSPStatusRequest)}, otherwise=rest))

    @classmethod
    def ocsp(cls) -> CertificateStatusRequest:
        """Ask for any OCSP response, which is the only request in use."""
        return cls((1, OCSPStatusRequest((), b"")))


class CertificateStatusAcknowledged(Extension):
    """RFC 6066 section 8, from the server: empty; the response travels in CertificateStatus."""

    extension_type = ExtensionType.status_request


class SupportedGroups(Extension):
    """RFC 8422 section 5.1.1 (there ``elliptic_curves``)."""

    extension_type = ExtensionType.supported_groups
    named_group_list: tuple[int, ...] = wire(uint16s(2, 0xFFFE))


class ECPointFormats(Extension):
    """RFC 8422 section 5.1.2."""

    extension_type = ExtensionType.ec_point_formats
    ec_point_format_list: tuple[int, ...] = wire(vector(uint8, 1, 0xFF))


class SignatureAlgorithms(Extension):
    """RFC 5246 section 7.4.1.4.1; each item is a SignatureScheme."""

    extension_type = ExtensionType.signature_algorithms
    supported_signature_algorithms: tuple[int, ...] = wire(uint16s(2, 0xFFFE))


class SignatureAlgorithmsCert(Extension):
    """RFC 8446 section 4.2.3: the same list, for signatures inside certificates."""

    extension_type = ExtensionType.signature_algorithms_cert
    supported_signature_algorithms: tuple[int, ...] = wire(uint16s(2, 0xFFFE))


class ProtocolNameList(Extension):
    """RFC 7301 section 3.1 (ALPN); a server answers with exactly one name."""

    extension_type = ExtensionType.application_layer_protocol_negotiation
    protocol_name_list: tuple[bytes, ...] = wire(vector(opaque(1, 0xFF), 2, 0xFFFF))


class EncryptThenMac(Extension):
    """RFC 7366 section 2: empty."""

    extension_type = ExtensionType.encrypt_then_mac


class ExtendedMasterSecret(Extension):
    """RFC 7627 section 5.1: empty."""

    extension_type = ExtensionType.extended_master_secret


class RecordSizeLimit(Extension):
    """RFC 8449 section 4: the largest plaintext, in bytes, that its sender is willing to receive."""

    extension_type = ExtensionType.record_size_limit
    record_size_limit: int = wire(uint16)


class SessionTicket(Extension):
    """RFC 5077 section 3.2: the ticket, or empty to say "I would like one"."""

    extension_type = ExtensionType.session_ticket
    ticket: bytes = wire(rest)


class SupportedVersions(Extension):
    """RFC 8446 section 4.2.1, from the client."""

    extension_type = ExtensionType.supported_versions
    versions: tuple[int, ...] = wire(uint16s(2, 254))


class SelectedVersion(Extension):
    """RFC 8446 section 4.2.1, from the server."""

    extension_type = ExtensionType.supported_versions
    selected_version: int = wire(uint16)


class RenegotiationInfo(Extension):
    """RFC 5746 section 3.2: empty in a first handshake."""

    extension_type = ExtensionType.renegotiation_info
    renegotiated_connection: bytes = wire(opaque(0, 0xFF))


class ExtensionsByClass(dict[type[Extension], Extension]):
    """The extensions of one hello. Of unknown ones, which share a class, it holds the last."""

    if TYPE_CHECKING:

        def get(self, kind: type[E]) -> E | None:  # type: ignore[override]  # The class tells the type of the value.
            """The extension of this class, None if the hello has none."""


def _by_number(*classes: type[Extension]) -> dict[int, type[Extension]]:
    return {int(cls.extension_type): cls for cls in classes}


_EITHER = (
    MaxFragmentLength,
    ECPointFormats,
    ProtocolNameList,
    EncryptThenMac,
    ExtendedMasterSecret,
    RecordSizeLimit,
    SessionTicket,
    RenegotiationInfo,
)
CLIENT_HELLO_EXTENSIONS: Mapping[int, type[Extension]] = _by_number(
    *_EITHER,
    ServerNameList,
    CertificateStatusRequest,
    SupportedGroups,
    SignatureAlgorithms,
    SignatureAlgorithmsCert,
    SupportedVersions,
)
SERVER_HELLO_EXTENSIONS: Mapping[int, type[Extension]] = _by_number(
    *_EITHER, ServerNameAcknowledged, CertificateStatusAcknowledged, SelectedVersion
)


class _ExtensionKind(Kind[Extension]):
    """``struct { ExtensionType extension_type; opaque extension_data<0..2^16-1>; } Extension``."""

    def __init__(self, table: Mapping[int, type[Extension]]) -> None:
        self.bodies: dict[int, inside[Any]] = {number: inside(struct(cls), 0, 0xFFFF) for number, cls in table.items()}
        # Hellos say the same over and over. Extensions are values, so equal bytes may as well be one value.
        self._remembered = lru_cache(maxsize=256)(self.parse)

    def read(self, data: bytes, at: int, end: int) -> tuple[Extension, int]:
        number, at = uint16.read(data, at, end)
        body = self.bodies.get(number)
        try:
            if body is None:
                raw, at = _UNREAD.read(data, at, end)
                return UnknownExtension(number, raw), at
            return body.read(data, at, end)
        except DecodeError as wrong:
            raise wrong.within(name_of(ExtensionType, number)) from None

    def write(self, value: Extension) -> bytes:
        try:
            written: bytes = value._written  # type: ignore[attr-defined]  # The slot: named there, it would be a field.
            return written
        except AttributeError:
            written = uint16.write(value.type) + _UNREAD.write(value.write())
            # The value cannot change, and most are sent in every hello.
            object.__setattr__(value, "_written", written)
            return written

    def compile_read(self, code: Reader, target: str) -> None:
        stop = f"{target}_end"
        # Of a header that is cut off, fewer bytes come: then `stop` lies behind the end whatever they are.
        code.line(f"{stop} = at + 4 + int.from_bytes(data[at + 2:at + 4], 'big')")
        code.doubt(f"{stop} > {code.end}")
        parse, remembered = code.name("parse", self.parse), code.name("remembered", self._remembered)
        which = f"({remembered} if {stop} - at <= {REMEMBERED_UP_TO} else {parse})"
        code.attempt(f"{target} = {which}(data[at:{stop}]); at = {stop}")

    def annotate(self, data: bytes, at: int, end: int, path: Path) -> Walk:
        number, after = uint16.read(data, at, end)
        yield Span((*path, "extension_type"), at, after)
        body = self.bodies.get(number)
        path = (*path, name_of(ExtensionType, number))
        return (yield from (body or _UNREAD).annotate(data, after, end, path))


_UNREAD = opaque(0, 0xFFFF)
#: The longest extension that is remembered, in bytes, header included.
REMEMBERED_UP_TO = 256
client_extensions = optional(vector(_ExtensionKind(CLIENT_HELLO_EXTENSIONS), 0, 0xFFFF))
server_extensions = optional(vector(_ExtensionKind(SERVER_HELLO_EXTENSIONS), 0, 0xFFFF))
