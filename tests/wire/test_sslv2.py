"""Hellos in the format of SSL 2.0, written by hand from RFC 5246 appendix E.2."""

from __future__ import annotations

import pytest

from minitls.wire.sslv2 import annotate, hello_length

SPECS, CHALLENGE = bytes.fromhex("00002f 000035 0700c0"), bytes(range(16))
HELLO = bytes.fromhex("80 22 01 0303 0009 0000 0010") + SPECS + CHALLENGE
RESUMING = bytes.fromhex("80 2d 01 0301 0003 0011 0010") + SPECS[:3] + b"s" * 17 + CHALLENGE


@pytest.mark.parametrize("hello", [HELLO, RESUMING])
def test_every_byte_is_named_once(hello: bytes) -> None:
    assert hello_length(hello) == hello_length(hello + b"more") == len(hello)
    spans = annotate(hello)
    assert [span.start for span in spans] == [0, *(span.end for span in spans)][:-1]
    assert spans[-1].end == len(hello)


def test_the_fields_are_where_the_rfc_has_them() -> None:
    found = {str(span.path[1]): HELLO[span.start : span.end] for span in annotate(HELLO) if len(span.path) == 2}
    assert found == {
        "length": b"\x80\x22",
        "msg_type": b"\x01",
        "version": b"\x03\x03",
        "cipher_spec_length": b"\x00\x09",
        "session_id_length": b"\x00\x00",
        "challenge_length": b"\x00\x10",
        "challenge": CHALLENGE,
    }
    assert [HELLO[s.start : s.end] for s in annotate(HELLO) if "cipher_specs" in s.path] == [
        SPECS[at : at + 3] for at in (0, 3, 6)
    ]


@pytest.mark.parametrize("at", [0, 1, 2, 3, 6, 8, 10])
def test_what_does_not_fit_is_none(at: int) -> None:
    wrong = HELLO[:at] + bytes([HELLO[at] ^ 0x41]) + HELLO[at + 1 :]
    assert hello_length(wrong) != len(wrong)
    with pytest.raises(ValueError, match=r"SSL 2\.0"):
        annotate(wrong)


def test_no_prefix_is_a_hello() -> None:
    for end in range(len(HELLO)):
        with pytest.raises(ValueError, match=r"SSL 2\.0"):
            annotate(HELLO[:end])
