"""Captures to decode: a handshake of minitls and so much data, as Ethernet frames in a pcap file."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from minitls.benchmark.ours import OurAdapter, OurPair

#: The data that a frame of 1,500 bytes holds, and the sizes of records: as large as they get, and small ones.
SEGMENT, RECORD, SMALL = 1460, 16384, 100
_CLIENT, _SERVER = (bytes((10, 0, 0, 1)), 50000), (bytes((10, 0, 0, 2)), 443)
_ETHERNET = bytes.fromhex("020000000002 020000000001 0800")
_SYN, _ACK = 0x02, 0x10
_FILE_HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 1 << 16, 1)

Flight = tuple[bool, bytes]
"""Whether the client sends it, and its bytes."""


def capture(path: Path, adapter: OurAdapter, size: int, record: int) -> Path:
    """A pcap of about `size` bytes: a full handshake, then records of `record` bytes from the client, then the end.

    Records of RECORD bytes are cut into full segments, smaller ones travel one to a segment.
    """
    frames = list(_frames(_flights(adapter, size, record)))
    path.write_bytes(_FILE_HEADER + b"".join(frames))
    return path


def _flights(adapter: OurAdapter, size: int, record: int) -> Iterator[Flight]:
    client, server = adapter.client(), adapter.server()
    ends = (client, True), (server, False)
    flight = client.feed(b"")
    for number in count(1):
        if not flight:
            break
        yield ends[(number - 1) % 2][1], flight
        flight = ends[number % 2][0].feed(flight)
    pair, data, sent = OurPair(client, server), os.urandom(record), 0
    while sent < size:
        wire = pair.seal(data)
        # Ethernet, IPv4 and TCP headers, and that of the pcap, belong to the file.
        sent += len(wire) + (54 + 16) * -(-len(wire) // SEGMENT)
        yield True, wire
    pair.client.close()
    yield True, pair.client.data_to_send()


def _frames(flights: Iterator[Flight]) -> Iterator[bytes]:
    sequence = {True: 1, False: 1}
    yield _frame(True, 0, 0, _SYN, b"")
    yield _frame(False, 0, 1, _SYN | _ACK, b"")
    for by_client, flight in flights:
        for at in range(0, len(flight), SEGMENT):
            part = flight[at : at + SEGMENT]
            yield _frame(by_client, sequence[by_client], sequence[not by_client], _ACK, part)
            sequence[by_client] += len(part)


def _frame(by_client: bool, sequence: int, acknowledged: int, flags: int, data: bytes) -> bytes:
    """One packet of the file. Its checksums are zero, as a machine records them that leaves them to its card."""
    (source, from_port), (destination, to_port) = (_CLIENT, _SERVER) if by_client else (_SERVER, _CLIENT)
    tcp = struct.pack(">HHIIBBHHH", from_port, to_port, sequence, acknowledged, 5 << 4, flags, 65535, 0, 0)
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 40 + len(data), 0, 0x4000, 64, 6, 0, source, destination)
    frame = _ETHERNET + ip + tcp + data
    return struct.pack("<IIII", 1_700_000_000, 0, len(frame), len(frame)) + frame
