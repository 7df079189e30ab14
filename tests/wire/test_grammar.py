"""The presentation language (RFC 5246 section 4): each kind by examples worked out by hand, all of them by properties.

`test_messages.py` holds the same properties against every message that is declared; here stand the constructs alone,
with their bounds, so that a fault is found where it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minitls.errors import DecodeError
from minitls.wire.grammar import (
    Kind,
    Span,
    Struct,
    fixed,
    forbidden,
    inside,
    opaque,
    optional,
    prefixed,
    rest,
    select,
    struct,
    uint,
    uint8,
    uint16,
    uint16s,
    uint24,
    uint32,
    vector,
    wire,
)
from tests.wire.strategies import structs, values


class Point(Struct):
    x: int = wire(uint8)
    y: int = wire(uint16)


class Letter(Struct):
    """A field of most kinds, with the optional one last."""

    serial: int = wire(uint24)
    stamp: bytes = wire(fixed(2))
    body: bytes = wire(opaque(1, 300))
    places: tuple[Point, ...] = wire(vector(struct(Point), 0, 30))
    notes: tuple[int, ...] | None = wire(optional(uint16s(0, 20)), default=None)


class Choice(Struct):
    what: tuple[int, Any] = wire(select(uint8, {1: uint16, 2: struct(Point), 9: forbidden}, otherwise=rest))


class Sealed(Struct):
    inner: Letter = wire(inside(struct(Letter), 0, 0xFFFF))


class Boxed(Struct):
    inner: Point = wire(inside(struct(Point), 0, 255))


class Empty(Struct):
    pass


#: (kind, value, its bytes), written out by hand.
WRITTEN: tuple[tuple[Kind[Any], Any, str], ...] = (
    (uint8, 0, "00"),
    (uint8, 255, "ff"),
    (uint16, 0x0102, "01 02"),
    (uint24, 0x010203, "01 02 03"),
    (uint32, 0x01020304, "01 02 03 04"),
    (uint(8), 1, "00 00 00 00 00 00 00 01"),
    (fixed(0), b"", ""),
    (fixed(3), b"abc", "61 62 63"),
    (rest, b"", ""),
    (rest, b"abc", "61 62 63"),
    (opaque(0, 255), b"", "00"),
    (opaque(0, 255), b"abc", "03 61 62 63"),
    (opaque(0, 256), b"abc", "00 03 61 62 63"),  # Two bytes of length: as many as the ceiling needs (section 4.3).
    (opaque(0, 0xFFFF), b"abc", "00 03 61 62 63"),
    (opaque(0, 0x10000), b"abc", "00 00 03 61 62 63"),
    (vector(uint8, 0, 255), (), "00"),
    (vector(uint16, 2, 0xFFFE), (0x002F, 0x009C), "00 04 00 2f 00 9c"),
    (vector(opaque(0, 255), 0, 255), (b"", b"a", b"bc"), "06 00 01 61 02 62 63"),
    (vector(vector(uint8, 0, 9), 0, 9), ((1, 2), ()), "04 02 01 02 00"),
    (vector(struct(Point), 0, 255), (Point(1, 2), Point(3, 4)), "06 01 00 02 03 00 04"),
    (uint16s(0, 255), (), "00"),
    (uint16s(2, 0xFFFE), (0x002F, 0x009C), "00 04 00 2f 00 9c"),
    (inside(uint16, 0, 255), 0x0102, "02 01 02"),
    (inside(opaque(0, 255), 0, 0xFFFF), b"a", "00 02 01 61"),
    (optional(uint16), None, ""),
    (optional(uint16), 0, "00 00"),
    (optional(vector(uint8, 0, 255)), (), "00"),  # Present and empty is not absent.
    (struct(Point), Point(1, 0x0203), "01 02 03"),
    (struct(Empty), Empty(), ""),
    (select(uint8, {1: uint16}, otherwise=forbidden), (1, 0x0203), "01 02 03"),
    (select(uint8, {1: uint16}, otherwise=rest), (2, b"xy"), "02 78 79"),
    (select(uint16, {0x0102: fixed(0)}, otherwise=forbidden), (0x0102, b""), "01 02"),
)
EXAMPLES = pytest.mark.parametrize(
    ("kind", "value", "told"), WRITTEN, ids=[f"{type(kind).__name__} {told or 'nothing'}" for kind, _, told in WRITTEN]
)

#: One of each construct, nested in each other.
KINDS: tuple[Kind[Any], ...] = (
    uint8,
    uint32,
    fixed(3),
    opaque(0, 255),
    opaque(2, 0xFFFF),
    vector(uint24, 0, 255),
    vector(opaque(1, 9), 0, 0xFFFF),
    uint16s(2, 0xFFFE),
    inside(struct(Letter), 0, 0xFFFF),
    struct(Letter),
    struct(Sealed),
    vector(struct(Point), 0, 255),
    select(uint8, {1: uint16, 2: opaque(0, 255)}, otherwise=forbidden),
)
kinds_and_values = st.sampled_from(KINDS).flatmap(lambda kind: st.tuples(st.just(kind), values(kind)))


def spans(kind: Kind[Any], data: bytes, at: int = 0, end: int | None = None) -> tuple[list[Span], int]:
    """All spans of a walk, and where it says that the value ended."""
    walk: Iterator[Span] = kind.annotate(data, at, len(data) if end is None else end, ("it",))
    found = []
    while True:
        try:
            found.append(next(walk))
        except StopIteration as stopped:
            return found, stopped.value


class TestExamples:
    @EXAMPLES
    def test_writes(self, kind: Kind[Any], value: Any, told: str) -> None:
        assert kind.write(value) == bytes.fromhex(told)

    @EXAMPLES
    def test_parses(self, kind: Kind[Any], value: Any, told: str) -> None:
        assert kind.parse(bytes.fromhex(told)) == value

    @EXAMPLES
    def test_reads_where_it_stands(self, kind: Kind[Any], value: Any, told: str) -> None:
        """Not from the beginning, and not to the end of the data: only `at` to `end` counts."""
        data = bytes.fromhex(told)
        assert kind.read(b"\x01\x01" + data + b"\x01\x01", 2, 2 + len(data)) == (value, 2 + len(data))

    @EXAMPLES
    def test_annotates_every_byte(self, kind: Kind[Any], value: Any, told: str) -> None:
        data = bytes.fromhex(told)
        found, stop = spans(kind, b"??" + data + b"??", 2, 2 + len(data))
        assert stop == 2 + len(data)
        edges = [2] + [span.end for span in found]
        assert [span.start for span in found] == edges[:-1] and edges[-1] == stop


class TestEveryKind:
    @given(kinds_and_values)
    def test_what_is_written_reads_back(self, drawn: tuple[Kind[Any], Any]) -> None:
        kind, value = drawn
        assert kind.parse(kind.write(value)) == value

    @given(kinds_and_values, st.binary(min_size=1, max_size=4))
    def test_a_value_ends_where_it_ends(self, drawn: tuple[Kind[Any], Any], more: bytes) -> None:
        """Bytes behind `end` change nothing, and bytes behind the value are left for the next reader."""
        kind, value = drawn
        data = kind.write(value)
        assert kind.read(data + more, 0, len(data)) == (value, len(data))
        open_end = isinstance(value, Letter) or (isinstance(kind, struct) and kind.cls is Letter)
        if not open_end:  # Letter's last field is there if any byte is left.
            assert kind.read(data + more, 0, len(data) + len(more)) == (value, len(data))

    @given(kinds_and_values)
    def test_no_proper_prefix_is_a_value(self, drawn: tuple[Kind[Any], Any]) -> None:
        kind, value = drawn
        data = kind.write(value)
        # Without its optional last field a letter is shorter, and whole: the one prefix that may parse.
        shorter = Letter(value.serial, value.stamp, value.body, value.places) if isinstance(value, Letter) else None
        for size in range(len(data)):
            if shorter is not None and data[:size] == shorter.write():
                assert kind.parse(data[:size]) == shorter
                continue
            with pytest.raises(DecodeError):
                kind.parse(data[:size])

    @given(kinds_and_values, st.binary(min_size=1, max_size=4))
    def test_bytes_behind_it_are_refused(self, drawn: tuple[Kind[Any], Any], more: bytes) -> None:
        kind, value = drawn
        if isinstance(value, Letter) and value.notes is None:
            return  # What follows would be read as its notes.
        with pytest.raises(DecodeError, match="left over"):
            kind.parse(kind.write(value) + more)

    @given(kinds_and_values)
    def test_annotations_tile_every_byte_and_hold_no_empty_field(self, drawn: tuple[Kind[Any], Any]) -> None:
        kind, value = drawn
        data = kind.write(value)
        found, stop = spans(kind, data)
        assert [at for span in found for at in range(span.start, span.end)] == list(range(len(data)))
        assert stop == len(data) and all(span.start < span.end for span in found)

    @given(st.sampled_from(KINDS), st.binary(max_size=24))
    def test_what_parses_is_written_as_it_was(self, kind: Kind[Any], data: bytes) -> None:
        """And whatever does not parse is a DecodeError, nothing else."""
        try:
            value = kind.parse(data)
        except DecodeError:
            return
        assert kind.write(value) == data

    @given(st.sampled_from(KINDS), st.binary(max_size=24))
    def test_annotating_and_parsing_agree_on_what_is_whole(self, kind: Kind[Any], data: bytes) -> None:
        try:
            kind.parse(data)
            whole = True
        except DecodeError:
            whole = False
        try:
            _, stop = spans(kind, data)
        except DecodeError:
            stop = -1
        assert (stop == len(data)) == whole


class TestNumbers:
    @pytest.mark.parametrize("size", [1, 2, 3, 4, 8])
    def test_bounds(self, size: int) -> None:
        kind = uint(size)
        assert kind.write(256**size - 1) == b"\xff" * size
        for value in (-1, 256**size):
            with pytest.raises(ValueError, match=f"{value} does not fit uint{8 * size}"):
                kind.write(value)

    def test_too_few_bytes(self) -> None:
        with pytest.raises(DecodeError, match="4 bytes wanted, 3 left"):
            uint32.parse(b"abc")
        with pytest.raises(DecodeError, match="1 byte wanted, 0 left"):
            uint8.parse(b"")

    @given(st.integers(0, 2**32 - 1))
    def test_big_endian(self, value: int) -> None:
        data = uint32.write(value)
        assert sum(byte << shift for byte, shift in zip(data, (24, 16, 8, 0), strict=True)) == value


class TestFixed:
    @pytest.mark.parametrize("value", [b"", b"ab", b"abcd"])
    def test_another_size_is_not_written(self, value: bytes) -> None:
        with pytest.raises(ValueError, match=f"{len(value)} bytes given, 3 wanted"):
            fixed(3).write(value)

    def test_too_few_bytes(self) -> None:
        with pytest.raises(DecodeError, match="3 bytes wanted, 2 left"):
            fixed(3).parse(b"ab")


class TestForbidden:
    def test_it_can_neither_be_read_nor_written_nor_annotated(self) -> None:
        with pytest.raises(DecodeError, match="not allowed"):
            forbidden.parse(b"")
        with pytest.raises(ValueError, match="not allowed"):
            forbidden.write(None)
        with pytest.raises(DecodeError, match="not allowed"):
            spans(forbidden, b"")


class TestBareKind:
    """What a new construct must bring along: without that, it says so instead of doing something."""

    def test_read_and_write_are_to_be_declared(self) -> None:
        with pytest.raises(NotImplementedError):
            Kind[int]().parse(b"")
        with pytest.raises(NotImplementedError):
            Kind[int]().write(0)


class TestLengths:
    @pytest.mark.parametrize(
        ("ceiling", "width"),
        [(1, 1), (255, 1), (256, 2), (2**16 - 2, 2), (2**16 - 1, 2), (2**16, 3), (2**24 - 1, 3), (2**24, 4)],
    )
    def test_a_length_is_as_wide_as_its_ceiling_needs(self, ceiling: int, width: int) -> None:
        """RFC 5246 section 4.3."""
        assert opaque(0, ceiling).write(b"") == bytes(width)

    @pytest.mark.parametrize("size", [0, 1, 5, 6])
    def test_outside_of_the_bounds_nothing_is_read_or_written(self, size: int) -> None:
        kind = opaque(2, 4)
        with pytest.raises(ValueError, match="2 to 4 allowed"):
            kind.write(bytes(size))
        with pytest.raises(DecodeError, match=rf"length {size} is not in 2\.\.4"):
            kind.parse(bytes([size]) + bytes(size))

    @pytest.mark.parametrize("size", [2, 3, 4])
    def test_at_the_bounds_it_is(self, size: int) -> None:
        assert opaque(2, 4).parse(bytes([size]) + b"abcd"[:size]) == b"abcd"[:size]
        assert opaque(2, 4).write(b"abcd"[:size]) == bytes([size]) + b"abcd"[:size]

    @pytest.mark.parametrize(
        "kind", [opaque(0, 300), vector(uint8, 0, 300), uint16s(0, 300), inside(rest, 0, 300)], ids=type
    )
    def test_faults_of_the_length(self, kind: prefixed[Any]) -> None:
        for read in (kind.parse, lambda data: spans(kind, data)):
            with pytest.raises(DecodeError, match="a length of 2 bytes wanted, 1 left"):
                read(b"\x00")
            with pytest.raises(DecodeError, match="length 4 runs past the end: 3 left"):
                read(b"\x00\x04abc")
            with pytest.raises(DecodeError, match=r"length 301 is not in 0\.\.300"):
                read(b"\x01\x2d" + bytes(301))

    def test_the_length_counts_bytes_and_not_items(self) -> None:
        kind = vector(uint16, 2, 4)
        with pytest.raises(ValueError, match="6 bytes given, 2 to 4 allowed"):
            kind.write((1, 2, 3))
        with pytest.raises(ValueError, match="0 bytes given"):
            kind.write(())

    def test_its_length_is_annotated_before_it(self) -> None:
        assert spans(opaque(0, 255), b"\x02ab")[0] == [Span(("it", "length"), 0, 1), Span(("it",), 1, 3)]
        assert spans(opaque(0, 255), b"\x00")[0] == [Span(("it", "length"), 0, 1)]


class TestVectors:
    def test_a_fault_names_the_item(self) -> None:
        with pytest.raises(DecodeError) as told:
            vector(uint16, 0, 255).parse(b"\x05\x00\x01\x00\x02\x00")
        assert told.value.path == (2,) and "2 bytes wanted, 1 left" in told.value.reason

    def test_a_fault_within_a_nested_item_names_both(self) -> None:
        with pytest.raises(DecodeError) as told:
            vector(vector(uint16, 0, 9), 0, 99).parse(b"\x07\x02\x00\x01\x03\x00\x02\x00")
        assert told.value.path == (1, 1)

    def test_an_item_may_not_look_beyond_the_vector(self) -> None:
        """The bytes that the item wants are there, but belong to what follows."""
        with pytest.raises(DecodeError):
            vector(uint16, 0, 255).read(b"\x01\x00\x01", 0, 3)

    def test_items_are_annotated_by_number(self) -> None:
        found, _ = spans(vector(struct(Point), 0, 255), bytes.fromhex("06 01 0002 03 0004"))
        assert [str(span) for span in found] == [
            "0..1 it.length",
            "1..2 it[0].x",
            "2..4 it[0].y",
            "4..5 it[1].x",
            "5..7 it[1].y",
        ]

    @given(st.lists(st.integers(0, 0xFFFF), max_size=40).map(tuple))
    def test_uint16s_is_vector_of_uint16_and_faster(self, numbers: tuple[int, ...]) -> None:
        slow, quick = vector(uint16, 0, 0xFFFF), uint16s(0, 0xFFFF)
        data = slow.write(numbers)
        assert quick.write(numbers) == data and quick.parse(data) == numbers
        assert spans(quick, data) == spans(slow, data)

    def test_uint16s_of_an_odd_length(self) -> None:
        with pytest.raises(DecodeError, match="length 3 is odd"):
            uint16s(0, 255).parse(b"\x03\x00\x01\x00")
        with pytest.raises(DecodeError):
            spans(uint16s(0, 255), b"\x03\x00\x01\x00")

    @pytest.mark.parametrize("numbers", [(0x10000,), (-1,), (1, "2"), (None,)])
    def test_uint16s_writes_nothing_else(self, numbers: Any) -> None:
        with pytest.raises(ValueError, match="does not fit a list of uint16"):
            uint16s(0, 255).write(numbers)

    def test_inside_holds_one_value_exactly(self) -> None:
        kind = inside(uint16, 0, 255)
        for read in (kind.parse, lambda data: spans(kind, data)):
            with pytest.raises(DecodeError, match="1 byte left over"):
                read(b"\x03\x00\x01\x00")
            with pytest.raises(DecodeError, match="2 bytes wanted, 1 left"):
                read(b"\x01\x00\x01")


class TestSelect:
    def test_the_tag_is_annotated_as_type(self) -> None:
        kind = select(uint8, {1: uint16}, otherwise=rest)
        assert spans(kind, b"\x01\x00\x02")[0] == [Span(("it", "type"), 0, 1), Span(("it",), 1, 3)]
        assert spans(kind, b"\x02")[0] == [Span(("it", "type"), 0, 1)]

    def test_a_forbidden_tag(self) -> None:
        with pytest.raises(DecodeError, match="not allowed"):
            Choice.parse(b"\x09")
        with pytest.raises(ValueError, match="not allowed"):
            Choice((9, None)).write()

    def test_no_tag(self) -> None:
        with pytest.raises(DecodeError, match="1 byte wanted, 0 left") as told:
            Choice.parse(b"")
        assert told.value.path == ("Choice", "what")

    def test_a_body_of_another_case_is_not_written(self) -> None:
        with pytest.raises(ValueError, match=r"Choice\.what: .*does not fit uint16"):
            Choice((1, 0x10000)).write()


class TestPaths:
    """Who reads an error must find the field: by type, name and index, from the outside in."""

    @pytest.mark.parametrize(
        ("told", "path", "reason"),
        [
            ("", "Letter.serial", "3 bytes wanted, 0 left"),
            ("000001 61", "Letter.stamp", "2 bytes wanted, 1 left"),
            ("000001 6162 0000", "Letter.body", "length 0 is not in 1..300"),
            ("000001 6162 0001 63", "Letter.places", "a length of 1 byte wanted, 0 left"),
            ("000001 6162 0001 63 04 01 0002 03", "Letter.places[1].y", "2 bytes wanted, 0 left"),
            ("000001 6162 0001 63 00 03 000102", "Letter.notes", "length 3 is odd"),
            ("000001 6162 0001 63 00 02 0001 ff", "Letter", "1 byte left over after the last field"),
        ],
    )
    def test_of_a_struct(self, told: str, path: str, reason: str) -> None:
        with pytest.raises(DecodeError) as raised:
            Letter.parse(bytes.fromhex(told))
        assert str(raised.value).startswith(path + ": ") and reason in str(raised.value)

    def test_of_a_struct_in_a_struct(self) -> None:
        with pytest.raises(DecodeError) as raised:
            Sealed.parse(bytes.fromhex("000b 000001 6162 0001 63 02 0102"))
        assert raised.value.path == ("Sealed", "inner", "places", 0, "y")
        with pytest.raises(DecodeError, match="1 byte left over") as raised:
            Boxed.parse(bytes.fromhex("04 01 0002 03"))
        assert raised.value.path == ("Boxed", "inner")

    @pytest.mark.parametrize(
        ("letter", "told"),
        [
            (Letter(1 << 24, b"ab", b"c", ()), "Letter.serial: 16777216 does not fit uint24"),
            (Letter(1, b"abc", b"c", ()), "Letter.stamp: 3 bytes given, 2 wanted"),
            (Letter(1, b"ab", b"", ()), "Letter.body: 0 bytes given, 1 to 300 allowed"),
            (Letter(1, b"ab", b"c", (Point(256, 0),)), "Letter.places: Point.x: 256 does not fit uint8"),
            (Letter(1, b"ab", b"c", (), (1 << 16,)), "Letter.notes: (65536,) does not fit a list of uint16"),
            (Letter("one", b"ab", b"c", ()), "Letter.serial: "),  # type: ignore[arg-type]  # The fault that is tested.
            (Letter(1, b"ab", b"c", (7,)), "Letter.places: "),  # type: ignore[arg-type]  # The fault that is tested.
        ],
    )
    def test_of_what_cannot_be_written(self, letter: Letter, told: str) -> None:
        with pytest.raises(ValueError) as raised:
            letter.write()
        assert str(raised.value).startswith(told)

    def test_of_spans(self) -> None:
        letter = Letter(1, b"ab", b"c", (Point(1, 2),), (7,))
        found, _ = spans(struct(Letter), letter.write())
        assert [str(span) for span in found] == [
            "0..3 it.serial",
            "3..5 it.stamp",
            "5..7 it.body.length",
            "7..8 it.body",
            "8..9 it.places.length",
            "9..10 it.places[0].x",
            "10..12 it.places[0].y",
            "12..13 it.notes.length",
            "13..15 it.notes[0]",
        ]


class TestStruct:
    def test_fields_in_wire_order_by_place_or_name(self) -> None:
        assert Point(1, 2) == Point(x=1, y=2) == Point(1, y=2) == Point(y=2, x=1)
        assert (Point(1, 2).x, Point(1, 2).y) == (1, 2)

    @pytest.mark.parametrize(
        ("args", "named", "told"),
        [
            ((), {}, "Point.x is missing"),
            ((1,), {}, "Point.y is missing"),
            ((), {"y": 1}, "Point.x is missing"),
            ((1, 2, 3), {}, "Point takes 2 fields, 3 given"),
            ((1, 2), {"y": 3}, "Point.y is given twice"),
            ((1, 2), {"z": 3}, "Point.z is unknown"),
        ],
    )
    def test_wrong_fields(self, args: tuple[int, ...], named: dict[str, int], told: str) -> None:
        with pytest.raises(TypeError) as raised:
            Point(*args, **named)
        assert str(raised.value) == told

    def test_a_default_stands_in(self) -> None:
        letter = Letter(1, b"ab", b"c", ())
        assert letter.notes is None and letter == Letter(1, b"ab", b"c", (), None) != Letter(1, b"ab", b"c", (), ())

    def test_a_required_field_is_no_attribute_of_the_class(self) -> None:
        """What `wire()` leaves in the class body is collected, and does not shine through as a value."""
        assert not hasattr(Point, "x") and not hasattr(Letter, "notes")

    def test_fields_of_a_subclass_follow_those_of_its_base(self) -> None:
        class Solid(Point):
            z: int = wire(uint8, default=9)

        assert Solid(1, 2).write() == bytes.fromhex("01 0002 09")
        assert Solid.parse(bytes.fromhex("01 0002 03")) == Solid(1, 2, 3)
        assert Point(1, 2).write() == bytes.fromhex("01 0002"), "the base has changed"

    @given(structs(Letter))
    def test_immutable(self, letter: Letter) -> None:
        before = letter.write()
        for name in ("serial", "anything"):
            with pytest.raises(AttributeError, match="Letter is immutable"):
                setattr(letter, name, 1)
            with pytest.raises(AttributeError, match="Letter is immutable"):
                delattr(letter, name)
        assert letter.write() == before

    @given(structs(Letter), structs(Letter))
    def test_equal_exactly_if_written_alike(self, one: Letter, other: Letter) -> None:
        assert (one == other) == (one.write() == other.write())
        twin = Letter.parse(one.write())
        assert twin == one and hash(twin) == hash(one) and {one: 1}[twin] == 1

    def test_another_type_with_the_same_fields_is_not_equal(self) -> None:
        class Pixel(Struct):
            x: int = wire(uint8)
            y: int = wire(uint16)

        assert Point(1, 2) != Pixel(1, 2) and Point(1, 2) != (1, 2)
        assert len({Point(1, 2), Pixel(1, 2)}) == 2

    def test_repr_can_be_read_and_evaluated(self) -> None:
        letter = Letter(1, b"ab", b"c", (Point(1, 2),))
        assert repr(letter) == "Letter(serial=1, stamp=b'ab', body=b'c', places=(Point(x=1, y=2),), notes=None)"
        assert eval(repr(letter)) == letter and repr(Empty()) == "Empty()"

    def test_read_leaves_what_follows(self) -> None:
        assert Point.read(bytes.fromhex("ff 01 0002 ff"), 1, 5) == (Point(1, 2), 4)
