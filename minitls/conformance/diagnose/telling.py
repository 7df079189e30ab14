"""A diagnosis in words: what the value is, which rule it breaks, how to mend it, and where the inputs part."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from .diagnose import RIGHT, UNKNOWN, Diagnosis, Explanation, Finding

WIDTH = 80
_SHOWN = 56


def tell(diagnosis: Diagnosis, *, steps: bool = True) -> Iterator[tuple[str, str]]:
    """Lines of at most 80 columns, each with a style: "good", "bad", "plain", "dim", "head"."""
    width = max(len(finding.name) for finding in diagnosis.findings)
    for finding in diagnosis.findings:
        style = {RIGHT: "good", UNKNOWN: "dim"}.get(finding.state, "bad")
        reason = "  (too little is known to compute it)" if finding.state == UNKNOWN else ""
        yield style, f"{finding.name:{width}}  {finding.state}{reason}"
    wrong = diagnosis.wrong
    if wrong is None:
        return
    explained = next((f for f in diagnosis.findings if f.explanations), None)
    if explained is None:
        yield from _unexplained(wrong)
    else:
        yield from _explained(explained)
    if steps:
        yield "plain", ""
        yield "head", "the right values:"
        widest = max((len(name) for name, _ in diagnosis.steps), default=0)
        for name, value in diagnosis.steps:
            yield from _wrapped(f"  {name:{widest}}  ", value.hex())


def sentence(finding: Finding, explanation: Explanation) -> str:
    """``your master_secret is what you get if ...``"""
    conditions = " and ".join(mistake.condition for mistake in explanation.mistakes)
    return f"your {finding.name} is what you get if {conditions}"


def _explained(finding: Finding) -> Iterator[tuple[str, str]]:
    for number, explanation in enumerate(finding.explanations):
        yield "plain", ""
        text = sentence(finding, explanation)
        for line in textwrap.wrap(text if number == 0 else f"or {text.removeprefix('your ')}", WIDTH):
            yield "bad", line
        for mistake in explanation.mistakes:
            yield from _field("mistake", mistake.name)
            yield from _field("rule", mistake.rule)
            yield from _field("fix", mistake.fix)
        for difference in explanation.differences:
            yield "head", f"  {difference.what}:"
            yield from _both(difference.right, difference.yours)
    if finding.right is not None:
        yield "plain", ""
        yield "head", f"  {finding.name}:"
        yield from _both(finding.right.hex(), finding.given.hex())


def _unexplained(finding: Finding) -> Iterator[tuple[str, str]]:
    yield "plain", ""
    text = (
        f"your {finding.name} is wrong, and none of the known mistakes, alone or in pairs, gives it. It is the first "
        "value that leaves the path: the inputs before it are right, or not told. Give more of your own values to "
        "narrow it down."
    )
    for line in textwrap.wrap(text, WIDTH):
        yield "bad", line
    if finding.right is not None:
        yield from _both(finding.right.hex(), finding.given.hex())


def _field(name: str, text: str) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(textwrap.wrap(text, WIDTH - 11)):
        yield "plain", f"  {name if number == 0 else '':7}  {line}"


def _both(right: str, yours: str) -> Iterator[tuple[str, str]]:
    """Two values around the place where they part, and a mark under it."""
    at = next((i for i, (a, b) in enumerate(zip(right, yours, strict=False)) if a != b), min(len(right), len(yours)))
    start = max(0, at - 16) if max(len(right), len(yours)) > _SHOWN else 0
    for name, text, style in (("right", right, "good"), ("yours", yours, "bad")):
        shown = text[start : start + _SHOWN]
        yield style, f"    {name}  {'..' if start else ''}{shown}{'..' if start + _SHOWN < len(text) else ''}"
    yield "dim", f"           {'  ' if start else ''}{' ' * (at - start)}^ differs from here"


def _wrapped(head: str, text: str) -> Iterator[tuple[str, str]]:
    room = WIDTH - len(head)
    for number, at in enumerate(range(0, min(len(text), 3 * room), room)):
        more = ".." if number == 2 and at + room < len(text) else ""
        yield "dim", (head if number == 0 else " " * len(head)) + text[at : at + room - len(more)] + more
