"""What the bytes of a field say: a value as people write it, and what that value means."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import IntEnum

from cryptography import x509

from ...errors import AlertDescription, AlertLevel, counted
from ...wire.codes import (
    MAX_FRAGMENT_LENGTHS,
    CertificateStatusType,
    ClientCertificateType,
    CompressionMethod,
    ContentType,
    ECCurveType,
    ECPointFormat,
    ExtensionType,
    HandshakeType,
    NameType,
    is_grease,
    name_of,
)
from .explanations import EXTENSION_TYPE, explain, extension_kind, find
from .registries import GREASE, registered, suite_name

#: The value as written, and what it means; either may be empty.
Meaning = tuple[str, str]


def version_name(code: int) -> str:
    """The version as people call it: TLS 1.2 for 0x0303."""
    if code == 0x0300:
        return "SSL 3.0"
    if code >> 8 == 3 and 1 <= code & 0xFF <= 4:
        return f"TLS 1.{(code & 0xFF) - 1}"
    return GREASE if is_grease(code) else "no version known"


def say(kind: str, data: bytes) -> Meaning:
    """What `data`, the bytes of a field of this kind, says."""
    speaker = _SAY.get(kind)
    if speaker is not None:
        return speaker(data)
    if kind.endswith(".length") or kind == "Record.length":
        return _length(data)
    count, known = counted(len(data), "byte"), find(kind)
    if known is None or not known.says:
        return "", count
    return "", f"{count}: {known.says}" if data else known.says


def _length(data: bytes) -> Meaning:
    count = int.from_bytes(data, "big")
    return f"{count:,}", "byte follows" if count == 1 else "bytes follow"


def _number(data: bytes) -> int:
    return int.from_bytes(data, "big")


def _code(space: type[IntEnum]) -> Callable[[bytes], Meaning]:
    """A number that IANA has named."""

    def said(data: bytes) -> Meaning:
        number = _number(data)
        name = name_of(space, number)
        written = f"0x{data.hex()}" if len(data) > 1 else str(number)
        return written, "unknown" if name.startswith("0x") else name

    return said


def _registered(registry: str) -> Callable[[bytes], Meaning]:
    """A number of a registry that is too long for code to work with."""

    def said(data: bytes) -> Meaning:
        number = _number(data)
        return f"0x{data.hex()}" if len(data) > 1 else str(number), registered(registry, number, len(data))

    return said


def _extension_type(data: bytes) -> Meaning:
    """The extension's name, and in a few words what it does."""
    written, name = _code(ExtensionType)(data)
    does = find(extension_kind(_number(data)))
    return (f"{written} {name}:", does.says) if does is not None and does.says else (written, name)


def _zeros(data: bytes) -> Meaning:
    count = counted(len(data), "byte")
    return "", f"{count} of value 0" if not any(data) else f"{count}, not all of them 0"


def _milliseconds(data: bytes) -> Meaning:
    past = timedelta(milliseconds=min(_number(data), 10**14))
    return str(_number(data)), f"{datetime(1970, 1, 1) + past:%Y-%m-%d %H:%M:%S} UTC"


def _varint(data: bytes) -> int:
    return _number(data) & (1 << 8 * len(data) - 2) - 1


def _quic_parameter(data: bytes) -> Meaning:
    number = _varint(data)
    # RFC 9000 section 18.1: 31 * N + 27 is reserved, as GREASE is.
    name = "reserved: to be passed over" if number % 31 == 27 else registered("quic_transport_parameters", number, 1)
    return f"{number:#x}", name


def _quic_value(data: bytes) -> Meaning:
    whole = data and len(data) == 1 << (data[0] >> 6)
    return (f"{_varint(data):,}", "if it is a number") if whole else ("", counted(len(data), "byte"))


def _version(data: bytes) -> Meaning:
    return f"0x{data.hex()}", version_name(_number(data))


def _suite(data: bytes) -> Meaning:
    return f"0x{data.hex()}", suite_name(_number(data))


def _plain(data: bytes) -> Meaning:
    return str(_number(data)), ""


def _cipher_spec(data: bytes) -> Meaning:
    return f"0x{data.hex()}", suite_name(_number(data)) if data[0] == 0 else "a cipher of SSL 2.0"


def _random(data: bytes) -> Meaning:
    return "", f"{len(data)} random bytes"


def _session_id(data: bytes) -> Meaning:
    return "", f"{counted(len(data), 'byte')} that name a session"


def _text(data: bytes) -> Meaning:
    text = "".join(c if c.isprintable() else "." for c in data.decode("utf-8", "replace"))
    return f'"{text}"', counted(len(data), "byte")


def _counted(kind: str) -> Callable[[bytes], Meaning]:
    """A number whose meaning is always the same."""
    return lambda data: (str(_number(data)), explain(kind).says)


def _authenticated(data: bytes) -> Meaning:
    written, said = _counted("additional_data.length")(data)
    return written, said.replace("bytes are", "byte is") if written == "1" else said


def _fragment_length(data: bytes) -> Meaning:
    limit = MAX_FRAGMENT_LENGTHS.get(_number(data))
    return str(_number(data)), f"{limit} bytes" if limit else "no length that RFC 6066 knows"


def _bytes_allowed(data: bytes) -> Meaning:
    return str(_number(data)), f"at most {counted(_number(data), 'byte')} of plaintext in a record"


def _seconds(data: bytes) -> Meaning:
    seconds = _number(data)
    return str(seconds), f"{seconds / 3600:g} hours" if seconds else "unspecified"


def _certificate(data: bytes) -> Meaning:
    try:
        certificate = x509.load_der_x509_certificate(data)
        subject, issuer = certificate.subject.rfc4514_string(), certificate.issuer.rfc4514_string()
    except Exception:  # A certificate of any shape may stand here; the library documents no closed list of faults.
        return "", f"{counted(len(data), 'byte')} that cannot be read as a certificate"
    return f'"{_printable(subject)}"', f"issued by {_printable(issuer)}"


def _authority(data: bytes) -> Meaning:
    return "", f"a distinguished name, {counted(len(data), 'byte')} of DER"


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "." for c in text)[:120]


def _change(data: bytes) -> Meaning:
    return str(_number(data)), "keys change now" if data == b"\x01" else "must be 1"


def _padding(data: bytes) -> Meaning:
    return "", f"{counted(len(data), 'byte')} of value {data[0]}"


def _pkcs1_type(data: bytes) -> Meaning:
    return "", "a block for encryption" if data == b"\x00\x02" else "must be 00 02"


_SAY: dict[str, Callable[[bytes], Meaning]] = {
    "Record.type": _code(ContentType),
    "Record.version": _version,
    "Handshake.msg_type": _code(HandshakeType),
    "ChangeCipherSpec.type": _change,
    "Alert.level": _code(AlertLevel),
    "Alert.description": _code(AlertDescription),
    "Record.data": _text,
    "ClientHello.client_version": _version,
    "ServerHello.server_version": _version,
    "ClientHello.random": _random,
    "ServerHello.random": _random,
    "ClientHello.session_id": _session_id,
    "ServerHello.session_id": _session_id,
    "ClientHello.cipher_suites": _suite,
    "ServerHello.cipher_suite": _suite,
    "ClientHello.compression_methods": _code(CompressionMethod),
    "ServerHello.compression_method": _code(CompressionMethod),
    EXTENSION_TYPE: _extension_type,
    "extensions.server_name.server_name_list": _text,
    "extensions.server_name.server_name_list.type": _code(NameType),
    "extensions.max_fragment_length.max_fragment_length": _fragment_length,
    "extensions.status_request.request.type": _code(CertificateStatusType),
    "extensions.supported_groups.named_group_list": _registered("named_groups"),
    "extensions.ec_point_formats.ec_point_format_list": _code(ECPointFormat),
    "extensions.signature_algorithms.supported_signature_algorithms": _registered("signature_schemes"),
    "extensions.signature_algorithms_cert.supported_signature_algorithms": _registered("signature_schemes"),
    "extensions.application_layer_protocol_negotiation.protocol_name_list": _text,
    "extensions.record_size_limit.record_size_limit": _bytes_allowed,
    "extensions.supported_versions.versions": _version,
    "extensions.supported_versions.selected_version": _version,
    "extensions.use_srtp.SRTPProtectionProfiles": _registered("srtp_protection_profiles"),
    "extensions.heartbeat.mode": _registered("heartbeat_modes"),
    "extensions.status_request_v2.certificate_status_req_list.status_type": _code(CertificateStatusType),
    "extensions.signed_certificate_timestamp.sct_list.sct_version": lambda data: (str(data[0]), f"v{data[0] + 1}"),
    "extensions.signed_certificate_timestamp.sct_list.timestamp": _milliseconds,
    "extensions.signed_certificate_timestamp.sct_list.algorithm": _registered("signature_schemes"),
    "extensions.cert_type.certificate_types": _registered("certificate_types"),
    "extensions.cert_type.certificate_type": _registered("certificate_types"),
    "extensions.client_certificate_type.certificate_types": _registered("certificate_types"),
    "extensions.client_certificate_type.certificate_type": _registered("certificate_types"),
    "extensions.server_certificate_type.certificate_types": _registered("certificate_types"),
    "extensions.server_certificate_type.certificate_type": _registered("certificate_types"),
    "extensions.srp.srp_I": _text,
    "extensions.padding.zeros": _zeros,
    "extensions.token_binding.major": _plain,
    "extensions.token_binding.minor": _plain,
    "extensions.token_binding.key_parameters_list": _registered("token_binding_key_parameters"),
    "extensions.cached_info.cached_info.type": _registered("cached_information_types"),
    "extensions.compress_certificate.algorithms": _registered("certificate_compression_algorithms"),
    "extensions.delegated_credential.supported_signature_algorithms": _registered("signature_schemes"),
    "extensions.pre_shared_key.selected_identity": _plain,
    "extensions.psk_key_exchange_modes.ke_modes": _registered("psk_key_exchange_modes"),
    "extensions.key_share.client_shares.group": _registered("named_groups"),
    "extensions.key_share.group": _registered("named_groups"),
    "extensions.key_share.selected_group": _registered("named_groups"),
    "extensions.quic_transport_parameters.parameters.id": _quic_parameter,
    "extensions.quic_transport_parameters.parameters.value": _quic_value,
    "extensions.quic_transport_parameters_draft.parameters.id": _quic_parameter,
    "extensions.quic_transport_parameters_draft.parameters.value": _quic_value,
    "extensions.ticket_request.new_session_count": _plain,
    "extensions.ticket_request.resumption_count": _plain,
    "extensions.encrypted_client_hello.client_hello.type": _registered("ech_client_hello_types"),
    "extensions.encrypted_client_hello.client_hello.kdf_id": _registered("hpke_kdfs"),
    "extensions.encrypted_client_hello.client_hello.aead_id": _registered("hpke_aeads"),
    "extensions.encrypted_client_hello.client_hello.config_id": _plain,
    "extensions.next_protocol_negotiation.protocols": _text,
    "extensions.application_settings.supported_protocols": _text,
    "extensions.application_settings_old.supported_protocols": _text,
    "NewSessionTicket.ticket_lifetime_hint": _seconds,
    "Certificate.certificate_list": _certificate,
    "CertificateRequest.certificate_types": _code(ClientCertificateType),
    "CertificateRequest.supported_signature_algorithms": _registered("signature_schemes"),
    "CertificateRequest.certificate_authorities": _authority,
    "CertificateVerify.algorithm": _registered("signature_schemes"),
    "ServerKeyExchange.curve_params.type": _code(ECCurveType),
    "ServerKeyExchange.curve_params": _registered("named_groups"),
    "ServerKeyExchange.algorithm": _registered("signature_schemes"),
    "CertificateStatus.response.type": _code(CertificateStatusType),
    "V2ClientHello.length": lambda data: _length((_number(data) & 0x7FFF).to_bytes(2, "big")),
    "V2ClientHello.msg_type": _code(HandshakeType),
    "V2ClientHello.version": lambda data: ("0x0002", "SSL 2.0") if data == b"\x00\x02" else _version(data),
    "V2ClientHello.cipher_spec_length": _length,
    "V2ClientHello.session_id_length": _length,
    "V2ClientHello.challenge_length": _length,
    "V2ClientHello.cipher_specs": _cipher_spec,
    "V2ClientHello.session_id": _session_id,
    "V2ClientHello.challenge": _random,
    "cbc.padding": _padding,
    "cbc.padding_length": lambda data: (str(data[0]), f"{counted(data[0], 'byte')} of padding before this one"),
    "gcm.explicit_nonce": _counted("gcm.explicit_nonce"),
    "additional_data.seq_num": _counted("additional_data.seq_num"),
    "additional_data.type": _code(ContentType),
    "additional_data.version": _version,
    "additional_data.length": _authenticated,
    "pkcs1_block.block type": _pkcs1_type,
    "pkcs1_block.client_version": _version,
}
