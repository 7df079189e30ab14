"""unexpected_message: nothing out of its place, neither a message nor ChangeCipherSpec nor application data."""

from __future__ import annotations

from tests.handshake.behaviours.steps import COMPLETE, Row, half, in_record, one_record, straddling, with_tail
from tests.handshake.peer import APPLICATION_DATA, CHANGE_CIPHER_SPEC, FULL_SERVER_FLIGHT

ROWS: tuple[Row, ...] = (
    # To a server.
    Row("ClientKeyExchange first", "RFC 5246 7.3", ("ClientKeyExchange",), "unexpected_message"),
    Row("a second ClientHello", "RFC 5246 7.3", ("ClientHello", "ClientHello"), "unexpected_message"),
    Row(
        "ClientKeyExchange twice",
        "RFC 5246 7.3",
        ("ClientHello", "ClientKeyExchange", "ClientKeyExchange"),
        "unexpected_message",
    ),
    Row("no ClientKeyExchange", "RFC 5246 7.1", ("ClientHello", "ChangeCipherSpec"), "unexpected_message"),
    Row(
        "Finished without ChangeCipherSpec",
        "RFC 5246 7.4.9",
        ("ClientHello", "ClientKeyExchange", "Finished"),
        "unexpected_message",
    ),
    Row("a Certificate nobody asked for", "RFC 5246 7.4.6", ("ClientHello", "EmptyCertificate"), "unexpected_message"),
    Row(
        "CertificateVerify without a certificate",
        "RFC 5246 7.4.8",
        ("ClientHello", "ClientKeyExchange", "CertificateVerify"),
        "unexpected_message",
    ),
    Row("HelloRequest to a server", "RFC 5246 7.4.1.1", ("HelloRequest",), "unexpected_message"),
    Row("a message of unknown type", "RFC 5246 7.4", ("ClientHello", "Unknown"), "unexpected_message"),
    Row("Finished twice", "RFC 5246 7.3", (*COMPLETE, "Finished"), "unexpected_message"),
    Row("ChangeCipherSpec first", "RFC 5246 7.1", ("ChangeCipherSpec",), "unexpected_message"),
    Row(
        "ChangeCipherSpec twice",
        "RFC 5246 7.1",
        ("ClientHello", "ClientKeyExchange", "ChangeCipherSpec", "ChangeCipherSpec"),
        "unexpected_message",
    ),
    Row("ChangeCipherSpec after the handshake", "RFC 5246 7.1", (*COMPLETE, "ChangeCipherSpec"), "unexpected_message"),
    *(
        Row(
            f"ChangeCipherSpec that is {content.hex(' ') or 'empty'}",
            "RFC 5246 7.1",
            ("ClientHello", "ClientKeyExchange", in_record(CHANGE_CIPHER_SPEC, content)),
            "unexpected_message",
        )
        for content in (b"\x00", b"\x02", b"\x01\x01", b"\x01\x00", b"")
    ),
    Row("application data first", "RFC 5246 7.4.9", (in_record(APPLICATION_DATA, b"GET"),), "unexpected_message"),
    Row(
        "application data before Finished",
        "RFC 5246 7.4.9",
        ("ClientHello", "ClientKeyExchange", "ChangeCipherSpec", in_record(APPLICATION_DATA, b"GET")),
        "unexpected_message",
    ),
    Row(
        "empty application data before Finished",
        "RFC 5246 7.4.9",
        ("ClientHello", in_record(APPLICATION_DATA, b"")),
        "unexpected_message",
    ),
    Row(
        "ChangeCipherSpec within a message",
        "RFC 5246 6.2.1",
        ("ClientHello", half("ClientKeyExchange"), "ChangeCipherSpec"),
        "unexpected_message",
    ),
    Row(
        "application data within a message",
        "RFC 5246 6.2.1",
        (*COMPLETE, half("ClientHello"), in_record(APPLICATION_DATA, b"x")),
        "unexpected_message",
    ),
    Row(
        "bytes of Finished before ChangeCipherSpec",
        "RFC 5246 7.1",
        ("ClientHello", straddling("ClientKeyExchange", "Finished"), "ChangeCipherSpec"),
        "unexpected_message",
    ),
    Row(
        "Finished whole before ChangeCipherSpec",
        "RFC 5246 7.1",
        ("ClientHello", one_record("ClientKeyExchange", "Finished")),
        "unexpected_message",
    ),
    Row(
        "a byte behind Finished", "RFC 5246 7.3", (*COMPLETE[:-1], with_tail("Finished", b"\x14")), "unexpected_message"
    ),
    # To a client.
    Row(
        "ServerKeyExchange with TLS_RSA",
        "RFC 5246 7.4.3",
        ("ServerHello", "Certificate", "ServerKeyExchange"),
        "unexpected_message",
        side="client",
    ),
    Row(
        "CertificateStatus nobody asked for",
        "RFC 6066 8",
        ("ServerHello", "Certificate", "CertificateStatus"),
        "unexpected_message",
        side="client",
    ),
    Row(
        "NewSessionTicket nobody announced",
        "RFC 5077 3.3",
        (*FULL_SERVER_FLIGHT, "NewSessionTicket"),
        "unexpected_message",
        side="client",
    ),
    Row("no Certificate", "RFC 5246 7.4.2", ("ServerHello", "ServerHelloDone"), "unexpected_message", side="client"),
    Row(
        "ChangeCipherSpec before the client's part",
        "RFC 5246 7.1",
        ("ServerHello", "ChangeCipherSpec"),
        "unexpected_message",
        side="client",
    ),
    Row("ClientHello to a client", "RFC 5246 7.3", ("ClientHello",), "unexpected_message", side="client"),
    Row(
        "application data before Finished from a server",
        "RFC 5246 7.4.9",
        (*FULL_SERVER_FLIGHT, "ChangeCipherSpec", in_record(APPLICATION_DATA, b"x")),
        "unexpected_message",
        side="client",
    ),
    Row(
        "a byte of Finished in the record of ServerHelloDone",
        "RFC 5246 7.1",
        (*FULL_SERVER_FLIGHT[:-1], with_tail("ServerHelloDone", b"\x14")),
        "unexpected_message",
        side="client",
    ),
)
