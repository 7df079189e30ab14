"""What a rule is, and the one loop that applies the rules to a path.

A rule is a small function with a stable id, the section that states it and the alert that reports it. It yields
comparisons, a truth and the values compared; nothing when it has nothing to say. It never raises and never decides.
Four sentences stand under its id in `prose/en/rules.json`: what it says when it holds, when it is broken, what an
attacker could do if it were skipped, and what to do if it is broken. They are read when somebody asks for them.

Almost no rule knows the time: what those say of a place is remembered, and only the few timed ones are asked anew.

Rules stand in the order in which they count, stage by stage: a stage walks the whole path before the next one begins.
So an expired certificate anywhere is told before a wrong name, and that before an unknown CA.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from enum import Enum, IntEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, NamedTuple

from .. import prose
from ..errors import AlertDescription
from .certificate import Certificate
from .reasons import reason_of
from .verdict import RuleResult

if TYPE_CHECKING:
    from .revocation import RevocationList
    from .trust import TrustStore

Profile = Literal["web", "rfc5280"]
Comparison = tuple[bool, dict[str, str]]
PlaceCheck = Callable[["Place"], Iterable[Comparison]]
TimedCheck = Callable[["Place", datetime], Iterable[Comparison]]


class Purpose(Enum):
    """Whose certificate it is: the extended key usage to ask for differs (RFC 5280 section 4.2.1.12)."""

    server = "server"
    client = "client"
    __hash__ = object.__hash__


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
    __hash__ = object.__hash__


class Question(NamedTuple):
    """What was asked besides the chain and the time: everything else that a verdict depends on."""

    trust: TrustStore
    name: str | None
    purpose: Purpose
    needs: frozenset[str]
    profile: Profile
    crls: tuple[RevocationList, ...]


class Place(NamedTuple):
    """One certificate on a path (leaf first), and the question asked about the path."""

    question: Question
    path: tuple[Certificate, ...]
    position: int

    @property
    def certificate(self) -> Certificate:
        return self.path[self.position]

    @property
    def issuer(self) -> Certificate:
        """The next certificate up; only for rules whose role promises one."""
        return self.path[self.position + 1]

    @property
    def below(self) -> tuple[Certificate, ...]:
        return self.path[: self.position]

    def plays(self, role: Role) -> bool:
        last = len(self.path) - 1
        match role:
            case Role.every:
                return True
            case Role.leaf:
                return self.position == 0
            case Role.ca:
                return self.position > 0
            case Role.issued:
                return self.position < last
            case Role.end:  # pragma: no branch - there is no other role.
                return self.position == last


class Rule(NamedTuple):
    """One rule. `profiles` names the sets of rules that it belongs to."""

    id: str
    section: str
    alert: AlertDescription
    stage: Stage
    role: Role
    profiles: frozenset[str]
    check: PlaceCheck | None
    timed_check: TimedCheck | None

    @property
    def holds(self) -> str:
        """What it says of a certificate that keeps it."""
        return prose.row("rules", self.id)["holds"]

    @property
    def fails(self) -> str:
        """What it says of a certificate that breaks it."""
        return prose.row("rules", self.id)["fails"]

    @property
    def attack(self) -> str:
        """What an attacker could do if it were skipped."""
        return prose.row("rules", self.id)["attack"]

    @property
    def remedy(self) -> str:
        """What helps whoever has broken it."""
        return prose.row("rules", self.id)["remedy"]


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
) -> Callable[[PlaceCheck], PlaceCheck]:
    """Enter a function into the table of rules. ValueError if the id is taken."""

    def enter(check: PlaceCheck) -> PlaceCheck:
        _enter(Rule(id, section, alert, stage, role, profiles, check, None))
        return check

    return enter


def timed_rule(
    id: str,
    section: str,
    *,
    alert: AlertDescription,
    stage: Stage = Stage.details,
    role: Role,
) -> Callable[[TimedCheck], TimedCheck]:
    """Enter a function that also looks at the clock. Within their stage these come after the others."""

    def enter(check: TimedCheck) -> TimedCheck:
        _enter(Rule(id, section, alert, stage, role, BOTH, None, check))
        return check

    return enter


def _enter(each: Rule) -> None:
    if each.id in RULES:
        raise ValueError(f"two rules are called {each.id}")
    RULES[each.id] = each


def judge(question: Question, path: tuple[Certificate, ...], now: datetime) -> list[RuleResult]:
    """Every step of every rule on `path`, in the order in which they count, but for the library's opinion."""
    steps: list[RuleResult] = []
    for stage in (Stage.dates, Stage.leaf, Stage.anchor, Stage.details):
        for index in range(len(path)):
            steps += steps_at(Place(question, path, index), stage, now)
    return steps


def steps_at(place: Place, stage: Stage, now: datetime, role: Role | None = None) -> list[RuleResult]:
    """The steps of the rules of one stage (and of one role only) that look at this one certificate."""
    question, path, position = place
    steps = list(_timeless_steps(Place(question, path[: position + 2], position), stage, role))
    for each in _asked(stage, role, question.profile):
        if each.timed_check and place.plays(each.role):
            steps += _steps(each.id, place, each.timed_check(place, now))
    return steps


@lru_cache(maxsize=512)
def _timeless_steps(place: Place, stage: Stage, role: Role | None) -> tuple[RuleResult, ...]:
    """What the rules without a clock say: a pure function of the path up to the issuer, and of the question."""
    steps: list[RuleResult] = []
    for each in _asked(stage, role, place.question.profile):
        if each.check and place.plays(each.role):
            steps += _steps(each.id, place, each.check(place))
    return tuple(steps)


@lru_cache
def _asked(stage: Stage, role: Role | None, profile: Profile) -> tuple[Rule, ...]:
    """The rules of one stage (and of one role only) that belong to a profile."""
    return tuple(
        each
        for each in RULES.values()
        if each.stage is stage and role in (None, each.role) and profile in each.profiles
    )


def _steps(rule: str, place: Place, comparisons: Iterable[Comparison]) -> Iterator[RuleResult]:
    """The comparisons as steps. A rule that breaks down on odd bytes has not been kept: refusing is the safe side."""
    try:
        for ok, values in comparisons:
            yield printable_result(rule, ok, values, place.position, place.certificate.label)
    except Exception as fault:  # Whatever the library raises for a certificate of any shape must not get past us.
        values = {"could not be checked": reason_of(fault)}
        yield printable_result(rule, False, values, place.position, place.certificate.label)


def forget_steps() -> None:
    """Forget every remembered step, for a program that changes the table of rules."""
    _timeless_steps.cache_clear()
    _asked.cache_clear()


def printable_result(rule: str, ok: bool, values: dict[str, str], place: int, certificate: str) -> RuleResult:
    """A step whose texts are safe to print: they come from a certificate, that is, from anybody."""
    return RuleResult(place, printable(certificate), rule, ok, {name: printable(text) for name, text in values.items()})


def printable(text: str, longest: int = 400) -> str:
    """`text` without control characters, so that no certificate can steer a terminal, and not too long."""
    if not text.isprintable():
        text = "".join(c if c.isprintable() else c.encode("unicode_escape", "backslashreplace").decode() for c in text)
    return text if len(text) <= longest else f"{text[:longest]}... ({len(text):,} characters)"
