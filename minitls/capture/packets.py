"""Packets of a capture file, one at a time: TCP segments with their addresses, and the key log that a file may carry.

This is the only module that needs scapy, which reads pcap and pcapng (gzipped, too) and every link layer it knows. One
packet is in memory at a time, whatever the size of the file. The Decryption Secrets Blocks of a pcapng
(draft-ietf-opsawg-pcapng section 4.7) are gathered beforehand, because decryption needs them early: a walk over the
block headers that reads nothing else.
"""

from __future__ import annotations

import gzip
import logging
import struct
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any, NamedTuple

#: The largest packet that is read whole. Loopback interfaces record packets a little above 64 KiB.
MAX_PACKET = 1 << 18
#: The largest key log that is taken out of a capture file.
MAX_SECRETS = 16 << 20
#: What is told of progress: bytes of the file read so far.
Progress = Callable[[int], None]

_GZIP = b"\x1f\x8b"
_PCAPNG = b"\x0a\x0d\x0d\x0a"
_DECRYPTION_SECRETS, _TLS_KEY_LOG = 0x0000000A, 0x544C534B
_NULL, _LOOP = 0, 108
_RAW = (12, 14, 101, 228, 229)
_PROGRESS_EVERY = 256


class CaptureError(Exception):
    """A capture that cannot be read, or holds nothing that was asked for; one sentence for people."""


class Address(NamedTuple):
    """One end of a TCP connection."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Segment(NamedTuple):
    """One TCP segment; `packet` counts from 1 as Wireshark does, `time` is seconds since 1970."""

    packet: int
    time: float
    source: Address
    destination: Address
    sequence: int
    syn: bool
    ack: bool
    fin: bool
    rst: bool
    payload: bytes
    missing: int
    """Bytes at the end of the payload that the capture cut off (its snapshot length was too short)."""


class PacketFile:
    """The segments of a capture. `cut` is the number of the packet at which the file ends too early, 0 if it is whole.

    Raises CaptureError if it is no capture or scapy is not installed, OSError if there is no such file.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.packets = self.cut = self.not_tcp = 0
        self.size = self.path.stat().st_size
        self._file = self.path.open("rb")
        try:
            self._reader = _reader(self._file, self.path.name)
        except BaseException:
            self._file.close()
            raise

    def segments(self, progress: Progress | None = None) -> Iterator[Segment]:
        """Every TCP segment in the order of the file."""
        pcap = not hasattr(self._reader, "blocktypes")
        taken = 24
        while True:
            try:
                data, metadata = self._reader._read_packet(MAX_PACKET)
            except EOFError:
                break
            self.packets += 1
            if pcap and len(data) < min(metadata.caplen, MAX_PACKET):
                self.cut = self.packets
                break
            taken += 16 + metadata.caplen if pcap else 0
            if progress and self.packets % _PROGRESS_EVERY == 0:
                progress(self._at())
            segment = _segment(self.packets, data, metadata, self._reader)
            if segment is None:
                self.not_tcp += 1
            else:
                yield segment
        if pcap and not self.cut and taken < self.size and not self._packed():
            self.cut = self.packets + 1
        if not pcap and not self._packed() and self._at() < self.size:
            self.cut = self.packets + 1
        if progress:
            progress(self.size)

    def _packed(self) -> bool:
        return isinstance(self._reader.f, gzip.GzipFile)

    def _at(self) -> int:
        file: Any = self._reader.f
        return int(file.fileobj.tell() if self._packed() else file.tell())

    def close(self) -> None:
        """Close the file."""
        self._reader.close()
        self._file.close()


def _reader(file: Any, name: str) -> Any:
    if find_spec("scapy") is None:
        raise CaptureError("reading captures needs scapy: pip install 'minitls[capture]'")
    if len(file.read(24)) < 24:
        raise CaptureError(f"{name} is no capture: it has fewer bytes than the header of one")
    file.seek(0)
    # scapy warns of odd bytes in the log; what matters to the reader is told by `cut` and by errors.
    logging.getLogger("scapy").setLevel(logging.CRITICAL)
    from scapy.error import Scapy_Exception
    from scapy.utils import RawPcapReader

    try:
        return RawPcapReader(file)
    except (Scapy_Exception, EOFError, struct.error) as wrong:
        raise CaptureError(f"{name} is no capture: neither pcap nor pcapng ({wrong})") from None


def _segment(number: int, data: bytes, metadata: Any, reader: Any) -> Segment | None:
    """The TCP segment in a packet, None if there is none (or it is a piece of a fragmented IP packet)."""
    from scapy.layers.inet import IP, TCP
    from scapy.layers.inet6 import IPv6, IPv6ExtHdrFragment

    linktype = getattr(metadata, "linktype", None)
    if linktype is None:
        linktype = reader.linktype
    packet = _dissected(data, linktype)
    if packet is None or TCP not in packet:
        return None
    ip = next((packet[layer] for layer in (IP, IPv6) if layer in packet), None)
    if ip is None or IPv6ExtHdrFragment in packet or (ip.version == 4 and (ip.frag or ip.flags.MF)):
        return None
    tcp = packet[TCP]
    flags = int(tcp.flags)
    payload = bytes(tcp.original)[(tcp.dataofs or 5) * 4 :]
    return Segment(
        number,
        _time(metadata, reader),
        Address(ip.src, tcp.sport),
        Address(ip.dst, tcp.dport),
        int(tcp.seq),
        bool(flags & 0x02),
        bool(flags & 0x10),
        bool(flags & 0x01),
        bool(flags & 0x04),
        payload,
        max(0, metadata.wirelen - len(data)),
    )


def _dissected(data: bytes, linktype: int) -> Any:
    """The packet as scapy reads it; None for a link layer that scapy does not know, or for bytes it cannot read."""
    import scapy.layers.l2  # noqa: F401 -- importing registers the link layers
    from scapy.config import conf
    from scapy.layers.inet import IP
    from scapy.layers.inet6 import IPv6

    if linktype in (_NULL, _LOOP):
        # scapy knows the family numbers of this machine's system only; the first half byte of IP serves as well.
        data, linktype = data[4:], _RAW[0]
    layer = (IPv6 if data[:1] >= b"\x60" else IP) if linktype in _RAW else conf.l2types.num2layer.get(linktype)
    if layer is None or not data:
        return None
    try:
        return layer(data)
    except Exception:  # scapy's dissectors document no closed list of what malformed packets can raise.
        return None


def _time(metadata: Any, reader: Any) -> float:
    if hasattr(metadata, "tshigh"):
        return (
            float(((metadata.tshigh << 32) + metadata.tslow) / metadata.tsresol) if metadata.tshigh is not None else 0.0
        )
    return float(metadata.sec + metadata.usec / (1e9 if reader.nano else 1e6))


def likely_client(source: Address, other: Address, payload: bytes) -> Address:
    """Who is the client, when no SYN tells: who sends ClientHello, else who has the higher port."""
    if payload[:1] == b"\x16" and payload[5:6] in (b"\x01", b"\x02"):
        return source if payload[5:6] == b"\x01" else other
    return max(source, other, key=lambda each: each.port)


def secrets_in(path: str | Path) -> str:
    """The key logs in the Decryption Secrets Blocks of a pcapng, "" if there are none."""
    with Path(path).open("rb") as plain:
        packed = plain.read(2) == _GZIP
        plain.seek(0)
        try:
            if not packed:
                return _secrets(plain)
            with gzip.open(plain) as file:
                return _secrets(file)
        except (EOFError, OSError):
            return ""


def _secrets(file: IO[bytes] | gzip.GzipFile) -> str:
    found: list[str] = []
    endian = "<"
    total = 0
    while len(header := file.read(8)) == 8:
        if header[:4] == _PCAPNG:
            magic = file.read(4)
            endian = ">" if magic == b"\x1a\x2b\x3c\x4d" else "<"
            file.seek(-4, 1)
        elif not found and endian == "<" and file.tell() == 8:
            break
        kind, length = struct.unpack(endian + "II", header)
        if length < 12:
            break
        if kind == _DECRYPTION_SECRETS and length <= MAX_SECRETS and total < MAX_SECRETS:
            body = file.read(length - 8)
            total += length
            secrets_type, size = struct.unpack(endian + "II", body[:8]) if len(body) >= 8 else (0, 0)
            if secrets_type == _TLS_KEY_LOG:
                found.append(body[8 : 8 + size].decode("utf-8", "replace"))
        else:
            file.seek(length - 8, 1)
    return "\n".join(found)
