"""The TLS presentation language (RFC 5246 section 4) as Python values.

    RFC                                      here
    uint16 group;                            group: int = wire(uint16)
    opaque random[32];                       random: bytes = wire(fixed(32))
    opaque session_id<0..32>;                session_id: bytes = wire(opaque(0, 32))
    CipherSuite cipher_suites<2..2^16-2>;    cipher_suites: tuple[int, ...] = wire(vector(uint16, 2, 2**16 - 2))
    select (type) { case ... };              select(uint8, {0: host_name}, otherwise=rest)

One declaration is documentation, reader, writer and annotator. Three rules keep the reader honest:

* Reading is total: every length is closed, nothing may be left over, so no proper prefix of a value is a value.
* Writing is the inverse: what parses re-encodes to the same bytes. A value that does not fit is a ValueError
  that names the field, since only our own side can have built it.
* Annotating is a second walk over the bytes. The reader holds no tracing code.

A struct is read and written by functions that `compiler.py` makes of its declaration when it is first used; each kind
below says how it reads, how it writes, and how it does so in such a function.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from struct import error as PackError
from struct import pack, unpack_from
from typing import Any, ClassVar, Generic, NamedTuple, Self, TypeVar, cast, dataclass_transform

from ..errors import DecodeError, dotted
from .compiler import FORMATS, Reader, Writer

Path = tuple[str | int, ...]
T = TypeVar("T")


class Span(NamedTuple):
    """One field where it stands: bytes `start` to `end` (exclusive) hold what `path` names."""

    path: Path
    start: int
    end: int

    def __str__(self) -> str:
        return f"{self.start}..{self.end} {dotted(self.path)}"


Walk = Generator[Span, None, int]


class Kind(Generic[T]):
    """A type of the presentation language. `read` and `annotate` never look at or past `end`."""

    def read(self, data: bytes, at: int, end: int) -> tuple[T, int]:
        """The value that starts at `at` and the offset just after it; DecodeError if it is not there."""
        raise NotImplementedError

    def write(self, value: T) -> bytes:
        """The bytes of `value`; ValueError if it does not fit the type."""
        raise NotImplementedError

    def annotate(self, data: bytes, at: int, end: int, path: Path) -> Walk:
        """Yield a Span for every field, in order and without gaps; return where the value ended."""
        _, stop = self.read(data, at, end)
        yield Span(path, at, stop)
        return stop

    def compile_read(self, code: Reader, target: str) -> None:
        """Have the reader of a struct read a value of this kind into the variable `target`."""
        code.call(self.read, target)

    def compile_write(self, code: Writer, value: str) -> None:
        """Have the writer of a struct write the value of this kind in the variable `value`."""
        code.call(self.write, value)

    def parse(self, data: bytes) -> T:
        """Exactly one value and nothing after it."""
        value, stop = self.read(data, 0, len(data))
        if stop != len(data):
            raise DecodeError(f"{_bytes(len(data) - stop)} left over after the last field")
        return value


def _bytes(count: int) -> str:
    return f"{count} byte" if count == 1 else f"{count} bytes"


class uint(Kind[int]):
    """An unsigned big-endian number of 1 to 4 bytes (section 4.4)."""

    def __init__(self, size: int) -> None:
        self.size = size

    def read(self, data: bytes, at: int, end: int) -> tuple[int, int]:
        stop = at + self.size
        if stop > end:
            raise DecodeError(f"{_bytes(self.size)} wanted, {end - at} left")
        return int.from_bytes(data[at:stop], "big"), stop

    def write(self, value: int) -> bytes:
        if not 0 <= value < 1 << 8 * self.size:
            raise ValueError(f"{value} does not fit uint{8 * self.size}")
        return value.to_bytes(self.size, "big")

    def compile_read(self, code: Reader, target: str) -> None:
        if self.size == 3 or self.size in FORMATS:
            code.number(self.size, target)
        else:
            super().compile_read(code, target)

    def compile_write(self, code: Writer, value: str) -> None:
        if self.size in FORMATS:
            code.number(self.size, value)
        else:
            super().compile_write(code, value)


uint8, uint16, uint24, uint32 = uint(1), uint(2), uint(3), uint(4)


class fixed(Kind[bytes]):
    """``opaque name[size]``: exactly `size` bytes."""

    def __init__(self, size: int) -> None:
        self.size = size

    def read(self, data: bytes, at: int, end: int) -> tuple[bytes, int]:
        stop = at + self.size
        if stop > end:
            raise DecodeError(f"{_bytes(self.size)} wanted, {end - at} left")
        return data[at:stop], stop

    def write(self, value: bytes) -> bytes:
        if len(value) != self.size:
            raise ValueError(f"{_bytes(len(value))} given, {self.size} wanted")
        return value

    def compile_read(self, code: Reader, target: str) -> None:
        code.octets(self.size, target)

    def compile_write(self, code: Writer, value: str) -> None:
        code.doubt(f"len({value}) != {self.size}")
        code.octets(value)


class _Rest(Kind[bytes]):
    """Whatever is left: a body whose length is told by what encloses it."""

    def read(self, data: bytes, at: int, end: int) -> tuple[bytes, int]:
        return data[at:end], end

    def write(self, value: bytes) -> bytes:
        return value

    def annotate(self, data: bytes, at: int, end: int, path: Path) -> Walk:
        if at < end:
            yield Span(path, at, end)
        return end

    def compile_read(self, code: Reader, target: str) -> None:
        code.settle()
        code.line(f"{target} = data[at:{code.end}]; at = {code.end}")

    def compile_write(self, code: Writer, value: str) -> None:
        code.octets(value)


rest = _Rest()


class _Forbidden(Kind[Any]):
    """The case of a `select` that may not occur: the tag itself is the fault."""

    def read(self, data: bytes, at: int, end: int) -> tuple[Any, int]:
        raise DecodeError("a value of this type is not allowed here")

    def write(self, value: Any) -> bytes:
        raise ValueError("a value of this type is not allowed here")


forbidden = _Forbidden()


class prefixed(Kind[T]):
    """``<floor..ceiling>``: a length just wide enough for `ceiling`, then that many bytes (section 4.3)."""

    def __init__(self, floor: int, ceiling: int) -> None:
        self.floor, self.ceiling = floor, ceiling
        self.width = (ceiling.bit_length() + 7) // 8

    def bounds(self, data: bytes, at: int, end: int) -> tuple[int, int]:
        """Where the content starts and ends."""
        start = at + self.width
        if start > end:
            raise DecodeError(f"a length of {_bytes(self.width)} wanted, {end - at} left")
        length = int.from_bytes(data[at:start], "big")
        if not self.floor <= length <= self.ceiling:
            raise DecodeError(f"length {length} is not in {self.floor}..{self.ceiling}")
        stop = start + length
        if stop > end:
            raise DecodeError(f"length {length} runs past the end: {end - start} left")
        return start, stop

    def frame(self, body: bytes) -> bytes:
        if not self.floor <= len(body) <= self.ceiling:
            raise ValueError(f"{_bytes(len(body))} given, {self.floor} to {self.ceiling} allowed")
        return len(body).to_bytes(self.width, "big") + body

    def compile_bounds(self, code: Reader, target: str) -> str:
        """Have the length read, behind which `at` then stands; the name of the offset where the content ends."""
        length, stop = f"{target}_length", f"{target}_end"
        code.number(self.width, length)
        code.settle()
        code.line(f"{stop} = at + {length}")
        code.doubt(" or ".join((f"{stop} > {code.end}", *self._misfits(length))))
        return stop

    def compile_framed(self, code: Writer, body: str) -> None:
        """Have the bytes in the variable `body` written behind their length."""
        for misfit in self._misfits(f"len({body})"):
            code.doubt(misfit)
        code.number(self.width, f"len({body})")
        code.octets(body)

    def _misfits(self, length: str) -> list[str]:
        """What a length may not be, where its width does not say so already."""
        floor = [f"{length} < {self.floor}"] if self.floor else []
        return floor + ([f"{length} > {self.ceiling}"] if self.ceiling < 256**self.width - 1 else [])


class opaque(prefixed[bytes]):
    """``opaque name<floor..ceiling>``: bytes behind their length."""

    def read(self, data: bytes, at: int, end: int) -> tuple[bytes, int]:
        start, stop = self.bounds(data, at, end)
        return data[start:stop], stop

    def write(self, value: bytes) -> bytes:
        return self.frame(value)

    def annotate(self, data: bytes, at: int, end: int, path: Path) -> Walk:
        start, stop = self.bounds(data, at, end)
        yield Span((*path, "length"), at, start)
        if start < stop:
            yield Span(path, start, stop)
        return stop

    def compile_read(self, code: Reader, target: str) -> None:
        stop = self.compile_bounds(code, target)
        code.line(f"{target} = data[at:{stop}]; at = {stop}")

    def compile_write(self, code: Writer, value: str) -> None:
        if self.width not in FORMATS:
            return super().compile_write(code, value)
        return self.compile_framed(code, value)


class vector(prefixed[tuple[T, ...]]):
    """``Item name<floor..ceiling>``: items behind the length *in bytes* of them all."""

    def __init__(self, item: Kind[T], floor: int, ceiling: int) -> None:
        super().__init__(floor, ceiling)
        self.item = item

    def read(self, data: bytes, at: int, end: int) -> tuple[tuple[T, ...], int]:
        at, stop = self.bounds(data, at, end)
        items: list[T] = []
        read = self.item.read
        try:
            while at < stop:
                value, at = read(data, at, stop)
                items.append(value)
        except DecodeError as wrong:
            raise wrong.within(len(items)) from None
        return tuple(items), stop

    def write(self, value: tuple[T, ...]) -> bytes:
        return self.frame(b"".join(map(self.item.write, value)))

    def annotate(self, data: bytes, at: int, end: int, path: Path) -> Walk:
        start, stop = self.bounds(data, at, end)
        yield Span((*path, "length"), at, start)
        index = 0
        while start < stop:
            start = yield from self.item.annotate(data, start, stop, (*path, index))
            index += 1
        return stop

    def compile_read(self, code: Reader, target: str) -> None:
        stop, item = self.compile_bounds(code, target), f"{target}_item"
        if self.item is uint8:
            code.line(f"{target} = tuple(data[at:{stop}]); at = {stop}")
            return
        code.line(f"{target} = []")
        with code.block(f"while at < {stop}:"), code.until(stop), code.inside(f"len({target})"):
            self.item.compile_read(code, item)
            code.settle()
            code.line(f"{target}.append({item})")
        code.line(f"{target} = tuple({target})")

    def compile_write(self, code: Writer, value: str) -> None:
        if self.width not in FORMATS:
            return super().compile_write(code, value)
        body = f"{value}_body"
        if self.item is uint8:
            code.line(f"{body} = bytes((*{value},))")
        else:
            code.line(f"{body} = b''.join(map({code.name(f'write_{value}', self.item.write)}, {value}))")
        return self.compile_framed(code, body)


class uint16s(vector[int]):
    """``vector(uint16, ...)`` read in one step: hellos carry lists of hundreds of numbers."""

    def __init__(self, floor: int, ceiling: int) -> None:
        super().__init__(uint16, floor, ceiling)

    def read(self, data: bytes, at: int, end: int) -> tuple[tuple[int, ...], int]:
        start, stop = self.bounds(data, at, end)
        if (stop - start) % 2:
            raise DecodeError(f"length {stop - start} is odd, but each item takes two bytes")
        return unpack_from(f"!{(stop - start) // 2}H", data, start), stop

    def compile_read(self, code: Reader, target: str) -> None:
        stop, unpack = self.compile_bounds(code, target), code.name("unpack_from", unpack_from)
        code.doubt(f"{target}_length & 1")
        code.line(f'{target} = {unpack}(f"!{{{target}_length >> 1}}H", data, at); at = {stop}')

    def compile_write(self, code: Writer, value: str) -> None:
        body = f"{value}_body"
        code.line(f'{body} = {code.name("pack", pack)}(f"!{{len({value})}}H", *{value})')
        self.compile_framed(code, body)

    def write(self, value: tuple[int, ...]) -> bytes:
        try:
            return self.frame(pack(f"!{len(value)}H", *value))
        except PackError:
            raise ValueError(f"{value} does not fit a list of uint16") from None


class inside(prefixed[T]):
    """A length-prefixed block that holds exactly one value of `kind`."""

    def __init__(self, kind: Kind[T], floor: int, ceiling: int) -> None:
        super().__init__(floor, ceiling)
        self.kind = kind

    def read(self, data: bytes, at: int, end: int) -> tuple[T, int]:
        start, stop = self.bounds(data, at, end)
        value, at = self.kind.read(data, start, stop)
        if at != stop:
            raise DecodeError(f"{_bytes(stop - at)} left over after the last field")
        return value, stop

    def write(self, value: T) -> bytes:
        return self.frame(self.kind.write(value))

    def annotate(self, data: bytes, at: int, end: int, path: Path) -> Walk:
        start, stop = self.bounds(data, at, end)
        yield Span((*path, "length"), at, start)
        at = yield from self.kind.annotate(data, start, stop, path)
        if at != stop:
            raise DecodeError(f"{_bytes(stop - at)} left over after the last field")
        return stop

    def compile_read(self, code: Reader, target: str) -> None:
        stop = self.compile_bounds(code, target)
        with code.until(stop):
            self.kind.compile_read(code, target)
            code.settle()
        code.doubt(f"at != {stop}")


class optional(Kind[T | None]):
    """Present only if bytes are left, as the extensions of a hello are. Absent is None and differs from empty."""

    def __init__(self, kind: Kind[T]) -> None:
        self.kind = kind

    def read(self, data: bytes, at: int, end: int) -> tuple[T | None, int]:
        return self.kind.read(data, at, end) if at < end else (None, at)

    def write(self, value: T | None) -> bytes:
        return b"" if value is None else self.kind.write(value)

    def annotate(self, data: bytes, at: int, end: int, path: Path) -> Walk:
        return (yield from self.kind.annotate(data, at, end, path)) if at < end else at

    def compile_read(self, code: Reader, target: str) -> None:
        code.settle()
        with code.block(f"if at < {code.end}:"):
            self.kind.compile_read(code, target)
            code.settle()
        with code.block("else:"):
            code.line(f"{target} = None")


class Field:
    """What `wire()` leaves in a class body for `Struct` to collect."""

    __slots__ = ("default", "kind", "required")

    def __init__(self, kind: Kind[Any], default: Any, required: bool) -> None:
        self.kind, self.default, self.required = kind, default, required


_REQUIRED: Any = object()


def wire(kind: Kind[T], *, default: T = _REQUIRED) -> T:
    """Declare a field of a Struct by its wire form. (It is typed as the value that the field will hold.)"""
    return cast(T, Field(kind, default, default is _REQUIRED))


@dataclass_transform(frozen_default=True, field_specifiers=(wire,))
class Struct:
    """``struct { ... }``: a subclass declares its fields with `wire()`, in wire order and with the RFC's names.

    Instances are immutable values, compared by type and fields. A plain class with one shared constructor is
    used instead of `dataclass` because the latter compiles six functions for each of forty messages at import.
    """

    struct_fields: ClassVar[tuple[tuple[str, Kind[Any]], ...]] = ()
    _names: ClassVar[frozenset[str]] = frozenset()
    _defaults: ClassVar[dict[str, Any]] = {}

    def __init_subclass__(cls) -> None:
        own = [(name, value) for name, value in vars(cls).items() if isinstance(value, Field)]
        cls.struct_fields = (*cls.struct_fields, *((name, field.kind) for name, field in own))
        cls._names = frozenset(name for name, _ in cls.struct_fields)
        cls._defaults = {**cls._defaults, **{n: field.default for n, field in own if not field.required}}
        for name, _ in own:
            delattr(cls, name)
        # Not what was compiled for a base.
        for verb in {"read", "write"} - vars(cls).keys():
            setattr(cls, verb, vars(Struct)[verb])

    def __init__(self, *args: Any, **given: Any) -> None:
        if args or given.keys() != self._names:
            given = self._completed(args, given)
        self.__dict__.update(given)

    def _completed(self, args: tuple[Any, ...], given: dict[str, Any]) -> dict[str, Any]:
        """Every field by name: from positional and named arguments, then from the defaults."""
        names = [name for name, _ in self.struct_fields]
        if len(args) == len(names) and not given:
            return dict(zip(names, args, strict=True))
        if len(args) > len(names):
            raise TypeError(f"{type(self).__name__} takes {len(names)} fields, {len(args)} given")
        placed = dict(zip(names, args, strict=False))
        for name in given:
            if name in placed or name not in self._names:
                raise TypeError(f"{type(self).__name__}.{name} is {'given twice' if name in placed else 'unknown'}")
        values = {**self._defaults, **placed, **given}
        for name in names:
            if name not in values:
                raise TypeError(f"{type(self).__name__}.{name} is missing")
        return values

    @classmethod
    def read(cls, data: bytes, at: int, end: int) -> tuple[Self, int]:
        """The value that starts at `at` and the offset just after it; DecodeError names the field that is wrong.

        The first call leaves the compiled reader in its place.
        """
        setattr(cls, "read", staticmethod(cls.reader().made()))  # noqa: B010 - mypy allows no assignment to a method.
        return cls.read(data, at, end)

    @classmethod
    def reader(cls) -> Reader:
        """The reader as it is compiled; its `source` can be read."""
        code = Reader(f"{cls.__name__}.read", cls._read_in_words)
        names = [name for name, _ in cls.struct_fields]
        variables = dict(zip(names, map(code.variable, names), strict=True))
        for name, kind in cls.struct_fields:
            with code.inside(repr(name)):
                kind.compile_read(code, variables[name])
        code.settle()
        code.line(f"value = {code.name('new', cls.__new__)}({code.name('cls', cls)})")
        code.line(f"value.__dict__.update({', '.join(f'{name}={variables[name]}' for name in names)})")
        code.line("return value, at")
        return code

    @classmethod
    def _read_in_words(cls, data: bytes, at: int, end: int) -> tuple[Self, int]:
        """The same field by field, where the words for an error are."""
        values = {}
        name = ""
        try:
            for name, kind in cls.struct_fields:
                values[name], at = kind.read(data, at, end)
        except DecodeError as wrong:
            raise wrong.within(name) from None
        return cls(**values), at

    @classmethod
    def parse(cls, data: bytes, at: int = 0) -> Self:
        """Exactly one value from `at` on, and nothing after it; DecodeError names the field path otherwise."""
        try:
            value, stop = cls.read(data, at, len(data))
            if stop != len(data):
                raise DecodeError(f"{_bytes(len(data) - stop)} left over after the last field")
        except DecodeError as wrong:
            raise wrong.within(cls.__name__) from None
        return value

    def write(self) -> bytes:
        """The bytes of this value; ValueError names the field that does not fit. Compiled as `read` is."""
        cls = type(self)
        setattr(cls, "write", cls.writer().made())  # noqa: B010 - mypy allows no assignment to a method.
        return cls.write(self)

    @classmethod
    def writer(cls) -> Writer:
        """The writer as it is compiled; its `source` can be read."""
        code = Writer(f"{cls.__name__}.write", cls._write_in_words)
        for name, kind in cls.struct_fields:
            variable = code.variable(name)
            code.line(f"{variable} = self.{name}")
            kind.compile_write(code, variable)
        code.close()
        return code

    def _write_in_words(self) -> bytes:
        data = b""
        for name, kind in self.struct_fields:
            try:
                data += kind.write(getattr(self, name))
            except (ValueError, TypeError, AttributeError) as wrong:
                raise ValueError(f"{type(self).__name__}.{name}: {wrong}") from None
        return data

    @classmethod
    def annotate(cls, data: bytes, at: int, end: int, path: Path) -> Walk:
        for name, kind in cls.struct_fields:
            at = yield from kind.annotate(data, at, end, (*path, name))
        return at

    def __setattr__(self, name: str, value: object = None) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable")

    __delattr__ = cast(Any, __setattr__)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.__dict__ == self.__dict__

    def __hash__(self) -> int:
        return hash((type(self), *(self.__dict__[name] for name, _ in self.struct_fields)))

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={getattr(self, name)!r}" for name, _ in self.struct_fields)
        return f"{type(self).__name__}({fields})"


S = TypeVar("S", bound=Struct)


class struct(Kind[S]):
    """A Struct as the kind of a field or of the items of a vector."""

    def __init__(self, cls: type[S]) -> None:
        self.cls = cls

    def read(self, data: bytes, at: int, end: int) -> tuple[S, int]:
        return self.cls.read(data, at, end)

    def write(self, value: S) -> bytes:
        return value.write()

    def annotate(self, data: bytes, at: int, end: int, path: Path) -> Walk:
        return self.cls.annotate(data, at, end, path)


class select(Kind[tuple[int, Any]]):
    """A tag, then a body whose kind the tag selects (section 4.6.1); the value is (tag, body)."""

    def __init__(self, tag: uint, cases: Mapping[int, Kind[Any]], otherwise: Kind[Any]) -> None:
        self.tag, self.cases, self.otherwise = tag, cases, otherwise

    def read(self, data: bytes, at: int, end: int) -> tuple[tuple[int, Any], int]:
        tag, at = self.tag.read(data, at, end)
        value, at = self.cases.get(tag, self.otherwise).read(data, at, end)
        return (tag, value), at

    def write(self, value: tuple[int, Any]) -> bytes:
        tag, body = value
        return self.tag.write(tag) + self.cases.get(tag, self.otherwise).write(body)

    def annotate(self, data: bytes, at: int, end: int, path: Path) -> Walk:
        tag, after = self.tag.read(data, at, end)
        yield Span((*path, "type"), at, after)
        return (yield from self.cases.get(tag, self.otherwise).annotate(data, after, end, path))
