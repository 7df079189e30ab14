"""The compiled readers and writers: the functions that the docstring shows, and never another answer than the walk's.

What a struct reads and writes, and which words an error has, `test_grammar.py` and `test_messages.py` say by hand: they
run the compiled functions. Here those are held against the walk field by field, which calls no compiled function of
the struct itself, on any bytes and any values.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minitls.errors import DecodeError
from minitls.handshake.session import Session
from minitls.wire import compiler
from minitls.wire.compiler import Reader
from minitls.wire.extensions import CLIENT_HELLO_EXTENSIONS, REMEMBERED_UP_TO, SERVER_HELLO_EXTENSIONS, UnknownExtension
from minitls.wire.grammar import (
    Struct,
    fixed,
    inside,
    opaque,
    optional,
    rest,
    struct,
    uint,
    uint8,
    uint16,
    vector,
    wire,
)
from minitls.wire.messages import CertificateVerify, ClientHello
from tests.wire import strategies
from tests.wire.strategies import damaged, structs


class Corner(Struct):
    """What no message has: numbers of every size, items of every kind, names that the functions have for themselves."""

    at: int = wire(uint(3))
    data: bytes = wire(opaque(2, 2**24 - 1))
    end: int = wire(uint(5))
    start: int = wire(uint(8))
    value: tuple[int, ...] = wire(vector(uint16, 0, 40))
    cls: tuple[int, ...] = wire(vector(uint8, 1, 2**24 - 1))
    unpack_from: tuple[int, ...] = wire(vector(uint(3), 0, 20))
    wrong: bytes = wire(inside(fixed(3), 3, 9))
    self_: CertificateVerify = wire(inside(struct(CertificateVerify), 0, 0xFFFF))
    new: bytes | None = wire(optional(opaque(0, 300)), default=None)


class Tail(Struct):
    body: bytes = wire(rest)


STRUCTS: tuple[type[Struct], ...] = (
    *(cls for _, cls in strategies.MESSAGES),
    *CLIENT_HELLO_EXTENSIONS.values(),
    *SERVER_HELLO_EXTENSIONS.values(),
    Session,
    Corner,
    Tail,
)
#: Values that few fields can hold.
STRANGE = (-1, 2**64, 7, 1.5, "text", None, (), (1, "x"), ("x",), b"", bytes(70000), object())


def outcome(call: Callable[..., Any], *arguments: Any) -> Any:
    """What comes of it: the value, or the error in words."""
    try:
        return call(*arguments)
    except (DecodeError, ValueError) as wrong:
        return f"{type(wrong).__name__}: {wrong}"


@st.composite
def bytes_of(draw: st.DrawFn) -> tuple[type[Struct], bytes, int]:
    """A struct, bytes that are close to a value of it, and where in a longer string of bytes they begin."""
    cls = draw(st.sampled_from(STRUCTS))
    data = draw(structs(cls)).write()
    return cls, draw(st.just(data) | damaged(data) | st.binary(max_size=80)), draw(st.integers(0, 3))


@given(bytes_of())
def test_a_compiled_reader_gives_what_the_walk_gives(given_bytes: tuple[type[Struct], bytes, int]) -> None:
    cls, data, at = given_bytes
    longer, end = bytes(at) + data + b"beyond", at + len(data)
    assert outcome(cls.read, longer, at, end) == outcome(cls._read_in_words, longer, at, end)


@given(st.sampled_from(STRUCTS).flatmap(structs))
def test_a_compiled_writer_gives_what_the_walk_gives(value: Struct) -> None:
    assert value.write() == value._write_in_words()


def test_numbers_and_lengths_that_struct_has_no_letter_for() -> None:
    proof = CertificateVerify(algorithm=0x0401, signature=b"s")
    corner = Corner(0x010203, b"ab", 5, 6, (1, 2), (7,), (0x040506,), b"xyz", proof, None)
    data = bytes.fromhex(
        "010203 000002 6162 0000000005 0000000000000006 04 0001 0002 000001 07 03 040506 03 78797a 0005 0401 0001 73"
    )
    assert corner.write() == data and Corner.parse(data) == corner


@given(st.data())
def test_of_values_that_do_not_fit_it_says_the_same(data: st.DataObject) -> None:
    value = data.draw(st.sampled_from([cls for cls in STRUCTS if cls.struct_fields]).flatmap(structs))
    name = data.draw(st.sampled_from([name for name, _ in value.struct_fields]))
    strange = data.draw(
        st.sampled_from([-1, 2**64, 1.5, "text", None, (), (1, "x"), ("x",), b"", bytes(70000), object()])
    )
    changed = type(value)(**{**vars(value), name: strange})
    assert outcome(changed.write) == outcome(changed._write_in_words)


def test_the_function_is_the_one_that_the_docstring_shows() -> None:
    shown = (compiler.__doc__ or "").partition("    def read")[2].partition("\n\n")[0]
    lines = [line.removeprefix("    ") for line in f"def read{shown}".split("\n")]
    assert CertificateVerify.reader().source == "\n".join(lines) + "\n"


def test_it_is_made_once_and_stands_for_a_file_in_tracebacks() -> None:
    assert Tail.parse(b"x") == Tail(b"x")
    made = Tail.read
    assert made.__code__.co_filename == "<Tail.read>"
    Tail.parse(b"y")
    assert Tail.read is made


def test_two_objects_of_one_name_are_told_apart() -> None:
    code = Reader("a test", in_words=len)
    assert [code.name("pick", 1), code.name("pick", 2), code.name("pick", 1)] == ["pick", "pick_", "pick"]


@pytest.mark.parametrize("size", [0, 3, REMEMBERED_UP_TO - 4, REMEMBERED_UP_TO - 3, 0xFFF0])
def test_equal_extension_bytes_are_one_value_unless_they_are_long(size: int) -> None:
    hello = ClientHello(0x0303, bytes(32), b"", (1,), (0,), (UnknownExtension(0xABCD, bytes(size)),)).encode()
    (one,), (other,) = (ClientHello.decode(hello).extensions or () for _ in range(2))
    assert one == other and (one is other) == (size + 4 <= REMEMBERED_UP_TO)
