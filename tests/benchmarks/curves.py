"""How cost grows with size. On doubly logarithmic paper a power is a straight line: its slope is the exponent.

The slope is fitted (least squares) to the larger half of the sizes, where what is paid once no longer hides it: 1 is
linear, 2 would be quadratic.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from math import log
from pathlib import Path
from statistics import linear_regression, median
from typing import NamedTuple

from cryptography.hazmat.primitives.serialization import Encoding

from minitls.benchmark.credentials import Credentials
from minitls.benchmark.measures import GCM, Work, cost
from minitls.benchmark.ours import OurAdapter
from minitls.pki.faults.issue import ca_plan, hold, root_plan, server_plan
from minitls.pki.trust import TrustStore
from minitls.trace.check import check
from minitls.trace.file.jsonl import open_private, read_trace

from .alone import decoding, judging
from .captures import RECORD
from .servers import idle

#: How often each point is measured; the median counts.
REPEATS = 3
Tell = Callable[[str, str], None]


class Curve(NamedTuple):
    """Cost by size."""

    words: str
    size: str
    """What the size counts."""
    unit: str
    sizes: list[int]
    values: list[float]

    @property
    def exponent(self) -> float:
        """The slope over the larger half of the sizes. ValueError with fewer than two of them above zero."""
        half = len(self.sizes) // 2 if len(self.sizes) > 3 else 0
        points = [(log(size), log(value)) for size, value in zip(self.sizes, self.values, strict=True) if value > 0]
        points = [point for point in points if point[0] >= log(self.sizes[half])]
        if len(points) < 2:
            raise ValueError("a slope takes two points")
        return linear_regression(*zip(*points, strict=True)).slope


def chain(_credentials: Credentials, _root: Path, quick: bool, tell: Tell) -> Curve:
    """Judging a chain that was never seen, by certificates on its path, root included."""
    sizes = [2, 3, 5] if quick else [2, 3, 4, 5, 6, 8, 10]
    holders = [hold(root_plan("benchmark root", permitted=()))]
    while len(holders) < sizes[-1] - 1:
        holders.append(hold(ca_plan(f"benchmark CA {len(holders)}", path_length=None), holders[-1]))
    trust = TrustStore.of([holders[0].certificate.public_bytes(Encoding.DER)])
    values = []
    for size in sizes:
        tell("chain", str(size))
        issuers = holders[: size - 1]
        leaf = hold(server_plan("benchmark server", "server.test"), issuers[-1])
        sent = [leaf, *issuers[:0:-1]]
        encoded = [each.certificate.public_bytes(Encoding.DER) for each in sent]
        values.append(_median(judging(encoded, trust, "server.test", cold=True)) * 1e6)
    return Curve("judge a chain, never seen", "certificates", "us", sizes, values)


def trace(credentials: Credentials, _root: Path, quick: bool, tell: Tell) -> Curve:
    """Reading a trace from its file and deriving it again, by records of data."""
    sizes = [10, 100] if quick else [10, 100, 1_000, 3_000, 10_000]
    adapter, values = OurAdapter(credentials, GCM), []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "t.jsonl")
        for size in sizes:
            tell("trace", f"{size:,}")
            adapter.recorded(open_private(path), b"a line of a hundred bytes".ljust(100), size)
            values.append(_median(lambda: check(read_trace(path))) * 1e3)
    return Curve("read a trace and derive it again", "records", "ms", sizes, values)


def decode(credentials: Credentials, _root: Path, quick: bool, tell: Tell) -> Curve:
    """Decoding a capture with full segments, by its size."""
    sizes = [128, 512] if quick else [256, 512, 1_024, 2_048, 4_096]
    adapter, values = OurAdapter(credentials, GCM), []
    with tempfile.TemporaryDirectory() as folder:
        for size in sizes:
            tell("decode", f"{size:,} KiB")
            values.append(_median(decoding(adapter, Path(folder), size << 10, RECORD)) * 1e3)
    return Curve("decode a capture", "KiB", "ms", sizes, values)


def connections(name: str, credentials: Credentials, root: Path, sizes: list[int], tell: Tell) -> Curve:
    """Memory of an asyncio server by the connections that are open and silent."""
    grown = idle(name, sizes, credentials.folder, root, lambda size: tell("idle", f"{size:,}"))
    return Curve("idle connections of an asyncio server", "connections", "MB", sizes, [kib / 1024 for kib in grown])


def ours_idle(credentials: Credentials, root: Path, quick: bool, tell: Tell) -> Curve:
    """`minitls.start_server`."""
    return connections("minitls", credentials, root, [1, 10, 100] if quick else [1, 10, 100, 1_000, 10_000], tell)


def ssl_idle(credentials: Credentials, root: Path, quick: bool, tell: Tell) -> Curve:
    """`asyncio.start_server(ssl=...)`, a tenth as far."""
    curve = connections("ssl", credentials, root, [1, 10, 100] if quick else [1, 10, 100, 1_000], tell)
    return curve._replace(words="the same with ssl")


CURVES: dict[str, Callable[[Credentials, Path, bool, Tell], Curve]] = {
    "chain-length": chain,
    "trace-size": trace,
    "capture-size": decode,
    "idle": ours_idle,
    "idle-ssl": ssl_idle,
}
#: How many points each has, for whoever shows how far it is.
POINTS = {"chain-length": (3, 7), "trace-size": (2, 5), "capture-size": (2, 5), "idle": (3, 5), "idle-ssl": (3, 4)}


def _median(operation: Work) -> float:
    return median(cost(operation, 0.02) for _ in range(REPEATS))
