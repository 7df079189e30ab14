"""The fields of a message that matter: what a person wants to know of it at first sight, as (label, text) rows.

Everything is read from the bytes again. A message that cannot be read gives one row that says why.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cryptography import x509

from ...errors import DecodeError, alert_name, counted
from ...wire.codes import ClientCertificateType, ExtensionType, name_of
from ...wire.extensions import (
    CertificateStatusRequest,
    Extension,
    MaxFragmentLength,
    ProtocolNameList,
    RecordSizeLimit,
    ServerNameList,
    SessionTicket,
    SignatureAlgorithms,
    SupportedGroups,
)
from ...wire.key_exchange_messages import (
    ClientKeyExchangeDHE,
    ClientKeyExchangeECDHE,
    ServerKeyExchangeDHE,
    ServerKeyExchangeECDHE,
)
from ...wire.messages import (
    Certificate,
    CertificateRequest,
    CertificateVerify,
    ClientHello,
    ClientKeyExchange,
    Finished,
    KeyExchange,
    NewSessionTicket,
    ServerHello,
    parse,
)
from .meanings import version_name
from .registries import name_in, suite_name

Fact = tuple[str, str]
SHORT = 12


def short(data: bytes, count: int = SHORT) -> str:
    """The first bytes in hex, with .. for more."""
    return data[:count].hex() + (".." if len(data) > count else "")


def facts(type: str, data: bytes, key_exchange: KeyExchange | None = "RSA") -> list[Fact]:
    """Rows about one message; `type` is its name, `data` the whole message, `key_exchange` that of the suite."""
    if not data:
        return [("unreadable", "it has no bytes")]
    if type == "Alert":
        level = {1: "warning", 2: "fatal"}.get(data[0], str(data[0]))
        return [(level, f"{alert_name(data[1])} ({data[1]})")] if len(data) == 2 else []
    if type == "ChangeCipherSpec":
        return [("", "the next record is protected with the new keys")]
    try:
        message = parse(data, key_exchange)
    except DecodeError as wrong:
        return [("unreadable", str(wrong))]
    teller = _ROWS.get(message.__class__)
    return teller(message) if teller else []


def _client_hello(hello: ClientHello) -> list[Fact]:
    suites = [suite_name(code) for code in hello.cipher_suites]
    more = f" and {len(suites) - 1} more" if len(suites) > 1 else ""
    return [
        ("version", f"up to {version_name(hello.client_version)}"),
        ("random", short(hello.random)),
        *([("session_id", f"{short(hello.session_id, 8)}: this session again?")] if hello.session_id else []),
        ("cipher_suites", suites[0] + more),
        ("extensions", _extensions(hello.extensions)),
    ]


def _server_hello(hello: ServerHello) -> list[Fact]:
    return [
        ("version", version_name(hello.server_version)),
        ("random", short(hello.random)),
        ("session_id", short(hello.session_id, 8) if hello.session_id else "empty: not to be resumed by it"),
        ("cipher_suite", suite_name(hello.cipher_suite)),
        ("extensions", _extensions(hello.extensions)),
    ]


def _extensions(extensions: tuple[Extension, ...] | None) -> str:
    if extensions is None:
        return "none"
    return ", ".join(_extension(each) for each in extensions) or "an empty list"


def _extension(extension: Extension) -> str:
    name = name_of(ExtensionType, extension.type)
    detail = _DETAIL.get(type(extension), lambda extension: "")(extension)
    name = "ALPN" if name == "application_layer_protocol_negotiation" else name
    return f"{name} ({detail})" if detail else name


def _ascii(data: bytes) -> str:
    return "".join(c if c.isprintable() else "." for c in data.decode("ascii", "replace"))


_DETAIL: dict[type[Extension], Callable[[Any], str]] = {
    ServerNameList: lambda e: ", ".join(_ascii(name) for _, name in e.server_name_list if isinstance(name, bytes)),
    ProtocolNameList: lambda e: ", ".join(_ascii(name) for name in e.protocol_name_list),
    SignatureAlgorithms: lambda e: str(len(e.supported_signature_algorithms)),
    SupportedGroups: lambda e: str(len(e.named_group_list)),
    SessionTicket: lambda e: counted(len(e.ticket), "byte") if e.ticket else "",
    RecordSizeLimit: lambda e: str(e.record_size_limit),
    MaxFragmentLength: lambda e: f"code {e.max_fragment_length}",
    CertificateStatusRequest: lambda e: "OCSP",
}


def _certificate(message: Certificate) -> list[Fact]:
    if not message.certificate_list:
        return [("empty", "no certificate to show")]
    rows = []
    for index, der in enumerate(message.certificate_list):
        rows.append((f"certificate {index + 1}", f"{subject(der)}, {counted(len(der), 'byte')}"))
    return rows


def subject(der: bytes) -> str:
    """The subject of a certificate, by its common name or an alternative one."""
    try:
        certificate = x509.load_der_x509_certificate(der)
        names = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
        name = str(names[0].value) if names else certificate.subject.rfc4514_string()
    except Exception:  # A certificate of any shape may stand here; the library documents no closed list of faults.
        return "unreadable"
    return "".join(c if c.isprintable() else "." for c in name)[:60] or "a certificate without a subject"


def _certificate_request(request: CertificateRequest) -> list[Fact]:
    kinds = ", ".join(name_of(ClientCertificateType, each) for each in request.certificate_types)
    names = len(request.certificate_authorities)
    return [
        ("kinds of key", kinds),
        ("signatures", f"{len(request.supported_signature_algorithms)} algorithms"),
        ("authorities", f"{names} named" if names else "any"),
    ]


def _scheme(code: int) -> str:
    return name_in("signature_schemes", code)


def _certificate_verify(verify: CertificateVerify) -> list[Fact]:
    return [
        ("algorithm", _scheme(verify.algorithm)),
        ("signature", f"{short(verify.signature)} over all messages so far"),
    ]


def _key_exchange(message: ClientKeyExchange) -> list[Fact]:
    encrypted = message.encrypted_pre_master_secret
    return [("encrypted", f"{short(encrypted)} {counted(len(encrypted), 'byte')}, only the server can open it")]


def _finished(finished: Finished) -> list[Fact]:
    return [("verify_data", finished.verify_data.hex())]


def _ephemeral_curve(message: ServerKeyExchangeECDHE) -> list[Fact]:
    return [
        ("curve", name_in("named_groups", message.curve_params[1])),
        ("public", f"{short(message.public)} {counted(len(message.public), 'byte')}, made for this connection"),
        ("signature", f"{short(message.signature)} {name_in('signature_schemes', message.algorithm)}"),
    ]


def _ephemeral_prime(message: ServerKeyExchangeDHE) -> list[Fact]:
    return [
        ("group", f"a prime of {8 * len(message.dh_p)} bits"),
        ("public", f"{short(message.dh_Ys)} made for this connection"),
        ("signature", f"{short(message.signature)} {name_in('signature_schemes', message.algorithm)}"),
    ]


def _sized(data: bytes) -> str:
    return f"{short(data)} {counted(len(data), 'byte')}"


def _ticket(message: NewSessionTicket) -> list[Fact]:
    hint = f"good for {message.ticket_lifetime_hint / 3600:g} hours" if message.ticket_lifetime_hint else "no hint"
    return [("ticket", f"{short(message.ticket)} {counted(len(message.ticket), 'byte')}"), ("lifetime", hint)]


_ROWS: dict[type, Callable[[Any], list[Fact]]] = {
    ClientHello: _client_hello,
    ServerHello: _server_hello,
    Certificate: _certificate,
    CertificateRequest: _certificate_request,
    CertificateVerify: _certificate_verify,
    ClientKeyExchange: _key_exchange,
    ClientKeyExchangeECDHE: lambda message: [("public", _sized(message.ecdh_Yc))],
    ClientKeyExchangeDHE: lambda message: [("public", _sized(message.dh_Yc))],
    ServerKeyExchangeECDHE: _ephemeral_curve,
    ServerKeyExchangeDHE: _ephemeral_prime,
    Finished: _finished,
    NewSessionTicket: _ticket,
}


def printable_data(data: bytes, limit: int = 200) -> str:
    """Application data as text where it is text, else as hex; cut at `limit` characters."""
    text = data.decode("utf-8", "replace").replace("\r\n", "\\r\\n").replace("\n", "\\n")
    quoted = f'"{text}"' if text.isprintable() and "�" not in text else data[: limit // 2].hex()
    return quoted if len(quoted) <= limit else quoted[: limit - 2] + ".."
