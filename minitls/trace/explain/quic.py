"""QUIC's transport parameters, which travel in an extension of TLS, and its way of writing numbers (RFC 9000)."""

from __future__ import annotations

from typing import Any

from ...errors import DecodeError
from ...wire.grammar import Kind, Path, Span, Struct, Walk, struct, wire


class repeated(Kind[tuple[Any, ...]]):
    """Items up to the end, without a length before them."""

    def __init__(self, item: Kind[Any]) -> None:
        self.item = item

    def read(self, data: bytes, at: int, end: int) -> tuple[tuple[Any, ...], int]:
        items = []
        while at < end:
            item, at = self.item.read(data, at, end)
            items.append(item)
        return tuple(items), end

    def write(self, value: tuple[Any, ...]) -> bytes:
        return b"".join(self.item.write(item) for item in value)

    def annotate(self, data: bytes, at: int, end: int, path: Path) -> Walk:
        index = 0
        while at < end:
            at = yield from self.item.annotate(data, at, end, (*path, index))
            index += 1
        return end


class varint(Kind[int]):
    """RFC 9000 section 16: the first two bits say whether the number takes 1, 2, 4 or 8 bytes."""

    def read(self, data: bytes, at: int, end: int) -> tuple[int, int]:
        stop = at + (1 << (data[at] >> 6)) if at < end else end + 1
        if stop > end:
            raise DecodeError(f"a number of variable length wanted, {end - at} left")
        size = stop - at
        return int.from_bytes(data[at:stop], "big") & (1 << 8 * size - 2) - 1, stop

    def write(self, value: int) -> bytes:
        for power in range(4):
            bits = (8 << power) - 2
            if 0 <= value < 1 << bits:
                return (power << bits | value).to_bytes(1 << power, "big")
        raise ValueError(f"{value} does not fit a number of variable length")


class QUICParameterValue(Kind[bytes]):
    """Bytes behind their length, which is a number of variable length."""

    def read(self, data: bytes, at: int, end: int) -> tuple[bytes, int]:
        size, at = varint().read(data, at, end)
        if size > end - at:
            raise DecodeError(f"length {size} runs past the end: {end - at} left")
        return data[at : at + size], at + size

    def write(self, value: bytes) -> bytes:
        return varint().write(len(value)) + value

    def annotate(self, data: bytes, at: int, end: int, path: Path) -> Walk:
        _, stop = self.read(data, at, end)
        _, start = varint().read(data, at, end)
        yield Span((*path, "length"), at, start)
        if start < stop:
            yield Span(path, start, stop)
        return stop


class QUICTransportParameter(Struct):
    """RFC 9000 section 18."""

    id: int = wire(varint())
    value: bytes = wire(QUICParameterValue())


class QUICTransportParameters(Struct):
    """RFC 9000 section 18."""

    parameters: tuple[Any, ...] = wire(repeated(struct(QUICTransportParameter)))
