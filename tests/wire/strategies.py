"""Hypothesis strategies drawn from the declarations of minitls.wire: a new message is covered the day it is declared.

`values(kind)` gives every value that a kind of the presentation language can hold. Collections stay short, so that a
test may cut a message at each of its bytes; the far ends of the ranges have examples of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from minitls.wire import key_exchange_messages
from minitls.wire.extensions import Extension, UnknownExtension, _ExtensionKind
from minitls.wire.grammar import (
    Kind,
    Struct,
    fixed,
    forbidden,
    inside,
    opaque,
    optional,
    rest,
    select,
    struct,
    uint,
    uint16s,
    vector,
)
from minitls.wire.messages import HandshakeMessage, KeyExchange, message_class

KEY_EXCHANGES: tuple[KeyExchange, ...] = ("RSA", "DHE", "ECDHE")
#: How many bytes or items a generated value may have more than it must.
MORE = 6


def values(kind: Kind[Any]) -> st.SearchStrategy[Any]:
    """Every value of `kind`."""
    if isinstance(kind, uint):
        return st.integers(0, 256**kind.size - 1)
    if isinstance(kind, fixed):
        return st.binary(min_size=kind.size, max_size=kind.size)
    if kind is rest:
        return st.binary(max_size=2 * MORE)
    if isinstance(kind, opaque):
        return st.binary(min_size=kind.floor, max_size=min(kind.ceiling, kind.floor + 2 * MORE))
    if isinstance(kind, uint16s):
        floor = -(-kind.floor // 2)
        return st.lists(st.integers(0, 0xFFFF), min_size=floor, max_size=floor + MORE).map(tuple)
    if isinstance(kind, vector):
        items = st.lists(values(kind.item), min_size=min(kind.floor, 1), max_size=MORE).map(tuple)
        return items.filter(lambda value: kind.floor <= sum(len(kind.item.write(item)) for item in value))
    if isinstance(kind, inside):
        return values(kind.kind)
    if isinstance(kind, optional):
        return st.none() | values(kind.kind)
    if isinstance(kind, struct):
        return structs(kind.cls)
    if isinstance(kind, select):
        return choices(kind)
    if isinstance(kind, _ExtensionKind):
        return extensions(kind)
    raise NotImplementedError(f"no strategy for {kind!r}: add one, so that its messages are tested")


def choices(kind: select) -> st.SearchStrategy[tuple[int, Any]]:
    """(tag, body) for every case, and for the tags without one unless those are forbidden."""
    drawn = [st.tuples(st.just(int(tag)), values(body)) for tag, body in kind.cases.items()]
    if kind.otherwise is not forbidden:
        others = values(kind.tag).filter(lambda tag: tag not in kind.cases)
        drawn.append(st.tuples(others, values(kind.otherwise)))
    return st.one_of(drawn)


def extensions(kind: _ExtensionKind) -> st.SearchStrategy[Extension]:
    """Every extension of a hello, and unknown ones."""
    known = [values(body) for body in kind.bodies.values()]
    codes = st.integers(0, 0xFFFF).filter(lambda code: code not in kind.bodies)
    unknown: st.SearchStrategy[Any] = st.builds(UnknownExtension, codes, values(rest))
    return st.one_of([*known, unknown])


def structs(cls: type[Struct]) -> st.SearchStrategy[Any]:
    """Every value of a Struct."""
    return st.builds(cls, **{name: values(kind) for name, kind in cls.struct_fields})


def _every_message() -> Iterator[tuple[KeyExchange, type[HandshakeMessage]]]:
    for key_exchange in KEY_EXCHANGES:
        for msg_type in range(256):
            cls = message_class(msg_type, key_exchange)
            # Most messages are the same in every key exchange, and told once.
            if cls is not None and (key_exchange == "RSA" or cls is not message_class(msg_type, "RSA")):
                yield key_exchange, cls


#: Every form of every message, with a key exchange under which it may be sent.
MESSAGES: tuple[tuple[KeyExchange, type[HandshakeMessage]], ...] = tuple(_every_message())

#: (key exchange, message) for any message there is.
messages: st.SearchStrategy[tuple[KeyExchange, HandshakeMessage]] = st.one_of(
    [st.tuples(st.just(key_exchange), structs(cls)) for key_exchange, cls in MESSAGES]
)


def open_ended(message: HandshakeMessage) -> bool:
    """Whether the body of `message` ends in a field that only the message's own header delimits."""
    if not message.struct_fields:
        return False
    name, kind = message.struct_fields[-1]
    if isinstance(kind, select):
        tag, _ = getattr(message, name)
        kind = kind.cases.get(tag, kind.otherwise)
    return kind is rest


@st.composite
def damaged(draw: st.DrawFn, original: bytes) -> bytes:
    """`original` with bytes changed, taken out, put in or doubled: close to valid, and seldom it."""
    data = bytearray(original)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, max(len(data) - 1, 0)))
        what = draw(st.sampled_from(("flip", "cut", "insert", "double")))
        if what == "flip" and data:
            data[at] ^= draw(st.integers(1, 255))
        elif what == "cut":
            del data[at : at + draw(st.integers(1, 4))]
        elif what == "insert":
            data[at:at] = draw(st.binary(min_size=1, max_size=4))
        else:
            data[at:at] = data[at : at + draw(st.integers(1, 8))]
    return bytes(data)


@st.composite
def chunks(draw: st.DrawFn, data: bytes) -> list[bytes]:
    """`data` cut into pieces anywhere, empty ones included."""
    cuts = sorted(draw(st.lists(st.integers(0, len(data)), max_size=12)))
    return [data[start:stop] for start, stop in zip([0, *cuts], [*cuts, len(data)], strict=True)]


def all_message_classes(root: type[HandshakeMessage] = HandshakeMessage) -> set[type[HandshakeMessage]]:
    """Every declared message, found by inheritance instead of in the tables."""
    assert key_exchange_messages.RARE_MESSAGES  # Loaded, so that its classes are among the subclasses.
    found = {root} if "msg_type" in vars(root) else set()
    return found.union(*(all_message_classes(cls) for cls in root.__subclasses__()))
