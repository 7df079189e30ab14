"""Somebody else's implementation, graded: asked question by question, and every miss explained.

Part one asks a program for pure functions, one JSON line at a time (`operations.py`, `subject.py`). Part two
(`live.py`) holds whole conversations with a program that connects or listens.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..diagnose.diagnose import diagnose
from ..diagnose.telling import sentence
from ..vectors.report import Result
from .operations import NAMES, GradedQuestion, questions
from .subject import Subject, Trouble

#: A program that dies or hangs is started again so many times; after that, its questions count as missed.
RESTARTS = 5

PASSED, FAILED, NOT_ATTEMPTED = "passed", "failed", "not attempted"


class Mark(NamedTuple):
    """How one question, or one conversation, went."""

    area: str
    case: str
    state: str
    message: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Score:
    """All marks; areas in the order in which one implements TLS."""

    marks: tuple[Mark, ...]

    @property
    def areas(self) -> dict[str, list[Mark]]:
        """The marks of each area."""
        found: dict[str, list[Mark]] = {}
        for mark in self.marks:
            found.setdefault(mark.area, []).append(mark)
        return found

    @property
    def percent(self) -> float:
        """Every area counts the same: 100 if all is passed. What was not attempted counts as missed."""
        shares = [sum(m.state == PASSED for m in marks) / len(marks) for marks in self.areas.values()]
        return 100 * sum(shares) / len(shares) if shares else 0.0

    @property
    def perfect(self) -> bool:
        """Nothing failed and nothing was left out."""
        return bool(self.marks) and all(mark.state == PASSED for mark in self.marks)

    @property
    def results(self) -> Iterator[Result]:
        """The marks in the form that `report` writes."""
        for mark in self.marks:
            attempted = mark.state != NOT_ATTEMPTED
            yield Result(mark.area, mark.case, mark.state == PASSED, mark.message, mark.seconds, attempted)

    def as_dict(self) -> dict[str, Any]:
        """The score as JSON types."""
        return {
            "percent": round(self.percent, 1),
            "areas": {
                area: {
                    state.replace(" ", "_"): sum(mark.state == state for mark in marks)
                    for state in (PASSED, FAILED, NOT_ATTEMPTED)
                }
                for area, marks in self.areas.items()
            },
            "missed": [
                {"area": mark.area, "case": mark.case, "state": mark.state, "message": mark.message}
                for mark in self.marks
                if mark.state == FAILED
            ],
        }


def grade(
    command: Sequence[str],
    *,
    only: Iterable[str] = (),
    timeout: float = 5.0,
    progress: Callable[[Mark], None] | None = None,
) -> Score:
    """Ask a program every question. `only`: names of operations; `timeout`: seconds for each answer.

    ValueError for an operation that does not exist. Whatever the program does, it is gone afterwards.
    """
    chosen = set(only) or set(NAMES)
    if unknown := chosen - set(NAMES):
        raise ValueError(f"there is no operation {min(unknown)!r}; there are {', '.join(NAMES)}")
    marks = []
    for mark in _marks(command, [q for q in questions() if q.operation in chosen], timeout):
        marks.append(mark)
        if progress:
            progress(mark)
    return Score(tuple(marks))


def _marks(command: Sequence[str], asked: Sequence[GradedQuestion], timeout: float) -> Iterator[Mark]:
    subject: Subject | None = None
    started = 0
    try:
        for number, question in enumerate(asked, 1):
            begin = time.perf_counter()
            try:
                if subject is None:
                    if started > RESTARTS:
                        yield Mark(question.operation, question.case, FAILED, "the program was given up on")
                        continue
                    started += 1
                    subject = Subject(command, timeout)
                request = {"id": str(number), "operation": question.operation, **question.inputs}
                state, message = judge(question, subject.ask(request))
                if subject.twice:
                    state, message = FAILED, f"it answered request {subject.twice.pop()} twice"
            except Trouble as trouble:
                state, message = FAILED, str(trouble)
                if trouble.fatal:
                    subject = None
            yield Mark(question.operation, question.case, state, message, time.perf_counter() - begin)
    finally:
        if subject is not None:
            subject.kill()


def judge(question: GradedQuestion, answer: dict[str, Any]) -> tuple[str, str]:
    """The state and the message that an answer deserves."""
    if answer.get("unsupported") is True:
        return NOT_ATTEMPTED, ""
    if "error" in answer:
        if question.result is None and question.alert not in ("", answer["error"]):
            return FAILED, (
                f"it refuses with {_short(answer['error'])}, not {question.alert}: one and the same error for every "
                "fault, or an attacker learns from the difference (Vaudenay 2002)"
            )
        if question.result is None:
            return PASSED, ""
        return FAILED, f"it refuses with {_short(answer['error'])} what is well-formed and authentic"
    if "result" not in answer:
        return FAILED, 'the answer has neither "result" nor "error" nor "unsupported"'
    result = answer["result"]
    if question.result is None:
        return FAILED, f"it accepts what must be refused: {_short(result)}"
    if isinstance(result, str) and isinstance(question.result, str):
        result = result.lower()
    if result == question.result:
        return PASSED, ""
    return FAILED, _explain(question, result)


def _explain(question: GradedQuestion, result: Any) -> str:
    if isinstance(question.result, dict) and isinstance(result, dict):
        wrong = next((name for name, value in question.result.items() if result.get(name) != value), None)
        if wrong:
            return f"{wrong}: {_short(result.get(wrong))}, should be {_short(question.result[wrong])}"
    text = f"{_short(result)}, should be {_short(question.result)}"
    if not isinstance(result, str) or not isinstance(question.result, str):
        return text
    try:
        value = bytes.fromhex(result)
    except ValueError:
        return f"{text}: this is no hex"
    if question.facts is None or not question.value:
        return text
    for finding in diagnose(question.facts, {question.value: value}).findings:
        for explanation in finding.explanations:
            fixes = "; ".join(mistake.fix for mistake in explanation.mistakes)
            return f"{sentence(finding, explanation)}. Fix: {fixes}"
    return text


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 50 else f"{text[:40]}.. ({len(text)} characters)"
