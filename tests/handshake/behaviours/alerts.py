"""Alerts heard, and what is borne and how long: warnings, empty records, attempts to renegotiate."""

from __future__ import annotations

from tests.handshake.behaviours.steps import (
    CLOSED,
    COMPLETE,
    SERVED,
    SERVER_COMPLETE,
    Row,
    in_record,
    one_record,
    raw,
    rehello,
    with_tail,
)
from tests.handshake.peer import ALERT, APPLICATION_DATA, FULL_SERVER_FLIGHT, LAST_FLIGHT, plain_record

ROWS: tuple[Row, ...] = (
    # What is borne, and how long.
    Row("four warnings in a row", "RFC 5246 7.2.2", (*COMPLETE, in_record(ALERT, b"\x01\x5a", 4)), SERVED),
    Row("a fifth warning", "RFC 5246 7.2.2", (*COMPLETE, in_record(ALERT, b"\x01\x5a", 5)), "unexpected_message"),
    Row(
        "four warnings, data, four warnings",
        "RFC 5246 7.2.2",
        (
            *COMPLETE,
            in_record(ALERT, b"\x01\x5a", 4),
            in_record(APPLICATION_DATA, b"x"),
            in_record(ALERT, b"\x01\x5a", 4),
        ),
        SERVED,
    ),
    Row("warnings before the hello", "RFC 5246 7.2.2", (in_record(ALERT, b"\x01\x5a", 4), *COMPLETE), SERVED),
    Row("32 empty records in a row", "RFC 5246 6.2.1", (*COMPLETE, in_record(APPLICATION_DATA, b"", 32)), SERVED),
    Row(
        "a 33rd empty record", "RFC 5246 6.2.1", (*COMPLETE, in_record(APPLICATION_DATA, b"", 33)), "unexpected_message"
    ),
    Row(
        "a warning of version 0301 before ServerHello",
        "RFC 5246 E.1",
        (raw(plain_record(ALERT, b"\x01\x70", 0x0301)), *SERVER_COMPLETE),
        SERVED,
        side="client",
    ),
    Row(
        "a fifth warning from a server",
        "RFC 5246 7.2.2",
        (*SERVER_COMPLETE, in_record(ALERT, b"\x01\x5a", 5)),
        "unexpected_message",
        side="client",
    ),
    # Renegotiation is refused with a warning, and served on (RFC 5746 section 4.4).
    Row(
        "an attempt to renegotiate in the record of Finished",
        "RFC 5746 4.4",
        (*COMPLETE[:-1], one_record("Finished", "ClientHello")),
        SERVED,
        warned=("no_renegotiation",),
    ),
    Row(
        "two attempts to renegotiate",
        "RFC 5746 4.4",
        (*COMPLETE, rehello, rehello),
        SERVED,
        warned=("no_renegotiation",) * 2,
    ),
    Row(
        "a third attempt to renegotiate",
        "RFC 5746 4.4",
        (*COMPLETE, rehello, rehello, rehello),
        "unexpected_message",
        warned=("no_renegotiation",) * 2,
    ),
    Row(
        "attempts to renegotiate with data between",
        "RFC 5746 4.4",
        (*COMPLETE, rehello, rehello, in_record(APPLICATION_DATA, b"x"), rehello),
        SERVED,
        warned=("no_renegotiation",) * 3,
    ),
    Row(
        "HelloRequest in the handshake",
        "RFC 5246 7.4.1.1",
        ("HelloRequest", "ServerHello", "HelloRequest", "Certificate", "ServerHelloDone", "HelloRequest", *LAST_FLIGHT),
        SERVED,
        side="client",
    ),
    Row(
        "four HelloRequests after the handshake",
        "RFC 5246 7.2.2",
        (*SERVER_COMPLETE, *["HelloRequest"] * 4),
        SERVED,
        side="client",
        warned=("no_renegotiation",) * 4,
    ),
    Row(
        "a fifth HelloRequest",
        "RFC 5246 7.2.2",
        (*SERVER_COMPLETE, *["HelloRequest"] * 5),
        "unexpected_message",
        side="client",
        warned=("no_renegotiation",) * 4,
    ),
    Row(
        "a HelloRequest in the record of ServerHelloDone",
        "RFC 5246 7.4.1.1",
        (*FULL_SERVER_FLIGHT[:-1], with_tail("ServerHelloDone", b"\x00\x00\x00\x00"), *LAST_FLIGHT),
        SERVED,
        side="client",
    ),
    Row(
        "a HelloRequest with a body",
        "RFC 5246 7.4.1.1",
        (lambda peer: peer.message("HelloRequest", b"\x00", counted=False),),
        "decode_error",
        side="client",
    ),
    # Alerts.
    Row("a fatal alert", "RFC 5246 7.2.2", (*COMPLETE, in_record(ALERT, b"\x02\x50")), CLOSED),
    Row(
        "a fatal alert over two records",
        "RFC 5246 6.2.1",
        (*COMPLETE, in_record(ALERT, b"\x02"), in_record(ALERT, b"\x50")),
        CLOSED,
    ),
    Row(
        "a warning over two records",
        "RFC 5246 6.2.1",
        (*COMPLETE, in_record(ALERT, b"\x01"), in_record(ALERT, b"\x5a")),
        SERVED,
    ),
    Row("an alert of level 3", "RFC 5246 7.2", (*COMPLETE, in_record(ALERT, b"\x03\x5a")), "illegal_parameter"),
    Row("a fatal alert instead of Finished", "RFC 5246 7.2.2", ("ClientHello", in_record(ALERT, b"\x02\x2a")), CLOSED),
    Row(
        "handshake_failure straight after the hello",
        "RFC 5246 7.2.2",
        (raw(plain_record(ALERT, b"\x02\x28")),),
        CLOSED,
        side="client",
    ),
    Row(
        "a fatal alert of version 0300 straight after the hello",
        "RFC 5246 E.1",
        (raw(plain_record(ALERT, b"\x02\x46", 0x0300)),),
        CLOSED,
        side="client",
    ),
)
