"""What a client answers to a ServerHello: to choices that it offered, and to those that it did not."""

from __future__ import annotations

from tests.handshake.behaviours.steps import SERVED, SUPPORTED_VERSIONS, Row, cut, longer, replies, server_hello
from tests.handshake.peer import (
    ENCRYPT_THEN_MAC,
    EXTENDED_MASTER_SECRET,
    FULL_SERVER_FLIGHT,
    LAST_FLIGHT,
    MAX_FRAGMENT_LENGTH,
    RECORD_SIZE_LIMIT,
    RENEGOTIATION_INFO,
    SERVER_NAME,
    SESSION_TICKET,
    STATUS_REQUEST,
    alpn,
    server_name,
    u8,
)

ROWS: tuple[Row, ...] = (
    *replies(
        SERVED,
        "RFC 5246 7.4.1.3",
        a_server_hello_without_extensions=server_hello(bare=True),
        an_empty_session_id=server_hello(session_id=b""),
        a_session_id_of_32_bytes=server_hello(session_id=b"i" * 32),
        an_acknowledged_server_name=server_hello((SERVER_NAME, b"")),
    ),
    *replies(
        "protocol_version",
        "RFC 5246 7.4.1.3",
        server_version_0302=server_hello(version=0x0302),
        server_version_0301=server_hello(version=0x0301),
        server_version_0304=server_hello(version=0x0304),
    ),
    *replies(
        "illegal_parameter",
        "RFC 5246 7.4.1.3",
        a_suite_that_was_not_offered=server_hello(suite=0xC02F),
        the_signalling_suite=server_hello(suite=0x00FF),
        a_compression_that_was_not_offered=server_hello(compression=1),
    ),
    *replies(
        "illegal_parameter",
        "RFC 5246 7.4.1.4",
        an_answer_twice=server_hello((RENEGOTIATION_INFO, b"\x00"), (RENEGOTIATION_INFO, b"\x00")),
    ),
    *replies(
        "unsupported_extension",
        "RFC 5246 7.4.1.4",
        an_unsolicited_unknown_extension=server_hello((0x1234, b"")),
        an_unsolicited_alpn=server_hello(alpn(b"h2")),
        an_unsolicited_status_request=server_hello((STATUS_REQUEST, b"")),
        an_unsolicited_max_fragment_length=server_hello((MAX_FRAGMENT_LENGTH, b"\x01")),
        an_unsolicited_record_size_limit=server_hello((RECORD_SIZE_LIMIT, b"\x40\x00")),
        an_unsolicited_supported_versions=server_hello((SUPPORTED_VERSIONS, b"\x03\x03")),
    ),
    *replies(
        "handshake_failure",
        "RFC 5746 3.4",
        renegotiation_info_that_is_not_empty=server_hello((RENEGOTIATION_INFO, u8(b"v" * 24))),
    ),
    *replies("illegal_parameter", "RFC 7366 3", encrypt_then_mac_for_a_GCM_suite=server_hello((ENCRYPT_THEN_MAC, b""))),
    *replies(
        "illegal_parameter", "RFC 5077 3.2", a_ticket_in_the_server_hello=server_hello((SESSION_TICKET, b"ticket"))
    ),
    *replies(
        "decode_error",
        "RFC 5246 7.2.2",
        a_byte_behind_the_server_hello=server_hello(broken=longer),
        a_server_hello_cut=server_hello(broken=cut),
        a_session_id_of_33_bytes_from_a_server=server_hello(session_id=b"x" * 33),
        extended_master_secret_with_a_body_from_a_server=server_hello((EXTENDED_MASTER_SECRET, b"\x00")),
        renegotiation_info_without_length_from_a_server=server_hello((RENEGOTIATION_INFO, b"")),
        a_server_name_that_is_not_empty=server_hello(server_name(b"localhost")),
    ),
    *(
        Row(
            f"{name} from a server",
            section,
            (server_hello(extension), *FULL_SERVER_FLIGHT[1:], *LAST_FLIGHT),
            expected,
            side="client",
            options=options,
        )
        for name, section, extension, expected, options in (
            ("alpn that was offered", "RFC 7301 3.1", alpn(b"http/1.1"), SERVED, {"alpn": ("h2", "http/1.1")}),
            ("alpn that was not offered", "RFC 7301 3.1", alpn(b"spdy/3"), "illegal_parameter", {"alpn": ("h2",)}),
            (
                "two alpn names",
                "RFC 7301 3.1",
                alpn(b"h2", b"http/1.1"),
                "illegal_parameter",
                {"alpn": ("h2", "http/1.1")},
            ),
            ("an empty alpn list", "RFC 7301 3.1", alpn(), "decode_error", {"alpn": ("h2",)}),
            (
                "the max_fragment_length asked for",
                "RFC 6066 4",
                (MAX_FRAGMENT_LENGTH, b"\x04"),
                SERVED,
                {"max_fragment_length": 4096},
            ),
            (
                "another max_fragment_length",
                "RFC 6066 4",
                (MAX_FRAGMENT_LENGTH, b"\x02"),
                "illegal_parameter",
                {"max_fragment_length": 4096},
            ),
            (
                "record_size_limit of 64",
                "RFC 8449 4",
                (RECORD_SIZE_LIMIT, b"\x00\x40"),
                SERVED,
                {"record_size_limit": 2048},
            ),
            (
                "record_size_limit of 63",
                "RFC 8449 4",
                (RECORD_SIZE_LIMIT, b"\x00\x3f"),
                "illegal_parameter",
                {"record_size_limit": 2048},
            ),
        )
    ),
    Row(
        "both limits from a server",
        "RFC 8449 5",
        (server_hello((RECORD_SIZE_LIMIT, b"\x40\x00"), (MAX_FRAGMENT_LENGTH, b"\x04")),),
        "illegal_parameter",
        side="client",
        options={"record_size_limit": 2048, "max_fragment_length": 4096},
    ),
)
