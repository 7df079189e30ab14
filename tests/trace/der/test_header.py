"""Tags and lengths, by the encodings of X.690 sections 8.1.2 and 8.1.3 written out by hand."""

from __future__ import annotations

import pytest

from minitls.trace.explain.der.header import CONTEXT, UNIVERSAL, DerHeader, NotDer, Tag, read_header, tag_words

#: (bytes, tag, constructed, where the length begins, where the value does, where it ends, what DER forbids)
READ = (
    ("0201 05", Tag(UNIVERSAL, 2), False, 1, 2, 3, ""),
    ("3000", Tag(UNIVERSAL, 16), True, 1, 2, 2, ""),
    ("a303 020105", Tag(CONTEXT, 3), True, 1, 2, 5, ""),
    ("0481 80" + "00" * 128, Tag(UNIVERSAL, 4), False, 1, 3, 131, ""),
    ("0482 0100" + "00" * 256, Tag(UNIVERSAL, 4), False, 1, 4, 260, ""),
    ("9f1f 00", Tag(CONTEXT, 31), False, 2, 3, 3, ""),
    ("9f8101 00", Tag(CONTEXT, 129), False, 3, 4, 4, ""),
    ("0481 01 00", Tag(UNIVERSAL, 4), False, 1, 3, 4, "a length that could be shorter"),
    ("0482 0080" + "00" * 128, Tag(UNIVERSAL, 4), False, 1, 4, 132, "a length that could be shorter"),
    ("9f01 00", Tag(CONTEXT, 1), False, 2, 3, 3, "a short tag in long form"),
)


@pytest.mark.parametrize(("data", "tag", "constructed", "length_at", "start", "end", "loose"), READ)
def test_headers(data: str, tag: Tag, constructed: bool, length_at: int, start: int, end: int, loose: str) -> None:
    raw = bytes.fromhex(data)
    assert read_header(raw, 0, len(raw)) == DerHeader(tag, constructed, 0, length_at, start, end, loose)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("", "end inside a header"),
        ("02", "end inside a header"),
        ("0201", "a length of 1 where 0 are left"),
        ("0481", "end inside a length"),
        ("3080 0000", "an indefinite length"),
        ("0485 0000000001 00", "a length in 5 bytes"),
        ("1fffffffffff 00", "a tag number without an end"),
        ("1f81", "a tag number without an end"),
    ],
)
def test_what_is_no_header(data: str, reason: str) -> None:
    raw = bytes.fromhex(data)
    with pytest.raises(NotDer, match=reason):
        read_header(raw, 0, len(raw))


def test_nothing_is_read_past_the_end() -> None:
    with pytest.raises(NotDer, match="a length of 5 where 3 are left"):
        read_header(bytes.fromhex("0405 0102030405"), 0, 5)


@pytest.mark.parametrize(
    ("tag", "constructed", "words"),
    [
        (Tag(0, 16), True, ("SEQUENCE", "universal, constructed")),
        (Tag(2, 3), True, ("[3]", "context-specific, constructed")),
        (Tag(2, 1), False, ("[1]", "context-specific, primitive")),
        (Tag(1, 7), True, ("[APPLICATION 7]", "application, constructed")),
        (Tag(3, 7), True, ("[PRIVATE 7]", "private, constructed")),
        (Tag(0, 99), False, ("[UNIVERSAL 99]", "universal, primitive")),
    ],
)
def test_tags_as_asn1_writes_them(tag: Tag, constructed: bool, words: tuple[str, str]) -> None:
    assert tag_words(tag, constructed) == words
