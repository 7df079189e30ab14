"""A verdict as people read it: certificate by certificate, what is broken first, then the signature, the rest folded.

Drawn from the steps alone, so a verdict read back from a trace looks like a live one. Every line fits the width; marks
and words carry the meaning, colour only repeats it.
"""

from __future__ import annotations

import textwrap
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby, zip_longest

from rich.text import Text

from ..pki.advice import advice
from ..pki.signature import DIGEST_INFO
from ..pki.verdict import ANCHOR, LAST, NOT_VERIFIED, PINNED, RuleResult, Verdict

SIGNATURE = "signature"
_MARKS = {True: ("ok", "green"), False: ("NO", "bold red")}
#: The check that was not made: neither good nor broken.
_NOT_MADE = ("??", "bold red")
_INDENT = 4
_LABEL = 12
_DIGESTS = tuple(f"{name}(TBS)" for name in DIGEST_INFO)
_SAID = ("issuer", "e")  # Values of a signature that the line above them has already told, or that are dull.


def render(verdict: Verdict, *, everything: bool = False, width: int = 80) -> Text:
    """The whole verdict, several lines; `everything` shows every step with its values instead of folding."""
    lines: list[Text] = []
    for certificate, steps in by_certificate(verdict.steps):
        lines += [_headline(certificate, steps, width), *_certificate(steps, everything, width), Text()]
    return Text("\n").join([*lines, *_outcome(verdict, width)])


def summary(verdict: Verdict, width: int = 80) -> list[Text]:
    """A few lines for a ladder: the path, and either how many rules hold or what is broken, with its values."""
    path = " <- ".join(certificate for certificate, _ in by_certificate(verdict.steps))
    broken = verdict.failure
    if broken is not None:
        return [*_columns({"path": path}, width, ""), *_broken(broken, width)]
    alone = next((step for step in verdict.steps if step.rule in (PINNED, NOT_VERIFIED)), None)
    if alone is not None:
        style = _NOT_MADE[1] if alone.rule == NOT_VERIFIED else ""
        lines = _columns({"certificate": alone.certificate}, width, "")
        return [*lines, *(Text(line, style) for line in textwrap.wrap(alone.told.holds, width))]
    agrees = "; cryptography's verifier agrees" if len(verdict.own_steps) < len(verdict.steps) else ""
    lines = _columns({"path": path}, width, "")
    for step in verdict.steps:
        if step.rule == SIGNATURE:
            lines += _columns({"signature": f"{step.certificate}, by {step.values.get('issuer')}"}, width, "")
            digests = (f"{name} {text:.12}.." for name, text in step.values.items() if name in ("inside", *_DIGESTS))
            lines += _columns({"": " = ".join(digests) or "verified by the library"}, width, "")
    return [*lines, *_columns({"checks": f"all {len(verdict.own_steps)} hold{agrees}"}, width, "")]


def by_certificate(steps: Iterable[RuleResult]) -> Iterator[tuple[str, list[RuleResult]]]:
    """The steps of each certificate, the leaf's first; the library's opinion is about all of them and left out."""
    own = sorted((step for step in steps if step.rule != LAST), key=lambda step: step.place)
    for (_, certificate), group in groupby(own, key=lambda step: (step.place, step.certificate)):
        yield certificate, list(group)


def _headline(certificate: str, steps: list[RuleResult], width: int) -> Text:
    place = steps[0].place
    anchored = any(step.rule == ANCHOR and step.ok for step in steps)
    role = "root that we trust" if anchored else "leaf" if place == 0 else "CA"
    room = width - len(role) - 2
    name = certificate if len(certificate) <= room else certificate[: room - 3] + "..."
    return Text.assemble((name, "bold"), " " * (width - len(name) - len(role)), (role, "dim"))


def _certificate(steps: list[RuleResult], everything: bool, width: int) -> Iterator[Text]:
    broken = [step for step in steps if not step.ok]
    signatures = [step for step in steps if step.ok and step.rule == SIGNATURE]
    alone = [step for step in steps if step.ok and step.rule in (PINNED, NOT_VERIFIED)]
    rest = [step for step in steps if step.ok and step.rule != SIGNATURE and step not in alone]
    for step in broken:
        yield from _broken(step, width)
    for step in alone:
        yield from _holding(step, step.told.holds, width)
    for step in signatures:
        yield from _holding(step, f"the key of {step.values.get('issuer', 'its issuer')} opens it", width)
    if everything:
        for step in rest:
            yield from _holding(step, step.told.holds, width)
    elif rest:
        yield _folded(rest, "more" if broken or signatures else "rules", width)


#: What people want to know of a rule that holds, where its values say more than its name.
_FACTS: dict[str, str] = {
    "name": "it is {dialled}",
    "issuer-at-hand": "trusted through {trusted through}",
    "validity": "valid until {until:.10}",
    "leaf-key-size": "{key}",
    "issuer-key-size": "{key}",
    "name-constraints": "may speak for {permitted}",
    "not-revoked": "not revoked",
}


def _folded(steps: list[RuleResult], word: str, width: int) -> Text:
    """One line: how many rules hold, what they found, and as many of the other rules' names as there is room for."""
    facts = [
        fact.format_map(defaultdict(str, step.values))
        for rule, fact in _FACTS.items()
        for step in steps
        if step.rule == rule
    ]
    left = [*facts, *dict.fromkeys(step.rule for step in steps if step.rule not in _FACTS)]
    text = f"{len(steps)} {word} hold: "
    room = width - _INDENT - len(text) - len(", ...")
    shown = left.pop(0)[:room]
    while left and len(shown) + len(left[0]) + 2 <= room:
        shown += f", {left.pop(0)}"
    mark, style = _MARKS[True]
    return Text.assemble(" ", (mark, style), " ", text, (shown + (", ..." if left else ""), "dim"))


def _broken(step: RuleResult, width: int) -> list[Text]:
    rule = step.told
    more = {"rule": f"{rule.section}; alert {rule.alert.name} ({int(rule.alert)})", "if skipped": rule.attack}
    more["what to do"] = advice(step)
    return [*_marked(step, rule.fails, width), *_columns({**step.values, **more}, width, "red")]


def _holding(step: RuleResult, words: str, width: int) -> list[Text]:
    values = {name: value for name, value in step.values.items() if step.rule != SIGNATURE or name not in _SAID}
    return [*_marked(step, words, width), *_columns(values, width, "dim")]


def _marked(step: RuleResult, words: str, width: int) -> list[Text]:
    mark, style = _MARKS[step.ok] if step.rule != NOT_VERIFIED else _NOT_MADE
    lines = textwrap.wrap(f"{step.rule}: {words}", width - _INDENT)
    first = Text.assemble(" ", (mark, style), " ", (step.rule, "bold"), lines[0][len(step.rule) :])
    return [first, *(Text(" " * _INDENT + line) for line in lines[1:])]


def _columns(values: Mapping[str, str], width: int, style: str) -> list[Text]:
    """Values one below the other, so that what should be equal stands in one column."""
    column = max(_LABEL, *(len(name) + 1 for name in values), 0) if values else _LABEL
    lines: list[Text] = []
    for name, value in values.items():
        shade = {"rule": "", "if skipped": "italic", "what to do": "bold"}.get(name, style)
        parts = textwrap.wrap(value, width - _INDENT - column, break_on_hyphens=False) or [""]
        for label, part in zip_longest([name], parts, fillvalue=""):
            lines.append(Text.assemble(" " * _INDENT, (label.ljust(column), "cyan"), (part, shade)))
    return lines


def _outcome(verdict: Verdict, width: int) -> Iterator[Text]:
    if verdict.ok:
        agrees = ", and cryptography's verifier agrees" if any(step.rule == LAST for step in verdict.steps) else ""
        yield Text.assemble(("ACCEPTED", "bold green"), f"  {len(verdict.own_steps)} checks hold{agrees}")
    else:
        alert = f"alert {verdict.alert.name} ({int(verdict.alert)})" if verdict.alert is not None else ""
        words = ", ".join(dict.fromkeys(step.rule for step in verdict.failures)) or "no path to a trusted root"
        head, *more = textwrap.wrap(f"{alert}: {words}", width - 9, break_on_hyphens=False)
        yield Text.assemble(("REFUSED", "bold red"), f"  {head}")
        yield from (Text(" " * 9 + line) for line in more)
        yield from (line for step in verdict.failures if step.rule == LAST for line in _broken(step, width))
    notes = list(verdict.notes)
    if not verdict.ok and not any(step.rule == ANCHOR and step.ok for step in verdict.steps):
        notes.insert(0, "what stands higher up was not reached")
    for note in notes:
        yield from _columns({"note": note}, width, "dim")
