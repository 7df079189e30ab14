"""Records: how messages are cut into them, how long they may be, and one alert for whatever was changed on the way."""

from __future__ import annotations

from tests.handshake.behaviours.steps import (
    COMPLETE,
    SERVED,
    SERVER_COMPLETE,
    Row,
    badly_padded,
    endless_padding,
    hello,
    in_record,
    joined,
    one_record,
    pieces_of,
    raw,
    replayed,
    sealed_fragment,
    spoilt,
)
from tests.handshake.peer import (
    ALERT,
    APPLICATION_DATA,
    CLIENT_FLIGHT,
    FULL_SERVER_FLIGHT,
    HANDSHAKE,
    LAST_FLIGHT,
    MAX_FRAGMENT_LENGTH,
    RECORD_SIZE_LIMIT,
    plain_record,
)

ROWS: tuple[Row, ...] = (
    # Fragments and portions: how a message is cut does not matter.
    Row(
        "messages in fragments of one byte",
        "RFC 5246 6.2.1",
        ("ClientHello", pieces_of("ClientKeyExchange", 1), "ChangeCipherSpec", pieces_of("Finished", 1)),
        SERVED,
    ),
    Row("all of a flight in one portion", "RFC 5246 6.2.1", ("ClientHello", joined(*CLIENT_FLIGHT)), SERVED),
    Row(
        "the whole flight in one record",
        "RFC 5246 6.2.1",
        (one_record(*FULL_SERVER_FLIGHT), *LAST_FLIGHT),
        SERVED,
        side="client",
    ),
    Row(
        "a certificate in fragments of 100 bytes",
        "RFC 5246 6.2.1",
        ("ServerHello", pieces_of("Certificate", 100), "ServerHelloDone", *LAST_FLIGHT),
        SERVED,
        side="client",
    ),
    # Types and versions.
    Row(
        "a later record of version 0302",
        "RFC 5246 6.2.1",
        (
            "ClientHello",
            lambda peer: plain_record(
                HANDSHAKE, peer.entered("ClientKeyExchange", peer.body("ClientKeyExchange")), 0x0302
            ),
        ),
        "protocol_version",
    ),
    Row(
        "an empty handshake record", "RFC 5246 6.2.1", ("ClientHello", in_record(HANDSHAKE, b"")), "unexpected_message"
    ),
    Row("an empty alert record", "RFC 5246 6.2.1", ("ClientHello", in_record(ALERT, b"")), "unexpected_message"),
    Row("a heartbeat", "RFC 6520 3", (*COMPLETE, in_record(24, b"\x01\x00\x00")), "unexpected_message"),
    Row("a record of unknown type", "RFC 5246 6", (*COMPLETE, in_record(25, b"x")), "unexpected_message"),
    Row("a first record of unknown type", "RFC 5246 6", (raw(plain_record(0xFF, b"\x00" * 40)),), "unexpected_message"),
    Row(
        "a hello in the format of SSL 2.0",
        "RFC 5246 E.2",
        (raw(b"\x80\x2e\x01\x03\x03\x00\x15\x00\x00\x00\x10" + bytes(37)),),
        "unexpected_message",
    ),
    Row(
        "a record within an alert",
        "RFC 5246 6.2.1",
        ("ClientHello", in_record(ALERT, b"\x01"), "ClientKeyExchange"),
        "unexpected_message",
    ),
    Row(
        "a first record of version 0301 from a server",
        "RFC 5246 6.2.1",
        (lambda peer: plain_record(HANDSHAKE, peer.entered("ServerHello", peer.body("ServerHello")), 0x0301),),
        "protocol_version",
        side="client",
    ),
    Row(
        "a plain-text answer",
        "RFC 5246 6.2.1",
        (raw(b"HTTP/1.1 400 Bad Request\r\n\r\n"),),
        "unexpected_message",
        side="client",
    ),
    # Length.
    Row("a record of 2^14 bytes in the clear", "RFC 5246 6.2.1", (hello(piece=2**14), *CLIENT_FLIGHT), SERVED),
    Row(
        "a record of 2^14 + 1 bytes in the clear",
        "RFC 5246 6.2.1",
        (raw(plain_record(HANDSHAKE, bytes(2**14 + 1))),),
        "record_overflow",
    ),
    Row(
        "a record of 2^14 bytes under protection",
        "RFC 5246 6.2.3",
        (*COMPLETE, in_record(APPLICATION_DATA, bytes(2**14))),
        SERVED,
    ),
    Row(
        "a record of 2^14 + 1 bytes under protection",
        "RFC 5246 6.2.3",
        (*COMPLETE, in_record(APPLICATION_DATA, bytes(2**14 + 1))),
        "record_overflow",
    ),
    Row(
        "a ciphertext of 2^14 + 2049 bytes",
        "RFC 5246 6.2.3",
        (*COMPLETE, sealed_fragment(bytes(2**14 + 2049))),
        "record_overflow",
    ),
    Row(
        "more than the agreed record_size_limit",
        "RFC 8449 4",
        (hello((RECORD_SIZE_LIMIT, b"\x02\x00")), *CLIENT_FLIGHT, in_record(APPLICATION_DATA, bytes(513))),
        "record_overflow",
        options={"record_size_limit": 512},
    ),
    Row(
        "exactly the agreed record_size_limit",
        "RFC 8449 4",
        (hello((RECORD_SIZE_LIMIT, b"\x02\x00")), *CLIENT_FLIGHT, in_record(APPLICATION_DATA, bytes(512))),
        SERVED,
        options={"record_size_limit": 512},
    ),
    Row(
        "record_size_limit over max_fragment_length",
        "RFC 8449 5",
        (
            hello((RECORD_SIZE_LIMIT, b"\x40\x00"), (MAX_FRAGMENT_LENGTH, b"\x01")),
            *CLIENT_FLIGHT,
            in_record(APPLICATION_DATA, bytes(2**14)),
        ),
        SERVED,
    ),
    Row(
        "more than the agreed max_fragment_length",
        "RFC 6066 4",
        (hello((MAX_FRAGMENT_LENGTH, b"\x01")), *CLIENT_FLIGHT, in_record(APPLICATION_DATA, bytes(513))),
        "record_overflow",
    ),
    Row(
        "exactly the agreed max_fragment_length",
        "RFC 6066 4",
        (hello((MAX_FRAGMENT_LENGTH, b"\x01")), *CLIENT_FLIGHT, in_record(APPLICATION_DATA, bytes(512))),
        SERVED,
    ),
    Row(
        "a message over the limit from a server",
        "RFC 5246 7.2.2",
        ("ServerHello", raw(plain_record(HANDSHAKE, b"\x0b\x03\x00\x00"))),
        "decode_error",
        side="client",
    ),
    Row(
        "a record of 2^14 + 1 bytes from a server",
        "RFC 5246 6.2.3",
        (*SERVER_COMPLETE, in_record(APPLICATION_DATA, bytes(2**14 + 1))),
        "record_overflow",
        side="client",
    ),
    # Authenticity. One alert for everything.
    *(
        Row(
            f"{name}, suite {suite:04x}{' encrypt-then-MAC' if etm else ''}",
            "RFC 5246 7.2.2",
            (*COMPLETE, step),
            "bad_record_mac",
            peer={"suite": suite, "etm": etm},
        )
        for suite, etm in (
            (0x009C, False),
            (0x009D, False),
            (0x002F, False),
            (0x003D, False),
            (0x0035, True),
            (0x003C, True),
        )
        for name, step in {
            "first byte changed": spoilt(APPLICATION_DATA, b"ping", 0),
            "middle changed": spoilt(APPLICATION_DATA, b"ping", 20),
            "last byte changed": spoilt(APPLICATION_DATA, b"ping", -1),
            "a record replayed": replayed,
            "an empty fragment": sealed_fragment(b""),
            "a fragment of one byte": sealed_fragment(b"\x00"),
            "a fragment of 23 bytes": sealed_fragment(bytes(23)),
            "a fragment of 64 bytes": sealed_fragment(bytes(64)),
            "a record in the clear": raw(plain_record(ALERT, b"\x01\x00")),
        }.items()
    ),
    *(
        Row(
            f"{name}, suite {suite:04x}{' encrypt-then-MAC' if etm else ''}",
            "RFC 5246 6.2.3.2",
            (*COMPLETE, step),
            expected,
            peer={"suite": suite, "etm": etm},
        )
        for suite, etm in ((0x002F, False), (0x003D, False), (0x0035, True), (0x003C, True))
        for name, step, expected in (
            ("padding of unequal bytes", badly_padded, "bad_record_mac"),
            ("padding longer than the record", endless_padding, "bad_record_mac"),
            ("long padding changed", spoilt(APPLICATION_DATA, b"ping", -40, blocks=14), "bad_record_mac"),
            (
                "padding of up to 256 bytes",
                lambda peer: peer.padded(
                    APPLICATION_DATA,
                    b"x",
                    15 if (15 - (1 + (0 if peer.writing.etm else peer.writing.suite.mac)) % 16) == 15 else 14,
                ),
                SERVED,
            ),
        )
    ),
    Row(
        "a changed record from a server",
        "RFC 5246 7.2.2",
        (*SERVER_COMPLETE, spoilt(APPLICATION_DATA, b"ping", -1)),
        "bad_record_mac",
        side="client",
    ),
)
