"""Rounds: every implementation is asked for every measure, one at a time and in turns, so that all see one machine."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self, TypeVar

#: Seconds after which a child that does not answer is ended; the slowest sample there is takes two.
PATIENCE = 120

#: Values by measure and by implementation, one a round.
Samples = dict[str, dict[str, list[float]]]
T = TypeVar("T")


class Failed(Exception):
    """A child ended instead of answering; what it said about it is on standard error."""


class Child:
    """A Python program that answers lines with lines of JSON. It ends with the block, and whenever it is silent."""

    def __init__(self, *arguments: str | Path, folder: Path | None = None) -> None:
        self.name = " ".join(map(str, arguments))
        self.process = subprocess.Popen(
            [sys.executable, *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=folder,
        )

    def read(self) -> Any:
        """The next line. Failed if there is none within PATIENCE."""
        assert self.process.stdout
        alarm = threading.Timer(PATIENCE, self.process.kill)
        alarm.start()
        try:
            line = self.process.stdout.readline()
        finally:
            alarm.cancel()
        if not line:
            raise Failed(f"{self.name} ended with status {self.process.wait(PATIENCE)}")
        return json.loads(line)

    def ask(self, request: object) -> Any:
        """The answer to one request. Failed if the child has ended."""
        assert self.process.stdin
        try:
            print(json.dumps(request), file=self.process.stdin, flush=True)
        except BrokenPipeError:
            raise Failed(f"{self.name} ended with status {self.process.wait(PATIENCE)}") from None
        return self.read()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self.process.stdin and self.process.stdout
        try:
            self.process.stdin.close()
            self.process.wait(5)
        except (BrokenPipeError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


def turned(items: Sequence[T], by: int) -> list[T]:
    """The items from number `by` on, and then those before it."""
    by %= len(items)
    return [*items[by:], *items[:by]]


def rates(
    names: Sequence[str],
    measures: Sequence[str],
    start: Callable[[str], Child],
    *,
    rounds: int,
    budget: float,
    tell: Callable[[str, str], None],
) -> Samples:
    """Samples of `budget` CPU seconds, by rounds in which another implementation begins each time.

    `start` gives the worker of a name; `tell` hears of each sample before it is taken. What an implementation does not
    do is left out.
    """
    samples: Samples = {}
    with ExitStack() as stack:
        workers = {name: stack.enter_context(start(name)) for name in names}
        for turn in range(rounds):
            for measure in measures:
                for name in turned(names, turn):
                    tell(measure, name)
                    rate = workers[name].ask({"measure": measure, "budget": budget})
                    if rate is not None:
                        samples.setdefault(measure, {}).setdefault(name, []).append(rate)
    return samples
