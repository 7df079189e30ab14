"""Somebody else's implementation, graded: asked question by question, and every miss explained.

Part one asks a program for pure functions, one JSON line at a time (`operations.py`, `subject.py`). Part two
(`live.py`) holds whole conversations with a program that connects or listens.
"""

from __future__ import annotations

import shlex
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from ..diagnose.diagnose import diagnose
from ..diagnose.mistakes.recipe import OUTPUT
from ..diagnose.telling import sentence
from ..vectors.report import Result
from ..vectors.running import CannotStart
from .operations import NAMES, GradedQuestion, questions
from .subject import Subject, Trouble

#: A program that dies or hangs is started again so many times in an area; after that, the area's questions count as
#: missed, and the next area begins anew.
RESTARTS = 3
#: So many wrong answers of an area are looked into, and so many that no mistake explains for two: the rest is likely
#: more of the same.
EXPLAINED, EXPLAINED_BY_TWO = 40, 4

PASSED, FAILED, NOT_ATTEMPTED = "passed", "failed", "not attempted"


class Mark(NamedTuple):
    """How one question, or one conversation, went."""

    area: str
    case: str
    state: str
    message: str = ""
    seconds: float = 0.0
    reasons: tuple[str, ...] = ()
    """Every mistake that gives the answer, in a sentence with its fix."""


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
            "reasons": [
                {"area": area, "cases": group.cases, "named": group.named, "message": group.message}
                for area in self.areas
                for group in self.groups(area)
            ],
        }

    def groups(self, area: str) -> list[FaultGroup]:
        """The misses of an area by reason: named mistakes first, and among them what explains most cases."""
        missed = [mark for mark in self.areas[area] if mark.state == FAILED]
        named: list[FaultGroup] = []
        while True:
            count = Counter(reason for mark in missed for reason in mark.reasons)
            if not count:
                break
            reason = count.most_common(1)[0][0]
            named.append(FaultGroup(reason, [mark.case for mark in missed if reason in mark.reasons], True))
            missed = [mark for mark in missed if reason not in mark.reasons]
        others: dict[str, list[str]] = {}
        for mark in missed:
            others.setdefault(mark.message, []).append(mark.case)
        unnamed = [FaultGroup(message, cases, False) for message, cases in others.items()]
        return named + sorted(unnamed, key=lambda group: -len(group.cases))


class FaultGroup(NamedTuple):
    """Misses with one reason."""

    message: str
    cases: list[str]
    named: bool


def grade(
    command: Sequence[str],
    *,
    only: Iterable[str] = (),
    timeout: float = 5.0,
    progress: Callable[[Mark], None] | None = None,
) -> Score:
    """Ask a program every question. `only`: names of operations; `timeout`: seconds for each answer.

    ValueError for an operation that does not exist, CannotStart for a program that never answers. Whatever the program
    does, it is gone afterwards.
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
    deaths: Counter[str] = Counter()
    misses: Counter[str] = Counter()
    unexplained: Counter[str] = Counter()
    answered = False
    try:
        for number, question in enumerate(asked, 1):
            begin = time.perf_counter()
            reasons: tuple[str, ...] = ()
            try:
                if subject is None:
                    if deaths[question.operation] > RESTARTS:
                        yield Mark(question.operation, question.case, FAILED, "the program was given up on")
                        continue
                    subject = Subject(command, timeout)
                answer = subject.ask(_request(str(number), question))
                answered = True
                area = question.operation
                pairs = unexplained[area] < EXPLAINED_BY_TWO
                state, message, reasons = judge(question, answer, look=misses[area] < EXPLAINED, pairs=pairs)
                misses[area] += state == FAILED
                unexplained[area] += state == FAILED and not reasons
                if subject.twice:
                    state, message = FAILED, f"it answered request {subject.twice.pop()} twice"
            except Trouble as trouble:
                state, message = FAILED, str(trouble)
                if trouble.fatal:
                    subject = None
                    deaths[question.operation] += 1
                    if not answered:
                        answered = _answers_something(command, question.operation, timeout, trouble)
            yield Mark(question.operation, question.case, state, message, time.perf_counter() - begin, reasons)
    finally:
        if subject is not None:
            subject.kill()


def _request(id: str, question: GradedQuestion) -> dict[str, Any]:
    return {"id": id, "operation": question.operation, **question.inputs}


def _answers_something(command: Sequence[str], failed: str, timeout: float, trouble: Trouble) -> bool:
    """Whether a program that has not answered the first question answers one of another area. CannotStart if not."""
    others = {question.operation: question for question in questions() if question.operation != failed}
    for question in list(others.values())[-2:]:
        try:
            with Subject(command, timeout) as subject:
                subject.ask(_request("0", question))
                return True
        except Trouble:
            continue
    raise CannotStart(f"{shlex.join(command)}: {trouble}")


def judge(
    question: GradedQuestion, answer: dict[str, Any], *, look: bool = True, pairs: bool = True
) -> tuple[str, str, tuple[str, ...]]:
    """The state, the message and the mistakes of an answer. `look`: whether a wrong one is looked into, `pairs`:
    whether for two mistakes, too.
    """
    state, message = _state(question, answer)
    reasons = _mistakes(question, answer.get("result"), pairs=pairs) if state == FAILED and look else ()
    return state, reasons[0] if reasons else message, reasons


def _state(question: GradedQuestion, answer: dict[str, Any]) -> tuple[str, str]:
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
        bytes.fromhex(result)
    except ValueError:
        return f"{text}: this is no hex"
    pairs = zip(result, question.result, strict=False)
    same = next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(result), len(question.result))) // 2
    return f"{text}: they differ from byte {same} on" if same else text


def _mistakes(question: GradedQuestion, result: Any, *, pairs: bool) -> tuple[str, ...]:
    """The mistakes that give the answer, each in a sentence with its fix."""
    if question.facts is None or not question.value or not isinstance(result, str):
        return ()
    try:
        value = bytes.fromhex(result)
    except ValueError:
        return ()
    told = []
    for finding in diagnose(question.facts, {question.value: value}, pairs=pairs).findings:
        finding = replace(finding, name=question.operation if question.value == OUTPUT else finding.name)
        for explanation in finding.explanations:
            fixes = "; ".join(mistake.fix for mistake in explanation.mistakes)
            told.append(f"{sentence(finding, explanation)}. Fix: {fixes}")
    return tuple(told)


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 50 else f"{text[:40]}.. ({len(text)} characters)"
