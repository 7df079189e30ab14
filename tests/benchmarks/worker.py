"""One implementation in a process of its own, for all measures there are; or the memory that its connections take.

python -m tests.benchmarks.worker NAME FOLDER             answers as minitls/benchmark/worker.py does
python -m tests.benchmarks.worker NAME FOLDER PAIRS       KiB an open pair, once
"""

from __future__ import annotations

import gc
import json
import os
import sys
from pathlib import Path

from minitls.benchmark.adapter import Adapter, Pair
from minitls.benchmark.credentials import Credentials
from minitls.benchmark.measures import GCM, MEASURES, connected
from minitls.benchmark.traced import TRACED
from minitls.benchmark.worker import answer

from .adapters import adapter_named
from .alone import ALONE


def resident() -> int:
    """Bytes of this process that are in memory."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def memory(adapter: Adapter, pairs: int) -> float:
    """KiB a pair that has sent a byte and stays open."""

    def opened() -> Pair:
        pair = connected(adapter)
        pair.send(b"x")
        return pair

    kept = [opened() for _ in range(20)]  # What is set up once is not to count.
    before = resident()
    kept += [opened() for _ in range(pairs)]
    return (resident() - before) / pairs / 1024


if __name__ == "__main__":
    kind, folder = adapter_named(sys.argv[1]), Path(sys.argv[2])
    if len(sys.argv) > 3:
        print(json.dumps(memory(kind(Credentials(folder), GCM), int(sys.argv[3]))))
    else:
        answer(kind, folder, {**MEASURES, **TRACED, **ALONE})
