"""minitls against the vectors: compute every case, compare every value, name the first one that differs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from ...errors import TLSError
from . import external_vectors as foreign
from .areas import AREAS, Compute
from .report import Result
from .vector_files import Case, VectorFile, load, shipped

_NOTHING: Any = object()


class Mismatch(NamedTuple):
    """The first value that is not as expected, by its name; both as JSON, `computed` None if there is none."""

    name: str
    expected: Any
    computed: Any

    def __str__(self) -> str:
        return f"{self.name}: expected {_short(self.expected)}, computed {_short(self.computed)}"


class CaseResult(NamedTuple):
    """How one case went."""

    case: str
    difference: Mismatch | None
    seconds: float

    @property
    def ok(self) -> bool:
        return self.difference is None


@dataclass(frozen=True)
class FileReport:
    """How the cases of one file went."""

    path: Path
    area: str
    outcomes: tuple[CaseResult, ...]

    @property
    def passed(self) -> int:
        return sum(outcome.ok for outcome in self.outcomes)

    @property
    def failures(self) -> list[CaseResult]:
        return [outcome for outcome in self.outcomes if not outcome.ok]

    @property
    def seconds(self) -> float:
        return sum(outcome.seconds for outcome in self.outcomes)


def run(
    paths: Sequence[Path] = (), progress: Callable[[VectorFile, CaseResult], None] | None = None
) -> list[FileReport]:
    """Run vector files, by default those shipped; `progress` is called after each case.

    Files in a form of Wycheproof or ACVP are run too. Raises BadVectorFile before anything has been computed if a
    file cannot be read.
    """
    files = [read(path) for path in paths or shipped()]
    reports = []
    for file, compute in files:
        outcomes = []
        for outcome in outcomes_of(file.cases, compute):
            outcomes.append(outcome)
            if progress:
                progress(file, outcome)
        reports.append(FileReport(file.path, file.area, tuple(outcomes)))
    return reports


def read(path: Path) -> tuple[VectorFile, Compute]:
    """A file, and the function that computes its cases. BadVectorFile if it cannot be used."""
    known = foreign.recognise(path)
    if known is not None:
        return known
    file = load(path)
    return file, AREAS[file.area]


def outcomes_of(cases: Iterable[Case], compute: Compute) -> Iterator[CaseResult]:
    """Each case computed and compared."""
    for case in cases:
        begin = time.perf_counter()
        difference = compare(case, compute)
        yield CaseResult(case.id, difference, time.perf_counter() - begin)


def compare(case: Case, compute: Compute) -> Mismatch | None:
    """The first expected value that was not computed; a fault counts as the value "error"."""
    try:
        computed = compute(case.given)
    except TLSError as fault:
        computed = {"error": fault.alert.name if fault.alert is not None else str(fault)}
    except ValueError as fault:
        computed = {"error": str(fault)}
    unexpected = {"error": None} if "error" in computed and "error" not in case.expect else {}
    for name, expected in {**unexpected, **case.expect}.items():
        value = computed.get(name, _NOTHING)
        if value is _NOTHING or value != expected:
            return Mismatch(name, expected, None if value is _NOTHING else value)
    return None


def results(reports: Iterable[FileReport]) -> Iterator[Result]:
    """Every outcome, in the form that `report` writes."""
    for report in reports:
        for outcome in report.outcomes:
            yield Result(report.path.name, outcome.case, outcome.ok, str(outcome.difference or ""), outcome.seconds)


def as_dict(reports: Iterable[FileReport]) -> dict[str, Any]:
    """Every outcome as JSON types."""
    files = [
        {
            "file": report.path.name,
            "area": report.area,
            "passed": report.passed,
            "cases": [
                {
                    "id": outcome.case,
                    "ok": outcome.ok,
                    "difference": outcome.difference._asdict() if outcome.difference else None,
                }
                for outcome in report.outcomes
            ],
        }
        for report in reports
    ]
    return {"ok": not any(report.failures for report in reports), "files": files}


def _short(value: Any) -> str:
    text = "nothing" if value is None else value if isinstance(value, str) else str(value)
    return text if len(text) <= 48 else f"{text[:32]}..{text[-8:]} ({len(text)} digits)"
