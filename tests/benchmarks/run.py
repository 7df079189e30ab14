"""One run: every measure that is asked for, each by its own way of measuring."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from minitls.benchmark.credentials import Credentials
from minitls.benchmark.rounds import Child, Samples, rates, turned

from .catalog import ASKED, ROWS, SERVED, STARTED
from .curves import CURVES, POINTS, Curve
from .servers import SERVERS, handshakes
from .startup import commands, startups

ROOT = Path(__file__).resolve().parent.parent.parent
#: All that can be asked for.
EVERY = (*ROWS, *CURVES)
#: Open pairs whose memory is measured, fewer where each takes long to make, and how many rounds of that are enough.
PAIRS, SLOW_PAIRS, MEMORY_ROUNDS = 2_000, 200, 3


@dataclass(frozen=True)
class Run:
    """What is measured of whom, and for how long. `tell` hears of each sample before it is taken."""

    credentials: Credentials
    names: list[str]
    measures: tuple[str, ...]
    rounds: int
    budget: float
    """CPU seconds of one sample."""
    quick: bool
    tell: Callable[[str, str], None]

    @cached_property
    def steps(self) -> int:
        """How many samples there will be."""
        served = [each for each in SERVERS if each[0] in self._of(SERVED) and each[1] in self.names]
        started = sum(len(commands(each, self.names)) for each in self._of(STARTED))
        a_round = len(self._of(ASKED)) * len(self.names) + len(served) + started
        points = sum(POINTS[each][not self.quick] for each in self._of(tuple(CURVES)))
        return self.rounds * a_round + self._memory_rounds * len(self.names) + points

    def samples(self) -> Samples:
        """What is measured in rounds. Failed if something does not answer or does other work than it should."""
        names, folder, found = self.names, self.credentials.folder, Samples()
        if asked := self._of(ASKED):
            found |= rates(names, asked, self._worker, rounds=self.rounds, budget=self.budget, tell=self.tell)
        if served := self._of(SERVED):
            found |= handshakes(served, names, folder, ROOT, rounds=self.rounds, budget=self.budget, tell=self.tell)
        if self._memory_rounds:
            found |= self._memory()
        if started := self._of(STARTED):
            found |= startups(started, names, ROOT, rounds=self.rounds, tell=self.tell)
        return found

    def curves(self) -> dict[str, Curve]:
        """What is measured by size."""
        return {name: CURVES[name](self.credentials, ROOT, self.quick, self.tell) for name in self._of(tuple(CURVES))}

    def _of(self, kind: tuple[str, ...]) -> list[str]:
        return [each for each in kind if each in self.measures]

    def _worker(self, name: str) -> Child:
        return Child("-m", "tests.benchmarks.worker", name, self.credentials.folder, folder=ROOT)

    @property
    def _memory_rounds(self) -> int:
        return min(self.rounds, MEMORY_ROUNDS) if "memory" in self.measures else 0

    def _memory(self) -> Samples:
        """KiB an open pair, each time in a new process."""
        found: dict[str, list[float]] = {}
        for turn in range(self._memory_rounds):
            for name in turned(self.names, turn):
                self.tell("memory", name)
                pairs = SLOW_PAIRS if self.quick or name == "tlslite" else PAIRS
                arguments = ("-m", "tests.benchmarks.worker", name, str(self.credentials.folder), str(pairs))
                with Child(*arguments, folder=ROOT) as child:
                    found.setdefault(name, []).append(child.read())
        return {"memory": found}
