"""A trace as a capture file that Wireshark opens already decrypted: pcapng with the secrets in front of the packets.

    section header, interface (bare IP), decryption secrets (the key log), then one packet for each record

The packets are synthetic: addresses of our own choosing, a TCP handshake, sequence numbers that count what travelled,
right checksums, and a comment on each packet that names the messages in it. Port 443 is avoided, or Wireshark would
take the data for HTTP. Format: draft-ietf-opsawg-pcapng, sections 4.1 to 4.3 and "Decryption Secrets Block".
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from datetime import UTC, datetime
from ipaddress import IPv4Address

from ...observe import Side
from ...trace.file.events import Elided, Message, Record
from ...trace.file.jsonl import Trace
from .keylog import keylog

ADDRESSES: dict[Side, bytes] = {
    "client": IPv4Address("10.0.0.1").packed,
    "server": IPv4Address("10.0.0.2").packed,
}
PORTS: dict[Side, int] = {"client": 50000, "server": 4433}
_OTHER: dict[Side, Side] = {"client": "server", "server": "client"}

SECTION_HEADER, INTERFACE, SECRETS, PACKET = 0x0A0D0D0A, 1, 10, 6
LINKTYPE_RAW = 101
TLS_KEY_LOG = 0x544C534B
_COMMENT, _END_OF_OPTIONS = 1, 0
FIN, SYN, PSH, ACK = 1, 2, 8, 16
_TCP = 6


def pcapng(trace: Trace) -> bytes:
    """The whole capture file. Records of which the trace kept only digests end it: later ones could not be read."""
    blocks = [
        _block(SECTION_HEADER, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)),
        _block(INTERFACE, struct.pack("<HHI", LINKTYPE_RAW, 0, 0)),
    ]
    secrets = keylog(trace).encode() if trace.header.secrets else b""
    if secrets:
        blocks.append(_block(SECRETS, struct.pack("<II", TLS_KEY_LOG, len(secrets)) + _padded(secrets)))
    blocks += _packets(trace)
    return b"".join(blocks)


def exported(trace: Trace) -> list[Record]:
    """The records in the order in which they travelled, each once, up to the first whose bytes were left out."""
    found: dict[tuple[Side, int], Record] = {}
    for event in trace.events:
        if isinstance(event, Record):
            if isinstance(event.fragment, Elided) or isinstance(event.header, Elided):
                break
            found.setdefault((event.sender, event.number), event)
    return list(found.values())


def _packets(trace: Trace) -> Iterator[bytes]:
    """The packets of one TCP connection from SYN to FIN."""
    started = datetime.fromisoformat(trace.header.started)
    began = (started if started.tzinfo else started.replace(tzinfo=UTC)).timestamp()
    inside = _messages_in(trace)
    tcp = _Connection()
    yield _packet(began, tcp.segment("client", SYN), "TCP handshake")
    yield _packet(began, tcp.segment("server", SYN | ACK), "")
    yield _packet(began, tcp.segment("client", ACK), "")
    last = began
    for record in exported(trace):
        assert isinstance(record.header, bytes) and isinstance(record.fragment, bytes)
        last = began + record.t
        comment = ", ".join(inside.get((record.sender, record.number), ()))
        yield _packet(last, tcp.segment(record.sender, PSH | ACK, record.header + record.fragment), comment)
    yield _packet(last, tcp.segment("client", FIN | ACK), "")
    yield _packet(last, tcp.segment("server", FIN | ACK), "")
    yield _packet(last, tcp.segment("client", ACK), "")


def _messages_in(trace: Trace) -> dict[tuple[Side, int], list[str]]:
    """The names of the messages in each record."""
    names: dict[tuple[Side, int], list[str]] = {}
    for event in trace.events:
        if isinstance(event, Message):
            for n in event.records:
                record = trace[n]
                assert isinstance(record, Record)
                carried = names.setdefault((record.sender, record.number), [])
                if event.type not in carried:
                    carried.append(event.type)
    return names


class _Connection:
    """Sequence numbers and checksums of one TCP connection (RFC 9293 section 3.1)."""

    def __init__(self) -> None:
        self._next: dict[Side, int] = {"client": 1000, "server": 2000}

    def segment(self, sender: Side, flags: int, data: bytes = b"") -> bytes:
        """An IP packet with the next segment of `sender`."""
        receiver = _OTHER[sender]
        acknowledged = self._next[receiver] if flags & ACK else 0
        header = struct.pack(
            "!HHIIBBH", PORTS[sender], PORTS[receiver], self._next[sender], acknowledged, 0x50, flags, 0xFFFF
        )
        addresses = ADDRESSES[sender] + ADDRESSES[receiver]
        pseudo = addresses + struct.pack("!HH", _TCP, 20 + len(data))
        checksum = _checksum(pseudo + header + bytes(4) + data)
        self._next[sender] = (self._next[sender] + len(data) + bool(flags & (SYN | FIN))) % (1 << 32)
        return _ip(addresses, header + struct.pack("!HH", checksum, 0) + data)


def _ip(addresses: bytes, content: bytes) -> bytes:
    """An IPv4 packet (RFC 791 section 3.1)."""

    def header(checksum: int) -> bytes:
        return struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(content), 0, 0x4000, 64, _TCP, checksum) + addresses

    return header(_checksum(header(0))) + content


def _checksum(data: bytes) -> int:
    """The Internet checksum: the complement of the sum of all 16-bit words (RFC 1071)."""
    total: int = sum(struct.unpack(f"!{(len(data) + 1) // 2}H", data + bytes(len(data) % 2)))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def _packet(time: float, data: bytes, comment: str) -> bytes:
    """An enhanced packet block; its clock ticks in microseconds since 1970."""
    ticks = round(time * 1_000_000)
    head = struct.pack("<IIIII", 0, ticks >> 32, ticks & 0xFFFFFFFF, len(data), len(data))
    text = comment.encode()
    options = struct.pack("<HH", _COMMENT, len(text)) + _padded(text) + struct.pack("<HH", _END_OF_OPTIONS, 0)
    return _block(PACKET, head + _padded(data) + (options if text else b""))


def _block(kind: int, body: bytes) -> bytes:
    """A block: type, total length, body, total length again."""
    size = struct.pack("<I", len(body) + 12)
    return struct.pack("<I", kind) + size + body + size


def _padded(data: bytes) -> bytes:
    """`data` with zeros up to a multiple of four bytes."""
    return data + bytes(-len(data) % 4)
