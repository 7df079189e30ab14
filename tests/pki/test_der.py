"""A few steps into DER, by the encodings of X.690 written out by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minitls.pki import der

#: (tag, content, its encoding): X.690 section 8.1.3, lengths in the short and in the long form.
ENCODED = (
    (0x05, b"", "0500"),
    (0x02, b"\x01", "020101"),
    (0x04, b"x" * 127, "047f" + "78" * 127),
    (0x04, b"x" * 128, "048180" + "78" * 128),
    (0x30, b"x" * 255, "3081ff" + "78" * 255),
    (0x30, b"x" * 256, "30820100" + "78" * 256),
    (0x30, b"x" * 65536, "3083010000" + "78" * 65536),
)
BY_HAND = pytest.mark.parametrize(("tag", "content", "encoded"), ENCODED, ids=[told[:10] for *_, told in ENCODED])


@BY_HAND
def test_lengths_take_the_shortest_form(tag: int, content: bytes, encoded: str) -> None:
    assert der.encode(tag, content) == bytes.fromhex(encoded)


@BY_HAND
def test_elements(tag: int, content: bytes, encoded: str) -> None:
    whole = bytes.fromhex(encoded)
    assert der.elements(whole) == [der.Element(tag, whole, content)]
    assert der.elements(whole + b"\x05\x00") == [der.Element(tag, whole, content), der.Element(5, b"\x05\x00", b"")]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("2a864886f70d01010b", "1.2.840.113549.1.1.11"),
        ("883703", "2.999.3"),
        ("00", "0.0"),
        ("4f", "1.39"),
        ("50", "2.0"),
    ],
)
def test_object_identifiers(content: str, told: str) -> None:
    """X.690 section 8.19; {2 999 3} is its own example."""
    assert der.dotted(bytes.fromhex(content)) == told


def test_truth_as_der_has_it() -> None:
    """X.690 section 11.1 speaks of TRUE and FALSE."""
    assert (der.yes(True), der.yes(False)) == ("TRUE", "FALSE")


@pytest.mark.parametrize("content", [b"", b"\x2a\x86", b"\x2a" * 33])
def test_no_object_identifier(content: bytes) -> None:
    with pytest.raises(ValueError, match="object identifier"):
        der.dotted(content)


def test_the_members_of_a_sequence() -> None:
    assert [each.content for each in der.inside(bytes.fromhex("3006 020101 020102"))] == [b"\x01", b"\x02"]
    assert der.elements(b"") == der.inside(b"\x30\x00") == []


def test_inside_wants_exactly_one_element() -> None:
    for data in (b"", b"\x05\x00\x05\x00"):
        with pytest.raises(ValueError):
            der.inside(data)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ("02", "ends inside a header"),
        ("0500 02", "ends inside a header"),
        ("0201", "points past the end"),
        ("3003 0201", "points past the end"),
        ("048180 00", "points past the end"),
    ],
)
def test_lengths_that_do_not_add_up(data: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        der.elements(bytes.fromhex(data))


@given(st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=300)), max_size=5))
def test_what_is_encoded_is_found_again(members: list[tuple[int, bytes]]) -> None:
    found = der.inside(der.encode(der.SEQUENCE, *(der.encode(tag, content) for tag, content in members)))
    assert [(each.tag, each.content) for each in found] == members
