"""What a rule is, and the one loop that applies the rules to a path.

A rule is a small function with a stable id, the section that states it, the alert that reports it and three sentences:
what it says when it holds, when it is broken, and what an attacker could do if it were skipped. It yields findings, a
truth and the values it compared; nothing when it has nothing to say. It never raises and never decides.

Rules stand in the order in which they count, stage by stage: a stage walks the whole path before the next one begins.
So an expired certificate anywhere is told before a wrong name, and that before an unknown CA.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, IntEnum
from typing import TYPE_CHECKING, Literal

from ..errors import AlertDescription
from .certificate import Certificate
from .verdict import Step

if TYPE_CHECKING:
    from .revocation import RevocationList
    from .trust import TrustStore

Profile = Literal["web", "rfc5280"]
Finding = tuple[bool, dict[str, str]]
Check = Callable[["Place"], Iterable[Finding]]


class Purpose(Enum):
    """Whose certificate it is: the extended key usage to ask for differs (RFC 5280 section 4.2.1.12)."""

    server = "server"
    client = "client"


class Stage(IntEnum):
    """The order in which broken rules count."""

    sent = 0
    dates = 1
    leaf = 2
    anchor = 3
    details = 4
    last = 5


class Role(Enum):
    """Which certificates of a path a rule looks at."""

    every = "every certificate"
    leaf = "the leaf"
    ca = "every certificate above the leaf"
    issued = "every certificate whose issuer is on the path"
    end = "the last certificate of the path"


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked besides the chain: everything else that a verdict depends on."""

    trust: TrustStore
    now: datetime
    name: str | None
    purpose: Purpose
    needs: frozenset[str]
    profile: Profile
    crls: tuple[RevocationList, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """One certificate on a path (leaf first), and the question asked about the path."""

    question: Question
    path: tuple[Certificate, ...]
    index: int

    @property
    def certificate(self) -> Certificate:
        return self.path[self.index]

    @property
    def issuer(self) -> Certificate:
        """The next certificate up; only for rules whose role promises one."""
        return self.path[self.index + 1]

    @property
    def below(self) -> tuple[Certificate, ...]:
        return self.path[: self.index]

    def plays(self, role: Role) -> bool:
        last = len(self.path) - 1
        match role:
            case Role.every:
                return True
            case Role.leaf:
                return self.index == 0
            case Role.ca:
                return self.index > 0
            case Role.issued:
                return self.index < last
            case Role.end:
                return self.index == last


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule and its words. `profiles` names the sets of rules that it belongs to."""

    id: str
    section: str
    alert: AlertDescription
    stage: Stage
    role: Role
    profiles: frozenset[str]
    holds: str
    fails: str
    attack: str
    check: Check


RULES: dict[str, Rule] = {}
BOTH: frozenset[str] = frozenset(("web", "rfc5280"))
WEB: frozenset[str] = frozenset(("web",))
RFC5280: frozenset[str] = frozenset(("rfc5280",))


def rule(
    id: str,
    section: str,
    *,
    alert: AlertDescription = AlertDescription.bad_certificate,
    stage: Stage = Stage.details,
    role: Role,
    profiles: frozenset[str] = BOTH,
    holds: str,
    fails: str,
    attack: str,
) -> Callable[[Check], Check]:
    """Enter a function into the table of rules. ValueError if the id is taken."""

    def enter(check: Check) -> Check:
        if id in RULES:
            raise ValueError(f"two rules are called {id}")
        RULES[id] = Rule(id, section, alert, stage, role, profiles, holds, fails, attack, check)
        return check

    return enter


def judge(question: Question, path: tuple[Certificate, ...]) -> Iterator[Step]:
    """Every step of every rule on `path`, in the order in which they count, but for the library's opinion."""
    for stage in (Stage.dates, Stage.leaf, Stage.anchor, Stage.details):
        for index in range(len(path)):
            yield from steps_at(Place(question, path, index), stage)


def steps_at(place: Place, *stages: Stage, role: Role | None = None) -> Iterator[Step]:
    """The steps of the rules of these stages (and of one role only) that look at this one certificate."""
    for each in RULES.values():
        if role not in (None, each.role) or each.stage not in stages:
            continue
        if place.question.profile in each.profiles and place.plays(each.role):
            for ok, values in each.check(place):
                yield told(each.id, ok, values, place.index, place.certificate.label)


def told(rule: str, ok: bool, values: dict[str, str], place: int, certificate: str) -> Step:
    """A step whose texts are safe to print: they come from a certificate, that is, from anybody."""
    return Step(place, printable(certificate), rule, ok, {name: printable(text) for name, text in values.items()})


def printable(text: str, longest: int = 400) -> str:
    """`text` without control characters, so that no certificate can steer a terminal, and not too long."""
    if not text.isprintable():
        text = "".join(c if c.isprintable() else c.encode("unicode_escape", "backslashreplace").decode() for c in text)
    return text if len(text) <= longest else f"{text[:longest]}... ({len(text):,} characters)"
