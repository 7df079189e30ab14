"""Capture files made by scapy from recorded byte streams: TCP with right numbers, in any order asked for."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.peers import shared

CLIENT, SERVER = "10.0.0.1", "10.0.0.2"
Flow = tuple[str, bytes]


class Recording(NamedTuple):
    """One handshake between OpenSSL's client and server, as ../shared/vectors/openssl-recorded holds it."""

    name: str
    flows: tuple[Flow, ...]
    keylog: str

    @property
    def is_rsa(self) -> bool:
        return not self.name.startswith("ECDHE")


@cache
def recordings() -> tuple[Recording, ...]:
    """The fourteen recordings: twelve with TLS_RSA suites, two with ECDHE."""
    told = json.loads(shared("vectors/openssl-recorded/handshakes.json").read_text())
    return tuple(
        Recording(each["name"], tuple((side, bytes.fromhex(data)) for side, data in each["flows"]), each["keylog"])
        for each in told["handshakes"]
    )


def server_key() -> Path:
    return shared("vectors/openssl-recorded/server.key")


def packets(
    flows: Iterable[Flow],
    *,
    port: int = 40000,
    start: int = 0xFFFFFF00,
    size: int = 700,
    syn: bool = True,
    when: int = 0,
) -> list[Any]:
    """TCP segments of at most `size` bytes. By default the sequence numbers wrap around 2^32 on the way."""
    pytest.importorskip("scapy")
    from scapy.layers.inet import IP, TCP
    from scapy.layers.l2 import Ether

    sequence = {"client": start, "server": start + 77}
    made: list[Any] = []

    def add(side: str, flags: str, data: bytes = b"") -> None:
        client = side == "client"
        ip = IP(src=CLIENT, dst=SERVER) if client else IP(src=SERVER, dst=CLIENT)
        other = sequence["server" if client else "client"]
        tcp = TCP(
            sport=port if client else 4433,
            dport=4433 if client else port,
            flags=flags,
            seq=sequence[side] % 2**32,
            ack=other % 2**32,
        )
        packet = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / ip / tcp / data
        packet.time = 1_700_000_000 + when + len(made) / 1000
        made.append(packet)
        sequence[side] += len(data) + ("S" in flags or "F" in flags)

    if syn:
        add("client", "S")
        add("server", "SA")
        add("client", "A")
    for side, data in flows:
        for at in range(0, len(data), size):
            add(side, "PA", data[at : at + size])
    add("client", "FA")
    add("server", "FA")
    return made


def disturbed(original: Sequence[Any], seed: int) -> list[Any]:
    """The same packets shuffled, a third of them twice."""
    chance = random.Random(seed)
    mixed = list(original) + chance.sample(list(original), len(original) // 3)
    chance.shuffle(mixed)
    return mixed


def pcap(path: Path, made: Sequence[Any]) -> Path:
    from scapy.utils import wrpcap

    wrpcap(str(path), list(made))
    return path
