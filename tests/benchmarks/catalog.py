"""Every measure there is: what it is called, in what unit, what it is compared with, and where it is to arrive."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from minitls.benchmark.measures import MEASURES
from minitls.benchmark.traced import TRACED

from .alone import ALONE


class Aim(NamedTuple):
    """The goal of a figure, and the least with which it passes."""

    goal: float
    least: float


class Row(NamedTuple):
    """One measure. `base` is the implementation whose figure the others are divided by, "" where none is."""

    name: str
    words: str
    unit: str
    base: str = ""
    less_is_better: bool = False
    aim: Aim | None = None
    """Of the ratio to `base` where there is one, else of the figure itself."""

    def passes(self, figure: float) -> bool:
        """Whether a figure reaches its goal."""
        if self.aim is None:
            return True
        return figure <= self.aim.goal if self.less_is_better else figure >= self.aim.goal


_AIMS = {
    "full": Aim(1.4, 1.3),
    "anew": Aim(1.1, 0.95),
    "resumed": Aim(3.0, 2.4),
    "gcm": Aim(1.45, 1.35),
    "cbc": Aim(0.98, 0.93),
    "small": Aim(0.65, 0.55),
    "coalesced": Aim(0.65, 0.55),
    "trickled": Aim(2.5, 2.0),
    "server": Aim(1.1, 1.0),
    "memory": Aim(15, 18),
    "import": Aim(62, 68),
    "help": Aim(1.6, 1.6),
    "trace-file": Aim(3, 3),
    "decode-full": Aim(20, 15),
    "decode-small": Aim(3, 3),
}
#: What the memory of 10,000 idle connections may be, in MB.
IDLE_LIMIT = 250


def _rows() -> Iterable[Row]:
    for each in MEASURES.values():
        yield Row(each.name, each.words, each.unit, "ssl")
    yield Row("server", "server over TCP, full handshakes", "handshakes/s", "ssl")
    yield Row("asyncio", "asyncio server, full handshakes", "handshakes/s", "ssl")
    yield Row("memory", "memory of an open pair", "KiB", less_is_better=True)
    yield Row("import", "import", "ms", less_is_better=True)
    yield Row("help", "minitls --help, x loading its libraries", "ms", "libraries", True)
    for traced in TRACED.values():
        yield Row(traced.name, traced.words, traced.unit, less_is_better=True)
    for alone in ALONE.values():
        yield Row(alone.name, alone.words, alone.unit, less_is_better=not alone.size)


ROWS = {each.name: each._replace(aim=_AIMS.get(each.name)) for each in _rows()}
SERVED, STARTED = ("server", "asyncio"), ("import", "help")
#: Those that workers answer: one process for each implementation.
ASKED = (*MEASURES, *TRACED, *ALONE)
