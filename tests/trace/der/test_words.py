"""Values in words, by encodings of X.690 section 8 and RFC 5280 written out by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minitls.trace.explain.der import words
from minitls.trace.explain.der.words import SPEAKERS, Speaker


@pytest.mark.parametrize(
    ("speaker", "content", "said"),
    [
        (words.integer, "00", "0"),
        (words.integer, "ff", "-1"),
        (words.integer, "010001", "65537"),
        (words.integer, "0001", "1, not DER: it could be shorter"),
        (words.integer, "ff80", "-128, not DER: it could be shorter"),
        (words.integer, "00" + "ff" * 128, "1,024 bits"),
        (words.integer, "ff" * 12, "negative, 12 bytes, not DER: it could be shorter"),
        (words.integer, "", "no digits: not DER"),
        (words.serial_number, "00c0ffee", "0xc0ffee"),
        (words.serial_number, "ff", "-0x1"),
        (words.boolean, "ff", "TRUE"),
        (words.boolean, "01", "01, not DER: neither 00 nor ff"),
        (words.null, "", ""),
        (words.null, "00", "00, not DER: NULL is empty"),
        (words.object_identifier, "550403", "2.5.4.3 commonName"),
        (words.object_identifier, "2a864886f70d01010b", "1.2.840.113549.1.1.11 sha256WithRSAEncryption"),
        (words.object_identifier, "883703", "2.999.3"),
        (words.object_identifier, "5504", "2.5.4"),
        (words.object_identifier, "5584", "5584, no object identifier"),
        (words.object_identifier, "", "empty, no object identifier"),
        (words.time, b"491231235959Z".hex(), "2049-12-31 23:59:59 UTC"),
        (words.time, b"500101000000Z".hex(), "1950-01-01 00:00:00 UTC"),
        (words.time, b"20500101000000Z".hex(), "2050-01-01 00:00:00 UTC"),
        (words.time, b"20501301000000Z".hex(), '"20501301000000Z", no time that RFC 5280 allows'),
        (words.time, b"4912312359Z".hex(), '"4912312359Z", no time that RFC 5280 allows'),
        (words.bit_string, "00ff", "8 bits"),
        (words.bit_string, "0780", "1 bit"),
        (words.bit_string, "08ff", "08ff, no BIT STRING"),
        (words.address, "7f000001", "127.0.0.1"),
        (words.address, "20010db8" + "00" * 11 + "01", "2001:db8::1"),
        (words.address, "0a000000ff000000", "10.0.0.0/8"),
        (words.address, "0a000000ff00ff00", "10.0.0.0 with mask 255.0.255.0"),
        (words.address, "7f0001", "7f0001, no address: 4 or 16 bytes are"),
        (SPEAKERS["UTF8String"], "c3a4", '"ä"'),
        (SPEAKERS["UTF8String"], "ff", "ff, not UTF-8"),
        (SPEAKERS["BMPString"], "00e4", '"ä"'),
        (SPEAKERS["PrintableString"], b"a\0b".hex(), '"a.b"'),
        (SPEAKERS["IA5String"], "78" * 200, f'"{"x" * 120}.. 200 characters"'),
    ],
)
def test_values(speaker: Speaker, content: str, said: str) -> None:
    assert speaker(bytes.fromhex(content)) == said


@pytest.mark.parametrize(
    ("content", "said"),
    [("05a0", "a, c"), ("0106", "f, g"), ("0780", "a"), ("0000", "no bit is set"), ("00", "no bit is set")],
)
def test_bits_have_names_from_the_highest_on(content: str, said: str) -> None:
    """05 a0 and 01 06 are the key usages of RFC 5280's servers and CAs: bits 0 and 2, bits 5 and 6."""
    assert words.bits(bytes.fromhex(content), "abcdefgh") == said


def test_a_bit_without_a_name_says_its_number() -> None:
    assert words.bits(b"\x00\x80\x40", "a") == "a, bit 9"


@given(
    st.sampled_from([*SPEAKERS.values(), words.serial_number, words.address, words.coded({1: "one"})]),
    st.binary(max_size=80),
)
def test_nothing_raises_and_all_is_on_one_short_line(speaker: Speaker, content: bytes) -> None:
    said = speaker(content)
    assert said.isprintable() and len(said) < 300
