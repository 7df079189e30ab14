"""The table of a verdict: every line fits, nothing is lost, and steps read back from a trace look the same."""

from __future__ import annotations

import pytest
from rich.text import Text

from minitls.pki import Step, Verdict
from minitls.pki.faults.gallery import Fault, faults
from minitls.render.verdict import render, summary

FAULTS = faults()
ids = [each.name for each in FAULTS]


def lines_of(text: Text) -> list[str]:
    return text.plain.splitlines()


@pytest.mark.slow
@pytest.mark.parametrize("each", FAULTS, ids=ids)
@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("everything", [False, True])
def test_every_line_fits(each: Fault, width: int, everything: bool) -> None:
    for question in (each.wrong, each.twin):
        lines = lines_of(render(question.verdict(), everything=everything, width=width))
        assert max(map(len, lines)) <= width
        assert all(line == line.rstrip() for line in lines)


@pytest.mark.parametrize("each", FAULTS, ids=ids)
def test_what_is_broken_comes_first_in_its_certificate(each: Fault) -> None:
    verdict = each.wrong.verdict()
    *sections, _outcome = render(verdict).plain.split("\n\n")
    marks = [[line[:3] for line in section.splitlines() if line[:3] in (" ok", " NO")] for section in sections]
    assert sum(each.count(" NO") for each in marks) == len(verdict.failures) > 0
    assert all(each == sorted(each) for each in marks)  # " NO" sorts before " ok".


@pytest.mark.parametrize("each", FAULTS, ids=ids)
def test_a_verdict_from_a_trace_looks_the_same(each: Fault) -> None:
    """The steps alone are enough: no certificate is needed to draw the table."""
    live = each.wrong.verdict()
    read_back = Verdict(tuple(Step.from_dict(step.as_dict()) for step in live.steps), notes=live.notes)
    assert render(read_back).plain == render(live).plain
    assert [line.plain for line in summary(read_back)] == [line.plain for line in summary(live)]
    assert (read_back.ok, read_back.alert, read_back.sentence) == (live.ok, live.alert, live.sentence)


def test_values_that_are_missing_in_a_trace_do_not_break_the_drawing() -> None:
    live = FAULTS[0].twin.verdict()
    bare = Verdict(tuple(step._replace(values={}) for step in live.steps))
    assert len(lines_of(render(bare))) > 5
    assert len(summary(bare)) > 2
