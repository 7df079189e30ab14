"""What minitls promises to answer to what a peer may do: one row a behaviour, with the rule that asks for it.

A row is played by the independent peer. `steps` are words for `Peer.say`, or functions that make bytes; `expected` is
the name of the fatal alert that must come, or SERVED: the handshake completes and data is echoed (warnings that must
have come are in `warned`), or CLOSED: the connection ends without an alert of ours.

The same table is run against the sans-IO connection and over TCP (`test_behaviours.py`), and it is what the README
sums up.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.handshake.peer import (
    ALERT,
    ALPN,
    APPLICATION_DATA,
    CHANGE_CIPHER_SPEC,
    CLIENT_FLIGHT,
    ENCRYPT_THEN_MAC,
    EXTENDED_MASTER_SECRET,
    FULL_SERVER_FLIGHT,
    HANDSHAKE,
    LAST_FLIGHT,
    MAX_FRAGMENT_LENGTH,
    RECORD_SIZE_LIMIT,
    RENEGOTIATION_INFO,
    SERVER_NAME,
    SESSION_TICKET,
    SIGNATURE_ALGORITHMS,
    STATUS_REQUEST,
    SUITES,
    Extensions,
    Peer,
    alpn,
    client_hello_body,
    handshake_message,
    plain_record,
    server_hello_body,
    server_name,
    u8,
    u16,
    u24,
)

SERVED = "served"
CLOSED = "closed"
SUPPORTED_GROUPS, EC_POINT_FORMATS, SUPPORTED_VERSIONS = 10, 11, 43
FALLBACK_SCSV, RENEGOTIATION_SCSV = 0x5600, 0x00FF

Step = str | Callable[[Peer], bytes]


@dataclass(frozen=True)
class Row:
    id: str
    section: str
    """The rule: an RFC and its section."""
    steps: tuple[Step, ...]
    expected: str
    side: str = "server"
    """The side under test."""
    warned: tuple[str, ...] = ()
    """The warning alerts that the peer must have been sent, in order."""
    options: dict[str, Any] = field(default_factory=dict, hash=False)
    """Of the configuration under test."""
    peer: dict[str, Any] = field(default_factory=dict, hash=False)
    """Of the peer."""


# Steps.


def hello(
    *extensions: tuple[int, bytes],
    bare: bool = False,
    absent: bool = False,
    broken: Callable[[bytes], bytes] = bytes,
    record_version: int = 0x0303,
    piece: int = 2**14,
    **fields: Any,
) -> Step:
    """A ClientHello: usual extensions (none if `bare`, not even their length if `absent`) and those given."""
    usual: Extensions = (
        (SIGNATURE_ALGORITHMS, u16(b"\x04\x01\x02\x01")),
        (RENEGOTIATION_INFO, b"\x00"),
        (EXTENDED_MASTER_SECRET, b""),
    )

    def step(peer: Peer) -> bytes:
        peer.randoms["client"] = peer.rng.randbytes(32)
        peer.client_version = fields.get("version", 0x0303)
        numbers = {number for number, _ in extensions}
        given = [pair for pair in usual if pair[0] not in numbers and not bare]
        all_of_them = None if absent else [*given, *extensions]
        body = broken(client_hello_body(all_of_them, random=peer.randoms["client"], **fields))
        message = peer.entered("ClientHello", body)
        pieces = [message[at : at + piece] for at in range(0, len(message), piece)]
        return b"".join(plain_record(HANDSHAKE, each, record_version) for each in pieces)

    return step


def server_hello(
    *extensions: tuple[int, bytes], bare: bool = False, broken: Callable[[bytes], bytes] = bytes, **fields: Any
) -> Step:
    """A ServerHello with renegotiation_info and extended_master_secret (unless `bare`) and the extensions given."""

    def step(peer: Peer) -> bytes:
        peer.randoms["server"] = peer.rng.randbytes(32)
        peer.ems = not bare
        numbers = {number for number, _ in extensions}
        usual = [(RENEGOTIATION_INFO, b"\x00"), (EXTENDED_MASTER_SECRET, b"")]
        given = [pair for pair in usual if pair[0] not in numbers and not bare]
        all_of_them = [*given, *extensions] if (given or extensions) else None
        choice = {"suite": peer.suite, "random": peer.randoms["server"], **fields}
        return peer.message("ServerHello", broken(server_hello_body(all_of_them, **choice)))

    return step


def with_body(name: str, body: Callable[[Peer], bytes]) -> Step:
    """A message with a body of another making."""
    return lambda peer: peer.message(name, body(peer))


def changed(name: str, change: Callable[[bytes], bytes]) -> Step:
    """A message whose body is right and then changed."""
    return lambda peer: peer.message(name, change(peer.body(name)))


def raw(data: bytes) -> Step:
    """Bytes as they are, without protection."""
    return lambda peer: data


def in_record(content_type: int, content: bytes, times: int = 1) -> Step:
    """Records under the protection that the peer has reached."""
    return lambda peer: b"".join(peer.record(content_type, content) for _ in range(times))


def joined(*steps: Step) -> Step:
    """Several steps in one portion of bytes."""
    return lambda peer: b"".join(made(step, peer) for step in steps)


def made(step: Step, peer: Peer) -> bytes:
    return peer.say(step) if isinstance(step, str) else step(peer)


def one_record(*names: str) -> Step:
    """Several handshake messages in one record."""
    return lambda peer: peer.record(HANDSHAKE, b"".join(peer.entered(name, peer.body(name)) for name in names))


def pieces_of(name: str, size: int) -> Step:
    """A handshake message in records of `size` bytes each."""
    return lambda peer: peer.records(HANDSHAKE, peer.entered(name, peer.body(name)), size)


def half(name: str) -> Step:
    """The first half of a handshake message."""
    return lambda peer: peer.record(HANDSHAKE, (message := peer.entered(name, peer.body(name)))[: len(message) // 2])


def with_tail(name: str, tail: bytes) -> Step:
    """A message and, in the same record, bytes that do not enter the transcript."""
    return lambda peer: peer.record(HANDSHAKE, peer.entered(name, peer.body(name)) + tail)


def straddling(name: str, following: str) -> Step:
    """A message and, in the same record, the first three bytes of one that belongs behind the key change."""

    def step(peer: Peer) -> bytes:
        whole = peer.entered(name, peer.body(name))
        return peer.record(HANDSHAKE, whole + handshake_message(20, peer.body(following))[:3])

    return step


def spoilt(content_type: int, content: bytes, at: int, blocks: int = 0) -> Step:
    """A protected record with one byte of its fragment changed."""

    def step(peer: Peer) -> bytes:
        record = bytearray(peer.padded(content_type, content, blocks) if blocks else peer.record(content_type, content))
        record[5 + at if at >= 0 else at] ^= 0x01
        return bytes(record)

    return step


def badly_padded(peer: Peer) -> bytes:
    """CBC padding whose length byte is right and whose other bytes are not."""
    assert peer.writing is not None
    unpadded = 4 + (0 if peer.writing.etm else peer.writing.suite.mac)
    count = 15 - unpadded % 16 + 16
    return peer.record(APPLICATION_DATA, b"ping", bytes([0]) * count + bytes([count]))


def endless_padding(peer: Peer) -> bytes:
    """CBC padding that claims more bytes than there are."""
    assert peer.writing is not None
    unpadded = 4 + (0 if peer.writing.etm else peer.writing.suite.mac)
    return peer.record(APPLICATION_DATA, b"ping", bytes([255]) * (16 - unpadded % 16))


def replayed(peer: Peer) -> bytes:
    record = peer.record(APPLICATION_DATA, b"")
    return record + record


def rehello(peer: Peer) -> bytes:
    """An attempt to renegotiate."""
    return peer.message("ClientHello", peer.body("ClientHello"))


def sealed_fragment(fragment: bytes) -> Step:
    """A record in the protected part of the stream whose fragment was never protected."""
    return raw(plain_record(APPLICATION_DATA, fragment))


def cut(body: bytes) -> bytes:
    return body[:-1]


def longer(body: bytes) -> bytes:
    return body + b"\x00"


COMPLETE = ("ClientHello", *CLIENT_FLIGHT)
SERVER_COMPLETE = (*FULL_SERVER_FLIGHT, *LAST_FLIGHT)
TLS_1_0 = {"version": 0x0301}


def answers(expected: str, section: str, **rows: Step) -> tuple[Row, ...]:
    """Rows that are one ClientHello each; if it is to be accepted, the whole handshake follows."""
    return tuple(Row(name.replace("_", " "), section, (step, *CLIENT_FLIGHT), expected) for name, step in rows.items())


def replies(expected: str, section: str, **rows: Step) -> tuple[Row, ...]:
    """Rows that are one ServerHello each, with the rest of the server's part behind it."""
    rest = (*FULL_SERVER_FLIGHT[1:], *LAST_FLIGHT)
    return tuple(
        Row(name.replace("_", " "), section, (step, *rest), expected, side="client") for name, step in rows.items()
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


SERVER_ROWS: tuple[Row, ...] = (
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
        "messages in fragments of one byte",
        "RFC 5246 6.2.1",
        ("ClientHello", pieces_of("ClientKeyExchange", 1), "ChangeCipherSpec", pieces_of("Finished", 1)),
        SERVED,
    ),
    Row("all of a flight in one portion", "RFC 5246 6.2.1", ("ClientHello", joined(*CLIENT_FLIGHT)), SERVED),
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
    Row(
        "a byte behind ClientKeyExchange",
        "RFC 5246 7.4.7",
        ("ClientHello", changed("ClientKeyExchange", longer)),
        "decode_error",
    ),
    Row("ClientKeyExchange cut", "RFC 5246 7.4.7", ("ClientHello", changed("ClientKeyExchange", cut)), "decode_error"),
    Row(
        "ClientKeyExchange of no bytes",
        "RFC 5246 7.4.7",
        ("ClientHello", with_body("ClientKeyExchange", lambda peer: b"")),
        "decode_error",
    ),
    Row(
        "ClientKeyExchange without its inner length, as in SSL 3.0",
        "RFC 5246 7.4.7.1",
        ("ClientHello", changed("ClientKeyExchange", lambda body: b"\x01" + body[3:])),
        "decode_error",
    ),
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
    # decrypt_error: a Finished that parses and is wrong.
    *(
        Row(
            f"Finished {name}",
            "RFC 5246 7.4.9",
            ("ClientHello", "ClientKeyExchange", "ChangeCipherSpec", changed("Finished", change)),
            "decrypt_error",
        )
        for name, change in {
            "wrong in the first bit": lambda body: bytes([body[0] ^ 0x80]) + body[1:],
            "wrong in the last bit": lambda body: body[:-1] + bytes([body[-1] ^ 1]),
            "of no bytes": lambda body: b"",
            "cut by a byte": cut,
            "longer by a byte": longer,
            "of 1000 bytes": lambda body: body + bytes(988),
        }.items()
    ),
    # unexpected_message: nothing out of its place.
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
    Row(
        "an attempt to renegotiate in the record of Finished",
        "RFC 5746 4.4",
        (*COMPLETE[:-1], one_record("Finished", "ClientHello")),
        SERVED,
        warned=("no_renegotiation",),
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
    # Records: length.
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
    # Records: authenticity. One alert for everything.
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
)

CLIENT_ROWS: tuple[Row, ...] = (
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
    # Order.
    Row(
        "a first record of version 0301 from a server",
        "RFC 5246 6.2.1",
        (lambda peer: plain_record(HANDSHAKE, peer.entered("ServerHello", peer.body("ServerHello")), 0x0301),),
        "protocol_version",
        side="client",
    ),
    Row(
        "a warning of version 0301 before ServerHello",
        "RFC 5246 E.1",
        (raw(plain_record(ALERT, b"\x01\x70", 0x0301)), *SERVER_COMPLETE),
        SERVED,
        side="client",
    ),
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
        "a body in ServerHelloDone",
        "RFC 5246 7.4.5",
        ("ServerHello", "Certificate", with_body("ServerHelloDone", lambda peer: b"\x00")),
        "decode_error",
        side="client",
    ),
    Row(
        "a message over the limit from a server",
        "RFC 5246 7.2.2",
        ("ServerHello", raw(plain_record(HANDSHAKE, b"\x0b\x03\x00\x00"))),
        "decode_error",
        side="client",
    ),
    *(
        Row(
            f"the server's Finished {name}",
            "RFC 5246 7.4.9",
            (*FULL_SERVER_FLIGHT, "ChangeCipherSpec", changed("Finished", change)),
            "decrypt_error",
            side="client",
        )
        for name, change in {"wrong": lambda body: bytes(12), "empty": lambda body: b"", "longer": longer}.items()
    ),
    # Renegotiation.
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
        "a byte of Finished in the record of ServerHelloDone",
        "RFC 5246 7.1",
        (*FULL_SERVER_FLIGHT[:-1], with_tail("ServerHelloDone", b"\x14")),
        "unexpected_message",
        side="client",
    ),
    Row(
        "a HelloRequest with a body",
        "RFC 5246 7.4.1.1",
        (lambda peer: peer.message("HelloRequest", b"\x00", counted=False),),
        "decode_error",
        side="client",
    ),
    # Certificates.
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
    # Alerts and records.
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
    Row(
        "a fifth warning from a server",
        "RFC 5246 7.2.2",
        (*SERVER_COMPLETE, in_record(ALERT, b"\x01\x5a", 5)),
        "unexpected_message",
        side="client",
    ),
    Row(
        "a changed record from a server",
        "RFC 5246 7.2.2",
        (*SERVER_COMPLETE, spoilt(APPLICATION_DATA, b"ping", -1)),
        "bad_record_mac",
        side="client",
    ),
    Row(
        "a record of 2^14 + 1 bytes from a server",
        "RFC 5246 6.2.3",
        (*SERVER_COMPLETE, in_record(APPLICATION_DATA, bytes(2**14 + 1))),
        "record_overflow",
        side="client",
    ),
    Row(
        "a plain-text answer",
        "RFC 5246 6.2.1",
        (raw(b"HTTP/1.1 400 Bad Request\r\n\r\n"),),
        "unexpected_message",
        side="client",
    ),
)

ROWS = SERVER_ROWS + CLIENT_ROWS
assert len({(row.side, row.id) for row in ROWS}) == len(ROWS), "two rows of one name"


def summary() -> list[tuple[str, int, tuple[str, ...]]]:
    """(answer, number of rows, their rules) for each answer, the most frequent first: what a README can quote."""
    answers: dict[str, list[Row]] = {}
    for row in ROWS:
        answers.setdefault(row.expected, []).append(row)
    return [
        (answer, len(rows), tuple(sorted({row.section for row in rows})))
        for answer, rows in sorted(answers.items(), key=lambda item: -len(item[1]))
    ]
