"""What was checked, and what follows from it.

A verdict is a pure function of its steps: the chain is accepted if a step says that the path ends at a trusted root
(or that the certificate is pinned, or that nobody asks) and no step says that its rule was broken. Nothing else
decides, so what is told and what is done cannot differ. `require` is the one place where a refusal becomes an
exception, and the first broken rule chooses the alert.
"""

from __future__ import annotations

from collections.abc import Mapping
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import AlertDescription, CertificateError

if TYPE_CHECKING:
    from .certificate import Certificate
    from .rules import Rule

ANCHOR = "issuer-at-hand"
PINNED = "pinned"
NOT_VERIFIED = "not-verified"
LAST = "second-opinion"
#: A chain is accepted on one of these grounds; the third is that nobody wanted any.
_GROUNDS = frozenset((ANCHOR, PINNED, NOT_VERIFIED))


class RuleResult(NamedTuple):
    """One rule, applied to one certificate."""

    place: int
    """Where on the path the certificate stands: 0 is the leaf, each issuer one higher."""
    certificate: str
    """What people call that certificate."""
    rule: str
    """The stable id of the rule; `rules.RULES` has its section, its words and its alert."""
    ok: bool
    values: Mapping[str, str]
    """The values that were compared, by what they are."""

    @property
    def told(self) -> Rule:
        """The rule itself, with its words. KeyError if there is none of this id."""
        from .checks import RULES

        return RULES[self.rule]

    @property
    def sentence(self) -> str:
        """One sentence: which certificate, what was found, which values, which section."""
        rule = self.told
        values = ", ".join(f"{name}: {value}" for name, value in self.values.items())
        says = rule.holds if self.ok else rule.fails
        return f"{self.certificate}: {says}{f' ({values})' if values else ''} [{rule.section}]"

    def as_dict(self) -> dict[str, Any]:
        """The step as JSON types, in the shape of a trace's `check` event."""
        return {
            "place": self.place,
            "certificate": self.certificate,
            "rule": self.rule,
            "ok": self.ok,
            "values": dict(self.values),
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> RuleResult:
        """The step that `as_dict` described. KeyError if a key is missing."""
        return cls(
            document["place"], document["certificate"], document["rule"], document["ok"], dict(document["values"])
        )


_ok_of, _rule_of = attrgetter("ok"), attrgetter("rule")


class Verdict(NamedTuple):
    """The steps of one chain check in the order in which they count, and the path that they walked."""

    steps: tuple[RuleResult, ...]
    path: tuple[Certificate, ...] = ()
    """The certificates that were judged, leaf first; empty if not even the leaf could be read."""
    notes: tuple[str, ...] = ()
    """What is worth knowing but decides nothing: dead ends, extra certificates, the library's opinion."""

    @property
    def ok(self) -> bool:
        """Every step holds, and one of them is a ground to believe: a trusted root, a pin, or that nobody asked."""
        # Asked in every handshake, so the loops are C's.
        return all(map(_ok_of, self.steps)) and not _GROUNDS.isdisjoint(map(_rule_of, self.steps))

    @property
    def verified(self) -> bool:
        """Whether anything was asked at all before the chain was accepted, or refused."""
        return NOT_VERIFIED not in map(_rule_of, self.steps)

    @property
    def failure(self) -> RuleResult | None:
        """The first step whose rule was broken, None if none was."""
        return next((step for step in self.steps if not step.ok), None)

    @property
    def failures(self) -> tuple[RuleResult, ...]:
        """Every step whose rule was broken."""
        return tuple(step for step in self.steps if not step.ok)

    @property
    def own_steps(self) -> tuple[RuleResult, ...]:
        """Every step but the last one, in which the library is asked."""
        return tuple(step for step in self.steps if step.rule != LAST)

    @property
    def alert(self) -> AlertDescription | None:
        """What the peer is told (RFC 5246 section 7.2.2): the alert of the first broken rule, None if accepted."""
        if self.ok:
            return None
        return self.failure.told.alert if self.failure else AlertDescription.certificate_unknown

    @property
    def leaf(self) -> Certificate | None:
        """The peer's own certificate, None if it could not be read. Trust its key only if the verdict is ok."""
        return self.path[0] if self.path else None

    @property
    def sentence(self) -> str:
        """The whole verdict in one sentence."""
        if self.ok and ANCHOR not in map(_rule_of, self.steps):
            return self.steps[0].sentence
        if self.ok:
            return f"{len(self.own_steps)} checks hold on {len(self.path)} certificates up to {self.path[-1].label}"
        return self.failure.sentence if self.failure else "no path to a trusted root was walked"

    def as_dict(self) -> dict[str, Any]:
        """The verdict as JSON types."""
        return {
            "ok": self.ok,
            "alert": self.alert.name if self.alert is not None else None,
            "sentence": self.sentence,
            "path": [{"subject": c.subject_text, "issuer": c.issuer_text} for c in self.path],
            "steps": [{**step.as_dict(), "section": step.told.section} for step in self.steps],
            "notes": list(self.notes),
        }


class ChainRefused(CertificateError):
    """A chain that is not accepted; `verdict` tells every step."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.sentence, verdict.alert or AlertDescription.certificate_unknown)
        self.verdict = verdict


def require(verdict: Verdict) -> Verdict:
    """The verdict itself if it accepts the chain; otherwise raises ChainRefused, a CertificateError."""
    if not verdict.ok:
        raise ChainRefused(verdict)
    return verdict
