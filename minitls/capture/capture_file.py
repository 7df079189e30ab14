"""Capture files: pcap and pcapng (either may be gzipped), one packet at a time, whatever the size of the file.

pcap is draft-ietf-opsawg-pcap: a header of 24 bytes, and 16 bytes before each packet. pcapng is
draft-ietf-opsawg-pcapng: blocks, of which those count that describe an interface, hold a packet, or hold a key log (the
Decryption Secrets Block of section 4.7). A file that ends too early is read up to there, and says so.
"""

from __future__ import annotations

import gzip
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple

#: The largest packet that is read whole. Loopback interfaces record packets a little above 64 KiB.
MAX_PACKET = 1 << 18
#: The largest key log that is taken out of a capture file.
MAX_SECRETS = 16 << 20
_MAX_INTERFACES = 1 << 16

_GZIP = b"\x1f\x8b"
_PCAPNG = b"\x0a\x0d\x0d\x0a"
#: Byte order, fractions of a second, and bytes before a packet by the first four bytes of a pcap.
_PCAPS = {
    bytes.fromhex("d4c3b2a1"): ("<", 1e-6, 16),
    bytes.fromhex("a1b2c3d4"): (">", 1e-6, 16),
    bytes.fromhex("4d3cb2a1"): ("<", 1e-9, 16),
    bytes.fromhex("a1b23c4d"): (">", 1e-9, 16),
    bytes.fromhex("34cdb2a1"): ("<", 1e-6, 24),
    bytes.fromhex("a1b2cd34"): (">", 1e-6, 24),
}
_INTERFACE, _OLD_PACKET, _SIMPLE_PACKET, _ENHANCED_PACKET, _SECRETS = 1, 2, 3, 6, 10
_TLS_KEY_LOG = 0x544C534B
_TIME_RESOLUTION, _TIME_OFFSET = 9, 14
#: The last second of the year 9999; pcapng's 64 bits could say later ones, for which there is no date.
_LAST_SECOND = 253402300799.0


class CaptureError(Exception):
    """A capture that cannot be read, or holds nothing that was asked for; one sentence for people."""


class Packet(NamedTuple):
    """One packet as it was captured; `time` is seconds since 1970, `link` the link layer's LINKTYPE number."""

    link: int
    time: float
    data: bytes


class _Interface(NamedTuple):
    link: int
    snap: int
    unit: float
    offset: int


class CaptureFile:
    """The packets of a file. `cut` is the number of the packet at which it ends too early, 0 if it is whole.

    Raises CaptureError if it is no capture, OSError if there is no such file.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.packets = self.cut = 0
        self.size = self.path.stat().st_size
        self._raw = self.path.open("rb", buffering=1 << 20)
        packed = self._raw.read(2) == _GZIP
        self._raw.seek(0)
        self._file: IO[bytes] | gzip.GzipFile = gzip.GzipFile(fileobj=self._raw) if packed else self._raw
        try:
            self._start = self._read(24)
        except OSError:
            self._start = b""
        if len(self._start) < 24 or (self._start[:4] not in _PCAPS and not self._start.startswith(_PCAPNG)):
            self.close()
            reason = (
                "neither pcap nor pcapng" if len(self._start) == 24 else "it has fewer bytes than the header of one"
            )
            raise CaptureError(f"{self.path.name} is no capture: {reason}")

    def __iter__(self) -> Iterator[Packet]:
        return self._blocks() if self._start.startswith(_PCAPNG) else self._pcap()

    @property
    def at(self) -> int:
        """Bytes of the file that were read."""
        return self._raw.tell()

    def close(self) -> None:
        """Close the file."""
        self._raw.close()

    def _read(self, size: int) -> bytes:
        """So many bytes, fewer at the end of the file or where it cannot be unpacked further."""
        try:
            return self._file.read(size)
        except (EOFError, gzip.BadGzipFile, zlib.error):
            return b""

    def _pcap(self) -> Iterator[Packet]:
        order, unit, size = _PCAPS[self._start[:4]]
        link = struct.unpack_from(f"{order}I", self._start, 20)[0] & 0xFFFF
        unpack = struct.Struct(f"{order}IIII").unpack_from
        # What need not be unpacked needs no guard either.
        read = self._read if isinstance(self._file, gzip.GzipFile) else self._raw.read
        while header := read(size):
            self.packets += 1
            if len(header) < size:
                self.cut = self.packets
                return
            seconds, fraction, length, _ = unpack(header)
            data = read(min(length, MAX_PACKET))
            if len(data) < min(length, MAX_PACKET) or not self._skip(length - len(data)):
                self.cut = self.packets
                return
            yield Packet(link, seconds + fraction * unit, data)

    def _skip(self, size: int) -> bool:
        """Pass over so many bytes; whether they are there."""
        while size > 0:
            passed = len(self._read(min(size, 1 << 20)))
            if not passed:
                return False
            size -= passed
        return True

    def _blocks(self) -> Iterator[Packet]:
        interfaces: list[_Interface] = []
        order, waiting = "<", self._start
        while len(header := waiting[:8] + self._read(8 - len(waiting[:8]))) == 8:
            waiting = waiting[8:]
            if header[:4] == _PCAPNG:
                waiting += self._read(4 - len(waiting[:4]))
                order, interfaces = (">" if waiting[:4] == b"\x1a\x2b\x3c\x4d" else "<"), []
            kind, length = struct.unpack(f"{order}II", header)
            body = b""
            if length >= 12:
                wanted = length - 8 - len(waiting)
                body = waiting + self._read(max(0, min(wanted, MAX_PACKET)))
            if length < 12 or len(body) < min(length - 8, MAX_PACKET) or not self._skip(length - 8 - len(body)):
                self.cut = self.packets + 1
                return
            body, waiting = body[: length - 8], body[length - 8 :]
            if kind == _INTERFACE and len(interfaces) < _MAX_INTERFACES:
                interfaces.append(_interface(order, body[:-4]))
            elif kind in (_ENHANCED_PACKET, _OLD_PACKET, _SIMPLE_PACKET):
                self.packets += 1
                packet = _packet(order, kind, body, interfaces)
                if packet is not None:
                    yield packet
        if header:
            self.cut = self.packets + 1


def _interface(order: str, body: bytes) -> _Interface:
    """An Interface Description Block: link layer, and how its times are counted."""
    link, _, snap = struct.unpack_from(f"{order}HHI", body.ljust(8, b"\0"))
    unit, offset, at = 1e-6, 0, 8
    while at + 4 <= len(body):
        code, length = struct.unpack_from(f"{order}HH", body, at)
        value = body[at + 4 : at + 4 + length]
        if code == _TIME_RESOLUTION and value:
            unit = 2.0 ** -(value[0] & 0x7F) if value[0] & 0x80 else 10.0 ** -value[0]
        elif code == _TIME_OFFSET and len(value) == 8:
            offset = struct.unpack(f"{order}q", value)[0]
        at += 4 + length + -length % 4
    return _Interface(link, snap, unit, offset)


def _packet(order: str, kind: int, body: bytes, interfaces: list[_Interface]) -> Packet | None:
    """The packet in a block, None if its interface was never described or the block is too short."""
    if kind == _SIMPLE_PACKET:
        if not interfaces or len(body) < 8:
            return None
        length = min(struct.unpack_from(f"{order}I", body)[0], len(body) - 8, interfaces[0].snap or MAX_PACKET)
        return Packet(interfaces[0].link, 0.0, body[4 : 4 + length])
    if len(body) < 20:
        return None
    number, high, low, length, _ = struct.unpack_from(f"{order}IIIII", body)
    if kind == _OLD_PACKET:
        number = struct.unpack_from(f"{order}H", body)[0]
    if number >= len(interfaces):
        return None
    interface = interfaces[number]
    time = min(max(0.0, ((high << 32) + low) * interface.unit + interface.offset), _LAST_SECOND)
    return Packet(interface.link, time, body[20 : 20 + length])


def secrets_in(path: str | Path) -> str:
    """The key logs in the Decryption Secrets Blocks of a pcapng, "" if there are none.

    Decryption needs them early, so they are gathered beforehand: a walk over block headers that reads nothing else.
    """
    with Path(path).open("rb") as plain:
        packed = plain.read(2) == _GZIP
        plain.seek(0)
        try:
            if not packed:
                return _secrets(plain)
            with gzip.open(plain) as file:
                return _secrets(file)
        except (EOFError, OSError, zlib.error):
            return ""


def _secrets(file: IO[bytes] | gzip.GzipFile) -> str:
    found: list[str] = []
    endian = "<"
    total = 0
    while len(header := file.read(8)) == 8:
        passed = 8
        if header[:4] == _PCAPNG:
            magic = file.read(4)
            endian = ">" if magic == b"\x1a\x2b\x3c\x4d" else "<"
            passed += len(magic)  # Not sought back: what is gzipped would be unpacked from its start again.
        elif not found and endian == "<" and file.tell() == 8:
            break
        kind, length = struct.unpack(endian + "II", header)
        if length < 12:
            break
        if kind == _SECRETS and length <= MAX_SECRETS and total < MAX_SECRETS:
            body = file.read(length - 8)
            total += length
            secrets_type, size = struct.unpack(endian + "II", body[:8]) if len(body) >= 8 else (0, 0)
            if secrets_type == _TLS_KEY_LOG:
                found.append(body[8 : 8 + size].decode("utf-8", "replace"))
        else:
            file.seek(length - passed, 1)
    return "\n".join(found)
