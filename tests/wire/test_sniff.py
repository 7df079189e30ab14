"""What is told of a peer that does not speak TLS. The openings are those protocols' own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minitls.wire.records import record
from minitls.wire.sniff import foreign_protocol, is_sslv2_hello

SSLV2_HELLO = bytes.fromhex("80 2e 01 0002 0015 0000 0010 0100 8003")


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "HTTP"),
        (b"HTTP/1.1 400 Bad Request\r\n", "HTTP"),
        (b"CONNECT example.com:443 HTTP/1.1\r\n", "HTTP"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/2 without TLS"),
        (b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", "SSH"),
        (b"220 mail.example ESMTP Postfix\r\n", "SMTP or FTP"),
        (b"EHLO client.example\r\n", "SMTP"),
        (b"+OK POP3 ready\r\n", "POP3"),
        (b"* OK IMAP4rev1 ready\r\n", "IMAP"),
        (b"RFB 003.008\n", "VNC"),
        (b"-ERR unknown command\r\n", "POP3 or Redis"),
        (b'<!DOCTYPE HTML>\n<html lang="en">', "HTTP"),
        (b"554 no service\r\n", "SMTP"),
        (b"* BYE too busy\r\n", "IMAP"),
        (bytes.fromhex("4a0000000a382e302e333600"), "MySQL"),
        (b"AMQP\0\0\x09\x01", "AMQP"),
        (b"hello there\r\n", "text"),
        (SSLV2_HELLO, "an SSLv2-format ClientHello"),
    ],
)
def test_a_protocol_is_named_by_its_first_bytes(data: bytes, name: str) -> None:
    assert foreign_protocol(data) == name


@pytest.mark.parametrize("data", (b"", b"\x16", b"\x16\x03", b"\x15\x03\x01\x00\x02", b"\x00\xff\xfe\x80", b"GE", b"S"))
def test_what_may_still_be_tls_or_anything_is_not_named(data: bytes) -> None:
    assert foreign_protocol(data) is None


@given(content_type=st.sampled_from((20, 21, 22, 23)), minor=st.integers(0, 255), fragment=st.binary(max_size=30))
def test_no_record_is_foreign(content_type: int, minor: int, fragment: bytes) -> None:
    data = record(content_type, fragment, 0x0300 | minor)
    assert [foreign_protocol(data[:end]) for end in range(len(data) + 1)] == [None] * (len(data) + 1)
    assert not is_sslv2_hello(data)


@given(st.binary(max_size=40))
def test_any_bytes_get_a_name_or_none(data: bytes) -> None:
    name = foreign_protocol(data)
    assert name is None or (name and name.isascii())


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (SSLV2_HELLO, True),
        (bytes.fromhex("802e010301"), True),
        (bytes.fromhex("802e010303"), True),
        (bytes.fromhex("802e0103"), False),
        (bytes.fromhex("002e010303"), False),
        (bytes.fromhex("802e020303"), False),
        (bytes.fromhex("802e010403"), False),
    ],
)
def test_the_hello_of_ssl_2_is_known_by_length_type_and_version(data: bytes, expected: bool) -> None:
    """RFC 5246 appendix E.2: the high bit of the length, msg_type 1, version 2 or 3."""
    assert is_sslv2_hello(data) is expected
