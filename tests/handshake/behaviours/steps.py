"""The form of a row, and the steps that rows are made of: words for the peer, or functions that make bytes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.handshake.peer import (
    APPLICATION_DATA,
    CLIENT_FLIGHT,
    EXTENDED_MASTER_SECRET,
    FULL_SERVER_FLIGHT,
    HANDSHAKE,
    LAST_FLIGHT,
    RENEGOTIATION_INFO,
    SIGNATURE_ALGORITHMS,
    Extensions,
    Peer,
    client_hello_body,
    handshake_message,
    plain_record,
    server_hello_body,
    u16,
)

SERVED = "served"
CLOSED = "closed"
SUPPORTED_GROUPS, EC_POINT_FORMATS, SUPPORTED_VERSIONS = 10, 11, 43
FALLBACK_SCSV, RENEGOTIATION_SCSV = 0x5600, 0x00FF

Step = str | Callable[[Peer], bytes]


@dataclass(frozen=True)
class Row:
    id: str
    section: str
    """The rule: an RFC and its section."""
    steps: tuple[Step, ...]
    expected: str
    side: str = "server"
    """The side under test."""
    warned: tuple[str, ...] = ()
    """The warning alerts that the peer must have been sent, in order."""
    options: dict[str, Any] = field(default_factory=dict, hash=False)
    """Of the configuration under test."""
    peer: dict[str, Any] = field(default_factory=dict, hash=False)
    """Of the peer."""


# Steps.


def hello(
    *extensions: tuple[int, bytes],
    bare: bool = False,
    absent: bool = False,
    broken: Callable[[bytes], bytes] = bytes,
    record_version: int = 0x0303,
    piece: int = 2**14,
    **fields: Any,
) -> Step:
    """A ClientHello: usual extensions (none if `bare`, not even their length if `absent`) and those given."""
    usual: Extensions = (
        (SIGNATURE_ALGORITHMS, u16(b"\x04\x01\x02\x01")),
        (RENEGOTIATION_INFO, b"\x00"),
        (EXTENDED_MASTER_SECRET, b""),
    )

    def step(peer: Peer) -> bytes:
        peer.randoms["client"] = peer.rng.randbytes(32)
        peer.client_version = fields.get("version", 0x0303)
        numbers = {number for number, _ in extensions}
        given = [pair for pair in usual if pair[0] not in numbers and not bare]
        all_of_them = None if absent else [*given, *extensions]
        body = broken(client_hello_body(all_of_them, random=peer.randoms["client"], **fields))
        message = peer.entered("ClientHello", body)
        pieces = [message[at : at + piece] for at in range(0, len(message), piece)]
        return b"".join(plain_record(HANDSHAKE, each, record_version) for each in pieces)

    return step


def server_hello(
    *extensions: tuple[int, bytes], bare: bool = False, broken: Callable[[bytes], bytes] = bytes, **fields: Any
) -> Step:
    """A ServerHello with renegotiation_info and extended_master_secret (unless `bare`) and the extensions given."""

    def step(peer: Peer) -> bytes:
        peer.randoms["server"] = peer.rng.randbytes(32)
        peer.ems = not bare
        numbers = {number for number, _ in extensions}
        usual = [(RENEGOTIATION_INFO, b"\x00"), (EXTENDED_MASTER_SECRET, b"")]
        given = [pair for pair in usual if pair[0] not in numbers and not bare]
        all_of_them = [*given, *extensions] if (given or extensions) else None
        choice = {"suite": peer.suite, "random": peer.randoms["server"], **fields}
        return peer.message("ServerHello", broken(server_hello_body(all_of_them, **choice)))

    return step


def with_body(name: str, body: Callable[[Peer], bytes]) -> Step:
    """A message with a body of another making."""
    return lambda peer: peer.message(name, body(peer))


def changed(name: str, change: Callable[[bytes], bytes]) -> Step:
    """A message whose body is right and then changed."""
    return lambda peer: peer.message(name, change(peer.body(name)))


def raw(data: bytes) -> Step:
    """Bytes as they are, without protection."""
    return lambda peer: data


def in_record(content_type: int, content: bytes, times: int = 1) -> Step:
    """Records under the protection that the peer has reached."""
    return lambda peer: b"".join(peer.record(content_type, content) for _ in range(times))


def joined(*steps: Step) -> Step:
    """Several steps in one portion of bytes."""
    return lambda peer: b"".join(made(step, peer) for step in steps)


def made(step: Step, peer: Peer) -> bytes:
    return peer.say(step) if isinstance(step, str) else step(peer)


def one_record(*names: str) -> Step:
    """Several handshake messages in one record."""
    return lambda peer: peer.record(HANDSHAKE, b"".join(peer.entered(name, peer.body(name)) for name in names))


def pieces_of(name: str, size: int) -> Step:
    """A handshake message in records of `size` bytes each."""
    return lambda peer: peer.records(HANDSHAKE, peer.entered(name, peer.body(name)), size)


def half(name: str) -> Step:
    """The first half of a handshake message."""
    return lambda peer: peer.record(HANDSHAKE, (message := peer.entered(name, peer.body(name)))[: len(message) // 2])


def with_tail(name: str, tail: bytes) -> Step:
    """A message and, in the same record, bytes that do not enter the transcript."""
    return lambda peer: peer.record(HANDSHAKE, peer.entered(name, peer.body(name)) + tail)


def straddling(name: str, following: str) -> Step:
    """A message and, in the same record, the first three bytes of one that belongs behind the key change."""

    def step(peer: Peer) -> bytes:
        whole = peer.entered(name, peer.body(name))
        return peer.record(HANDSHAKE, whole + handshake_message(20, peer.body(following))[:3])

    return step


def spoilt(content_type: int, content: bytes, at: int, blocks: int = 0) -> Step:
    """A protected record with one byte of its fragment changed."""

    def step(peer: Peer) -> bytes:
        record = bytearray(peer.padded(content_type, content, blocks) if blocks else peer.record(content_type, content))
        record[5 + at if at >= 0 else at] ^= 0x01
        return bytes(record)

    return step


def badly_padded(peer: Peer) -> bytes:
    """CBC padding whose length byte is right and whose other bytes are not."""
    assert peer.writing is not None
    unpadded = 4 + (0 if peer.writing.etm else peer.writing.suite.mac)
    count = 15 - unpadded % 16 + 16
    return peer.record(APPLICATION_DATA, b"ping", bytes([0]) * count + bytes([count]))


def endless_padding(peer: Peer) -> bytes:
    """CBC padding that claims more bytes than there are."""
    assert peer.writing is not None
    unpadded = 4 + (0 if peer.writing.etm else peer.writing.suite.mac)
    return peer.record(APPLICATION_DATA, b"ping", bytes([255]) * (16 - unpadded % 16))


def replayed(peer: Peer) -> bytes:
    record = peer.record(APPLICATION_DATA, b"")
    return record + record


def rehello(peer: Peer) -> bytes:
    """An attempt to renegotiate."""
    return peer.message("ClientHello", peer.body("ClientHello"))


def sealed_fragment(fragment: bytes) -> Step:
    """A record in the protected part of the stream whose fragment was never protected."""
    return raw(plain_record(APPLICATION_DATA, fragment))


def cut(body: bytes) -> bytes:
    return body[:-1]


def longer(body: bytes) -> bytes:
    return body + b"\x00"


COMPLETE = ("ClientHello", *CLIENT_FLIGHT)
SERVER_COMPLETE = (*FULL_SERVER_FLIGHT, *LAST_FLIGHT)
TLS_1_0 = {"version": 0x0301}


def answers(expected: str, section: str, **rows: Step) -> tuple[Row, ...]:
    """Rows that are one ClientHello each; if it is to be accepted, the whole handshake follows."""
    return tuple(Row(name.replace("_", " "), section, (step, *CLIENT_FLIGHT), expected) for name, step in rows.items())


def replies(expected: str, section: str, **rows: Step) -> tuple[Row, ...]:
    """Rows that are one ServerHello each, with the rest of the server's part behind it."""
    rest = (*FULL_SERVER_FLIGHT[1:], *LAST_FLIGHT)
    return tuple(
        Row(name.replace("_", " "), section, (step, *rest), expected, side="client") for name, step in rows.items()
    )
