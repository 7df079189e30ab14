"""Packets of a capture file: TCP segments with their addresses, and what of UDP bears a name.

The common layers are taken apart here by their fixed offsets (Ethernet with VLAN tags, PPPoE or MPLS, Linux cooked
captures, loopback, raw IP; IPv4, IPv6 with extension headers, tunnels of IP in IP and VXLAN), because that is most of
the work of reading a capture. What is rare is left to scapy, which knows every link layer, and is loaded for it alone.
"""

from __future__ import annotations

import logging
import socket
import struct
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from .capture_file import CaptureError, CaptureFile
from .datagrams import protocol_of

#: What is told of progress: bytes of the file read so far.
Progress = Callable[[int], None]

_NULL, _ETHERNET, _LOOP, _COOKED, _COOKED_2 = 0, 1, 108, 113, 276
_RAW = frozenset((12, 14, 101, 228, 229))
_IPV4, _IPV6, _PPPOE, _MPLS = 0x0800, 0x86DD, 0x8864, (0x8847, 0x8848)
_TAGS = frozenset((0x8100, 0x88A8, 0x9100))
#: Neighbours' talk, in which no IP can be: ARP, reverse ARP, LLDP, 802.1X, loops.
_NO_IP = frozenset((0x0806, 0x8035, 0x88CC, 0x888E, 0x9000))
_TCP, _UDP, _IP_IN_IP, _IPV6_IN_IP, _GRE = 6, 17, 4, 41, 47
#: IPv6 extension headers that are stepped over: options, routing, destination options (RFC 8200 section 4).
_EXTENSIONS = frozenset((0, 43, 60))
_VXLAN_PORT = 4789
_MAX_DEPTH = 8
_PROGRESS_EVERY = 256
#: Pairs of addresses kept as objects: a capture has far fewer connections than packets.
_MAX_PAIRS = 1 << 16

_two = struct.Struct("!H").unpack_from
_tcp = struct.Struct("!HHIIBB").unpack_from


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


class Found(NamedTuple):
    """Where in a packet a TCP or UDP header begins, and where what the IP packet holds ends."""

    protocol: int
    addresses: bytes
    """Source and destination: 8 bytes of IPv4, 32 of IPv6."""
    start: int
    end: int


class PacketFile:
    """The segments of a capture. Raises CaptureError if it is no capture, OSError if there is no such file."""

    def __init__(self, path: str | Path) -> None:
        self.file = CaptureFile(path)
        self.path, self.size = self.file.path, self.file.size
        self.datagrams: dict[str, set[bytes]] = {}
        """Encrypted protocols over UDP, with the flows that bear them."""
        self._pairs: dict[bytes, tuple[Address, Address]] = {}

    @property
    def packets(self) -> int:
        """How many were read."""
        return self.file.packets

    @property
    def cut(self) -> int:
        """The number of the packet at which the file ends too early, 0 if it is whole."""
        return self.file.cut

    def segments(self, progress: Progress | None = None) -> Iterator[Segment]:
        """Every TCP segment in the order of the file."""
        file, pairs = self.file, self._pairs
        for link, time, data in file:
            if progress and file.packets % _PROGRESS_EVERY == 0:
                progress(file.at)
            found = find(link, data)
            if found is None:
                continue
            protocol, addresses, start, end = found
            if protocol == _UDP:
                self._datagram(addresses + data[start : start + 4], data[start + 8 : end])
                continue
            if end - start < 20:
                continue
            _, _, sequence, _, offset, flags = _tcp(data, start)
            key = addresses + data[start : start + 4]
            pair = pairs.get(key)
            if pair is None:
                if len(pairs) >= _MAX_PAIRS:
                    pairs.clear()
                pair = pairs[key] = _pair(key)
            payload = data[start + (offset >> 4) * 4 : end]
            yield Segment(
                file.packets,
                time,
                *pair,
                sequence,
                flags & 2 != 0,
                flags & 16 != 0,
                flags & 1 != 0,
                flags & 4 != 0,
                payload,
            )
        if progress:
            progress(self.size)

    def _datagram(self, ends: bytes, payload: bytes) -> None:
        name = protocol_of(payload)
        if name:
            flows = self.datagrams.setdefault(name, set())
            size = (len(ends) - 4) // 2
            one, other = ends[:size] + ends[-4:-2], ends[size:-4] + ends[-2:]
            if len(flows) < _MAX_PAIRS:
                flows.add(min(one, other) + max(one, other))

    def close(self) -> None:
        """Close the file."""
        self.file.close()


def _pair(key: bytes) -> tuple[Address, Address]:
    """Both ends from two addresses and two ports."""
    size = (len(key) - 4) // 2
    family = socket.AF_INET if size == 4 else socket.AF_INET6
    hosts = (socket.inet_ntop(family, key[at : at + size]) for at in (0, size))
    one, other = (Address(host, port) for host, port in zip(hosts, struct.unpack("!HH", key[-4:]), strict=True))
    return one, other


# From a packet to its TCP or UDP header.


def find(link: int, data: bytes) -> Found | None:
    """The TCP or UDP header in a packet; None if there is none, or it is a piece of a fragmented IP packet."""
    try:
        if link == _ETHERNET:
            return _ether(data, 12)
        if link == _COOKED:
            return _ether(data, 14)
        if link == _COOKED_2:
            return _typed(data, _two(data, 0)[0], 20)
        if link in _RAW:
            return _ip(data, 0)
        if link in (_NULL, _LOOP):
            # The family's number differs from system to system; the first half byte of IP serves as well.
            return _ip(data, 4)
        return _rare(link, data)
    except (struct.error, IndexError):
        return None  # The capture cut the packet off within a header.


def _ether(data: bytes, at: int, depth: int = 0) -> Found | None:
    """Behind an Ethernet header whose type stands at `at`."""
    kind = _two(data, at)[0]
    at += 2
    while kind in _TAGS:
        kind = _two(data, at + 2)[0]
        at += 4
    if kind < 0x0600:
        # A length: IEEE 802.3 with LLC, and a type after SNAP's six bytes if there is one.
        is_snap = data[at : at + 3] == b"\xaa\xaa\x03" and depth <= _MAX_DEPTH
        return _ether(data, at + 6, depth + 1) if is_snap else None
    return _typed(data, kind, at, depth)


def _typed(data: bytes, kind: int, at: int, depth: int = 0) -> Found | None:
    if kind in (_IPV4, _IPV6):
        return _ip(data, at, depth)
    if kind in _TAGS:
        return _ether(data, at + 2, depth)
    if kind == _PPPOE:
        return _ip(data, at + 8, depth) if data[at + 6 : at + 8] in (b"\x00\x21", b"\x00\x57") else None
    if kind in _MPLS:
        while not data[at + 2] & 1:
            at += 4
        return _ip(data, at + 4, depth)
    return None if kind in _NO_IP else _rare(_ETHERNET, data)


def _ip(data: bytes, at: int, depth: int = 0) -> Found | None:
    version = data[at] >> 4
    if depth > _MAX_DEPTH or version not in (4, 6):
        return None
    if version == 4:
        start = at + (data[at] & 15) * 4
        # Segmentation that is left to the network card shows as a length of 0.
        end = min(len(data), at + (_two(data, at + 2)[0] or len(data)))
        protocol, addresses = data[at + 9], data[at + 12 : at + 20]
        if _two(data, at + 6)[0] & 0x3FFF:
            return None
    else:
        start, protocol, addresses = at + 40, data[at + 6], data[at + 8 : at + 40]
        end = min(len(data), start + (_two(data, at + 4)[0] or len(data)))
        while protocol in _EXTENSIONS:
            protocol, start = data[start], start + 8 + data[start + 1] * 8
    return _carried(data, protocol, addresses, start, end, depth)


def _carried(data: bytes, protocol: int, addresses: bytes, start: int, end: int, depth: int) -> Found | None:
    if protocol == _TCP:
        return Found(protocol, addresses, start, end)
    if protocol == _UDP:
        if _two(data, start + 2)[0] == _VXLAN_PORT:
            return _ether(data, start + 16 + 12, depth + 1)
        return Found(protocol, addresses, start, end)
    if protocol in (_IP_IN_IP, _IPV6_IN_IP):
        return _ip(data, start, depth + 1)
    if protocol == _GRE and not depth:
        # Without checksum, routing and key, the type of what it carries stands behind two bytes of flags.
        optional = sum(4 for bit in (0x80, 0x20, 0x10) if data[start] & bit)
        return _typed(data, _two(data, start + 2)[0], start + 4 + optional, depth + 1)
    return None


def _rare(link: int, data: bytes) -> Found | None:
    """Any other link layer, as scapy reads it; None for one that it does not know, or for bytes it cannot read."""
    if find_spec("scapy") is None:
        raise CaptureError("this capture has packets that need scapy: pip install 'minitls[capture]'")
    # scapy warns of odd bytes in the log.
    logging.getLogger("scapy").setLevel(logging.CRITICAL)
    import scapy.layers.all  # noqa: F401 -- importing registers the link layers
    from scapy.config import conf
    from scapy.layers.inet import IP
    from scapy.layers.inet6 import IPv6

    layer: Any = conf.l2types.num2layer.get(link)
    if layer is None or not data:
        return None
    try:
        packet = layer(data)
        ip = next((packet[each] for each in (IP, IPv6) if each in packet), None)
        whole = bytes(ip.original) if ip is not None else b""
    except Exception:  # scapy's dissectors document no closed list of what malformed packets can raise.
        return None
    # What scapy found is looked at again from its IP header on, where it lies in the packet.
    at = data.find(whole[:40]) if whole else -1
    return _ip(data, at) if at >= 0 else None


def likely_client(source: Address, other: Address, payload: bytes) -> Address:
    """Who is the client, when no SYN tells: who sends ClientHello, else who has the higher port."""
    if payload[:1] == b"\x16" and payload[5:6] in (b"\x01", b"\x02"):
        return source if payload[5:6] == b"\x01" else other
    return max(source, other, key=lambda each: each.port)
