"""What a server answers to a ClientHello: which oddities are served, and which alert each fault gets."""

from __future__ import annotations

from tests.handshake.behaviours.steps import (
    EC_POINT_FORMATS,
    FALLBACK_SCSV,
    RENEGOTIATION_SCSV,
    SERVED,
    SUPPORTED_GROUPS,
    SUPPORTED_VERSIONS,
    Row,
    Step,
    answers,
    cut,
    hello,
    longer,
    raw,
)
from tests.handshake.peer import (
    ALPN,
    CLIENT_FLIGHT,
    ENCRYPT_THEN_MAC,
    EXTENDED_MASTER_SECRET,
    HANDSHAKE,
    MAX_FRAGMENT_LENGTH,
    RECORD_SIZE_LIMIT,
    RENEGOTIATION_INFO,
    SERVER_NAME,
    SESSION_TICKET,
    SIGNATURE_ALGORITHMS,
    STATUS_REQUEST,
    SUITES,
    alpn,
    plain_record,
    server_name,
    u8,
    u16,
)


def _unknown_extensions(count: int) -> list[tuple[int, bytes]]:
    used = {0, 1, 5, 10, 11, 13, 16, 22, 23, 28, 35, 43, 50, 0xFF01}
    return [(number, b"") for number in range(0x0100, 0xFF00) if number not in used][:count]


#: Every list as long as it can be: 2 + 32 + 33 + 2 + 65534 + 256 + 2 + 65535 bytes, and its header.
def _longest_hello() -> Step:
    filler = _unknown_extensions(2)
    usual = 4 + 6 + 4 + 1 + 4
    size = 0xFFFF - usual - 8
    return hello(
        (filler[0][0], bytes(size // 2)),
        (filler[1][0], bytes(size - size // 2)),
        session_id=b"i" * 32,
        suites=(*SUITES, *([0xC02F] * (32767 - len(SUITES)))),
        compression=b"\x00" + b"\x40" * 254,
    )


ROWS: tuple[Row, ...] = (
    # What is served, although it looks odd.
    *answers(
        SERVED,
        "RFC 5246 7.4.1.2",
        a_hello_without_extensions=hello(absent=True),
        a_hello_with_an_empty_list_of_extensions=hello(bare=True),
        compression_methods_besides_null=hello(compression=b"\x40\x01\x00"),
        a_session_id_nobody_knows=hello(session_id=b"x" * 32),
        a_session_id_of_one_byte=hello(session_id=b"x"),
        suites_nobody_knows=hello(suites=(0x1301, 0xC02F, 0x009C, 0xFFFF)),
    ),
    *answers(
        SERVED,
        "RFC 8701 3.1",
        grease_everywhere=hello((0x0A0A, b""), (0xFAFA, b"\x00"), suites=(0x1A1A, 0x009C)),
    ),
    *answers(
        SERVED,
        "RFC 5246 7.4.1.4",
        unknown_extensions=hello((0x1234, b"whatever"), (0xABCD, b"")),
        sixteen_thousand_unknown_extensions=hello(*_unknown_extensions(16000)),
        a_hello_of_131396_bytes=_longest_hello(),
    ),
    *answers(
        SERVED,
        "RFC 5246 E.1",
        record_version_0300=hello(record_version=0x0300),
        record_version_0301=hello(record_version=0x0301),
        record_version_03ff=hello(record_version=0x03FF),
        client_version_0304=hello(version=0x0304),
        client_version_fefe=hello(version=0xFEFE),
    ),
    *answers(
        SERVED,
        "RFC 8446 4.2.1",
        supported_versions_of_TLS_1_3=hello((SUPPORTED_VERSIONS, b"\x04\x03\x04\x03\x03"), session_id=b"c" * 32),
    ),
    *answers(SERVED, "RFC 7507 3", fallback_scsv_in_a_TLS_1_2_hello=hello(suites=(0x009C, FALLBACK_SCSV))),
    *answers(
        SERVED,
        "RFC 5246 7.4.1.4.1",
        signature_algorithms_absent=hello((EXTENDED_MASTER_SECRET, b""), bare=True),
        signature_algorithms_all_unknown=hello((SIGNATURE_ALGORITHMS, u16(b"\xfe\xfe\xee\xee"))),
        signature_algorithms_by_the_thousand=hello((SIGNATURE_ALGORITHMS, u16(b"\xfe\x01" * 16000))),
    ),
    *answers(
        SERVED,
        "RFC 6066 3",
        unknown_server_name=hello(server_name(b"elsewhere.example")),
        unknown_type_of_server_name=hello((SERVER_NAME, u16(b"\x07" + u16(b"abc") + b"\x00" + u16(b"localhost")))),
    ),
    *answers(SERVED, "RFC 5746 3.6", renegotiation_scsv=hello(suites=(0x009C, RENEGOTIATION_SCSV), bare=True)),
    *answers(SERVED, "RFC 6066 8", status_request=hello((STATUS_REQUEST, b"\x01\x00\x00\x00\x00"))),
    *answers(SERVED, "RFC 5077 3.2", a_ticket_nobody_knows=hello((SESSION_TICKET, b"not of this server"))),
    *answers(SERVED, "RFC 7301 3.1", alpn_to_a_server_that_speaks_none=hello(alpn(b"h2", b"http/1.1"))),
    *answers(
        SERVED,
        "RFC 5246 6.2.1",
        a_hello_in_fragments_of_one_byte=hello(piece=1),
        a_hello_cut_in_its_header=hello(piece=3),
    ),
    Row(
        "alpn in common",
        "RFC 7301 3.2",
        (hello(alpn(b"x", b"http/1.1")), *CLIENT_FLIGHT),
        SERVED,
        options={"alpn": ("h2", "http/1.1")},
    ),
    Row(
        "server name in upper case, strictly",
        "RFC 6066 3",
        (hello(server_name(b"LocalHost")), *CLIENT_FLIGHT),
        SERVED,
        options={"strict_sni": True},
    ),
    Row("no server name, strictly", "RFC 6066 3", (hello(), *CLIENT_FLIGHT), SERVED, options={"strict_sni": True}),
    # decode_error: a length that is wrong, a byte too many, a byte too few.
    *answers(
        "decode_error",
        "RFC 5246 7.2.2",
        a_byte_behind_the_hello=hello(broken=longer),
        a_hello_cut_by_one_byte=hello(broken=cut),
        a_hello_cut_in_the_random=hello(broken=lambda body: body[:20]),
        an_empty_hello=hello(broken=lambda body: b""),
        a_session_id_of_33_bytes=hello(session_id=b"x" * 33),
        no_cipher_suites=hello(suites=()),
        an_odd_number_of_bytes_of_suites=hello(
            broken=lambda body: body[:35] + b"\x00\x03\x00\x9c\x00" + body[35 + 2 + 12 :]
        ),
        no_compression_methods=hello(compression=b""),
        a_message_over_the_limit=raw(plain_record(HANDSHAKE, b"\x01\x03\x00\x00")),
    ),
    *answers(
        "decode_error",
        "RFC 6066 3",
        empty_server_name=hello((SERVER_NAME, b"")),
        server_name_list_without_names=hello((SERVER_NAME, u16(b""))),
        server_name_of_no_bytes=hello(server_name(b"")),
        server_name_with_a_byte_behind=hello((SERVER_NAME, u16(b"\x00" + u16(b"localhost")) + b"\x00")),
        server_name_cut=hello((SERVER_NAME, u16(b"\x00" + u16(b"localhost"))[:-1])),
    ),
    *answers(
        "decode_error",
        "RFC 7301 3.1",
        empty_alpn=hello((ALPN, b"")),
        alpn_without_names=hello(alpn()),
        alpn_with_an_empty_name=hello(alpn(b"", b"http/1.1")),
        alpn_with_a_byte_behind=hello((ALPN, alpn(b"h2")[1] + b"\x00")),
    ),
    *answers(
        "decode_error",
        "RFC 5246 7.4.1.4.1",
        signature_algorithms_empty_list=hello((SIGNATURE_ALGORITHMS, u16(b""))),
        signature_algorithms_odd_number_of_bytes=hello((SIGNATURE_ALGORITHMS, u16(b"\x04\x01\x02"))),
        signature_algorithms_empty_body=hello((SIGNATURE_ALGORITHMS, b"")),
    ),
    *answers(
        "decode_error",
        "RFC 8449 4",
        record_size_limit_empty=hello((RECORD_SIZE_LIMIT, b"")),
        record_size_limit_padded=hello((RECORD_SIZE_LIMIT, b"\x40\x00\x00")),
    ),
    *answers(
        "decode_error", "RFC 7627 5.1", extended_master_secret_with_a_body=hello((EXTENDED_MASTER_SECRET, b"\x00"))
    ),
    *answers("decode_error", "RFC 7366 2", encrypt_then_mac_with_a_body=hello((ENCRYPT_THEN_MAC, b"\x00"))),
    *answers("decode_error", "RFC 5746 3.2", renegotiation_info_without_length=hello((RENEGOTIATION_INFO, b""))),
    *answers(
        "decode_error",
        "RFC 6066 4",
        max_fragment_length_empty=hello((MAX_FRAGMENT_LENGTH, b"")),
        max_fragment_length_padded=hello((MAX_FRAGMENT_LENGTH, b"\x01\x00")),
    ),
    *answers("decode_error", "RFC 8422 5.1.1", supported_groups_odd=hello((SUPPORTED_GROUPS, u16(b"\x00\x17\x00")))),
    *answers("decode_error", "RFC 8422 5.1.2", point_formats_empty=hello((EC_POINT_FORMATS, u8(b"")))),
    *answers("decode_error", "RFC 6066 8", status_request_cut=hello((STATUS_REQUEST, b"\x01\x00\x00\x00"))),
    # illegal_parameter: a value that is forbidden.
    *answers(
        "illegal_parameter",
        "RFC 5246 7.4.1.2",
        no_null_compression=hello(compression=b"\x01"),
        two_compressions_and_no_null=hello(compression=b"\x40\x01"),
    ),
    *answers(
        "illegal_parameter",
        "RFC 5246 7.4.1.4",
        an_extension_twice=hello((0x1234, b"a"), (0x1234, b"b")),
        server_name_twice=hello(server_name(b"localhost"), server_name(b"localhost")),
    ),
    *answers(
        "illegal_parameter",
        "RFC 6066 3",
        two_server_names=hello(server_name(b"localhost", b"localhost")),
        an_ip_address_as_server_name=hello(server_name(b"127.0.0.1")),
        an_ipv6_address_as_server_name=hello(server_name(b"::1")),
        a_server_name_with_a_nul=hello(server_name(b"local\x00host")),
        a_server_name_with_a_final_dot=hello(server_name(b"localhost.")),
        a_server_name_that_is_not_ascii=hello(server_name("löcalhost".encode())),
        a_server_name_of_300_bytes=hello(server_name(b".".join([b"a" * 59] * 5))),
        a_label_of_64_bytes=hello(server_name(b"a" * 64 + b".example")),
    ),
    *answers(
        "illegal_parameter",
        "RFC 6066 4",
        max_fragment_length_0=hello((MAX_FRAGMENT_LENGTH, b"\x00")),
        max_fragment_length_5=hello((MAX_FRAGMENT_LENGTH, b"\x05")),
    ),
    *answers(
        "illegal_parameter",
        "RFC 8449 4",
        record_size_limit_63=hello((RECORD_SIZE_LIMIT, b"\x00\x3f")),
        record_size_limit_0=hello((RECORD_SIZE_LIMIT, b"\x00\x00")),
    ),
    # protocol_version.
    *answers(
        "protocol_version",
        "RFC 5246 E.1",
        client_version_TLS_1_1=hello(version=0x0302),
        client_version_TLS_1_0=hello(version=0x0301, record_version=0x0301),
        client_version_SSL_3_0=hello(version=0x0300, record_version=0x0300),
        client_version_0002=hello(version=0x0002),
        a_first_record_of_version_0200=hello(record_version=0x0200),
        a_first_record_of_version_0403=hello(record_version=0x0403),
    ),
    *answers(
        "protocol_version",
        "RFC 7507 3",
        fallback_scsv_below_TLS_1_2=hello(version=0x0302, suites=(0x009C, FALLBACK_SCSV)),
    ),
    # handshake_failure and what has an alert of its own.
    *answers(
        "handshake_failure",
        "RFC 5246 7.4.1.3",
        no_suite_in_common=hello(suites=(0xC02F, 0x1301, 0x0005)),
        only_signalling_suites=hello(suites=(RENEGOTIATION_SCSV, FALLBACK_SCSV)),
    ),
    *answers(
        "handshake_failure",
        "RFC 5746 3.6",
        renegotiation_info_that_is_not_empty=hello((RENEGOTIATION_INFO, u8(b"v" * 12))),
    ),
    Row(
        "no alpn in common",
        "RFC 7301 3.2",
        (hello(alpn(b"spdy/3")),),
        "no_application_protocol",
        options={"alpn": ("http/1.1",)},
    ),
    Row(
        "unknown server name, strictly",
        "RFC 6066 3",
        (hello(server_name(b"elsewhere.example")),),
        "unrecognized_name",
        options={"strict_sni": True},
    ),
)
