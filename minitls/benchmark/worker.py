"""One implementation in a process of its own: it answers a JSON request a line, so that others can take their turns.

python -m minitls.benchmark.worker NAME FOLDER        # NAME is minitls or ssl, FOLDER has the credentials
{"measure": "full", "budget": 0.1}                    # asked on standard input
1302.7                                                # answered on standard output; null: it does not do that
"""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Protocol

from .adapter import Adapter, Terms
from .credentials import Credentials
from .measures import MEASURES
from .traced import TRACED

#: What takes part in `minitls bench`.
NAMES = ("minitls", "ssl")


class Sampled(Protocol):
    """Whatever gives a sample of an adapter: a `Measure`, or what only minitls can do."""

    @property
    def terms(self) -> Terms: ...

    def sample(self, adapter: Adapter, budget: float) -> float | None: ...


def adapter_named(name: str) -> type[Adapter]:
    """The adapter of a name in NAMES. KeyError for another."""
    from .ours import OurAdapter
    from .python_ssl import SSLAdapter

    return {"minitls": OurAdapter, "ssl": SSLAdapter}[name]


def answer(kind: type[Adapter], folder: Path, measures: Mapping[str, Sampled]) -> None:
    """Answer requests until standard input ends. An adapter is made once for each kind of terms."""
    # Ctrl-C is for whoever asks: it ends the questions, and with them this.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    made = cache(lambda terms: kind(Credentials(folder), terms))
    for line in sys.stdin:
        request = json.loads(line)
        measure = measures[request["measure"]]
        print(json.dumps(measure.sample(made(measure.terms), request["budget"])), flush=True)


if __name__ == "__main__":
    answer(adapter_named(sys.argv[1]), Path(sys.argv[2]), {**MEASURES, **TRACED})
