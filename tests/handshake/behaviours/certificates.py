"""Certificates of either side, CertificateRequest and CertificateVerify."""

from __future__ import annotations

from tests.handshake.behaviours.steps import SERVED, Row, changed, cut, longer, with_body
from tests.handshake.peer import CLIENT_FLIGHT, FULL_SERVER_FLIGHT, LAST_FLIGHT, u8, u16, u24

ROWS: tuple[Row, ...] = (
    # Client authentication.
    Row(
        "no certificate where one is required",
        "RFC 5246 7.4.6",
        ("ClientHello", "EmptyCertificate"),
        "handshake_failure",
        options={"client_trust": "test", "require_client_certificate": True},
    ),
    Row(
        "no certificate where one is welcome",
        "RFC 5246 7.4.6",
        ("ClientHello", "EmptyCertificate", *CLIENT_FLIGHT),
        SERVED,
        options={"client_trust": "test"},
    ),
    *(
        Row(
            f"CertificateVerify {name}",
            "RFC 5246 7.4.8",
            ("ClientHello", "Certificate", "ClientKeyExchange", changed("CertificateVerify", change), *LAST_FLIGHT),
            expected,
            options={"client_trust": "test"},
            peer={"chain": "client"},
        )
        for name, change, expected in (
            ("right", bytes, SERVED),
            ("with a wrong signature", lambda body: body[:-1] + bytes([body[-1] ^ 1]), "decrypt_error"),
            ("with an empty signature", lambda body: body[:2] + u16(b""), "decrypt_error"),
            ("of another hash", lambda body: b"\x05\x01" + body[2:], "decrypt_error"),
            ("of another kind of key", lambda body: b"\x04\x03" + body[2:], "illegal_parameter"),
            ("with an algorithm not asked for", lambda body: b"\x01\x01" + body[2:], "illegal_parameter"),
            ("cut", cut, "decode_error"),
            ("with a byte behind", longer, "decode_error"),
        )
    ),
    Row(
        "a certificate and no CertificateVerify",
        "RFC 5246 7.4.8",
        ("ClientHello", "Certificate", *CLIENT_FLIGHT),
        "unexpected_message",
        options={"client_trust": "test"},
        peer={"chain": "client"},
    ),
    Row(
        "a client certificate nobody vouches for",
        "RFC 5246 7.2.2",
        ("ClientHello", "Certificate"),
        "unknown_ca",
        options={"client_trust": "demo"},
        peer={"chain": "client"},
    ),
    Row(
        "a server's certificate as the client's",
        "RFC 5280 4.2.1.12",
        ("ClientHello", "Certificate"),
        "unsupported_certificate",
        options={"client_trust": "demo"},
        peer={"chain": "server"},
    ),
    Row(
        "a client certificate for PSS signatures alone",
        "RFC 4055 1.2",
        ("ClientHello", "Certificate"),
        "unsupported_certificate",
        options={"client_trust": "test"},
        peer={"chain": "client for PSS alone"},
    ),
    Row(
        "a client certificate that is no certificate",
        "RFC 5246 7.4.2",
        ("ClientHello", with_body("Certificate", lambda peer: u24(u24(b"no DER")))),
        "bad_certificate",
        options={"client_trust": "test"},
    ),
    Row(
        "an empty entry in the client's chain",
        "RFC 5246 7.4.2",
        ("ClientHello", with_body("Certificate", lambda peer: u24(u24(b"")))),
        "decode_error",
        options={"client_trust": "test"},
    ),
    # A server that asks for a certificate.
    Row(
        "a CertificateRequest to a client without one",
        "RFC 5246 7.4.6",
        ("ServerHello", "Certificate", "CertificateRequest", "ServerHelloDone", *LAST_FLIGHT),
        SERVED,
        side="client",
    ),
    Row(
        "a CertificateRequest to a client with one",
        "RFC 5246 7.4.6",
        ("ServerHello", "Certificate", "CertificateRequest", "ServerHelloDone", *LAST_FLIGHT),
        SERVED,
        side="client",
        options={"credential": "client"},
    ),
    Row(
        "a CertificateRequest without types",
        "RFC 5246 7.4.4",
        (
            "ServerHello",
            "Certificate",
            with_body("CertificateRequest", lambda peer: u8(b"") + u16(b"\x04\x01") + u16(b"")),
        ),
        "decode_error",
        side="client",
    ),
    # The server's certificate.
    Row(
        "a server certificate that is no certificate",
        "RFC 5246 7.4.2",
        ("ServerHello", with_body("Certificate", lambda peer: u24(u24(b"no DER")))),
        "bad_certificate",
        side="client",
    ),
    Row(
        "an empty certificate list",
        "RFC 5246 7.4.2",
        ("ServerHello", "EmptyCertificate"),
        "bad_certificate",
        side="client",
    ),
    Row(
        "a server nobody vouches for",
        "RFC 5246 7.2.2",
        FULL_SERVER_FLIGHT[:2],
        "unknown_ca",
        side="client",
        options={"trust": "test"},
    ),
    Row(
        "a client's certificate as the server's",
        "RFC 5280 4.2.1.12",
        FULL_SERVER_FLIGHT[:2],
        "bad_certificate",
        side="client",
        peer={"chain": "demo client"},
    ),
    Row(
        "a server certificate for PSS signatures alone",
        "RFC 4055 1.2",
        FULL_SERVER_FLIGHT[:2],
        "unsupported_certificate",
        side="client",
        options={"trust": "test"},
        peer={"chain": "server for PSS alone"},
    ),
    Row(
        "a server certificate with an EC key",
        "RFC 5246 7.4.2",
        FULL_SERVER_FLIGHT[:2],
        "unsupported_certificate",
        side="client",
        options={"trust": "test"},
        peer={"chain": "server with an EC key"},
    ),
)
