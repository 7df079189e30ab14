"""Where a handshake's time goes: microseconds of each turn, client and server by turns.

    python -m tests.benchmarks.flights [NAME ...]           # minitls, ssl and pyopenssl

Warm: handshakes come in blocks, interleaved over the names; the first of each block are left out and the median counts,
so that neither a turn in which another program ran nor the cold cache that it left does.
"""

from __future__ import annotations

import sys
import tempfile
from itertools import pairwise
from pathlib import Path
from statistics import median
from time import perf_counter_ns
from typing import Any

from minitls.benchmark.adapter import EngineAdapter
from minitls.benchmark.credentials import Credentials
from minitls.benchmark.measures import GCM, connected

from .adapters import TITLES, adapter_named, installed

BLOCKS, WARM, KEPT = 25, 5, 20
#: More turns than any handshake has.
_MAX_TURNS = 12
STEPS = ("client", "server", "client", "server", "client")


def turns(adapter: EngineAdapter, session: Any) -> list[int]:
    """Nanoseconds of each turn of one handshake; setting up an end counts to its first."""
    marks = [perf_counter_ns()]
    client = adapter.client(session)
    flight = client.feed(b"")
    marks.append(perf_counter_ns())
    server = adapter.server()
    for turn in range(_MAX_TURNS):
        if not flight:
            break
        flight = (client if turn % 2 else server).feed(flight)
        marks.append(perf_counter_ns())
    adapter.pair(client, server).close()
    return [end - start for start, end in pairwise(marks)]


def medians(adapters: dict[str, EngineAdapter], resuming: bool) -> dict[str, list[float]]:
    """Microseconds of each turn by implementation."""
    sessions = dict.fromkeys(adapters)
    if resuming:
        for name, adapter in adapters.items():
            pair = connected(adapter)
            sessions[name] = pair.session
            pair.close()
    rows: dict[str, list[list[int]]] = {name: [] for name in adapters}
    for _ in range(BLOCKS):
        for name, adapter in adapters.items():
            rows[name] += [turns(adapter, sessions[name]) for _ in range(WARM + KEPT)][WARM:]
    return {name: [median(step) / 1000 for step in zip(*kept, strict=True)] for name, kept in rows.items()}


def main(names: tuple[str, ...]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        credentials = Credentials.make(Path(folder))
        made = {name: adapter_named(name)(credentials, GCM) for name in installed(names)}
        adapters = {name: adapter for name, adapter in made.items() if isinstance(adapter, EngineAdapter)}
        for kind in ("full", "resumed"):
            print(f"\n{kind + ', us':14}" + "".join(f"{step:>9}" for step in (*STEPS, "= client", "+ server")))
            for name, steps in medians(adapters, kind == "resumed").items():
                cells = [f"{step:.1f}" for step in steps] + [""] * (len(STEPS) - len(steps))
                cells += [f"{sum(side):.1f}" for side in (steps[::2], steps[1::2])]
                print(f"{TITLES[name]:14}" + "".join(f"{cell:>9}" for cell in cells))


if __name__ == "__main__":
    main(tuple(sys.argv[1:]) or ("minitls", "ssl", "pyopenssl"))
