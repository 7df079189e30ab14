"""From the certificates that were sent to a root that we trust, and what every rule says on the way.

A server sends its own certificate first and then whatever it has: the issuers in order, if it is well kept, but also in
no order, too many, too few, or cross-signed, so that several paths lead up. The search walks up by names, the
likeliest issuer first:

1. Over sound steps only: an issuer counts if no rule is broken at it and its key opens the signature below. The
   first path on which every rule holds is the verdict.
2. If there is none, over every step that names allow, and the path that comes nearest to holding is told.

The rules are the only judges: the search asks the same functions whose steps the verdict then shows. Both walks and the
signatures they open have budgets, so that a hostile chain costs milliseconds. At the very end, if our own rules
hold, cryptography's verifier is asked, and its refusal is a broken rule like any other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from .advice import on_order
from .certificate import Certificate, Unreadable, read_certificate
from .checks.issuer import COMPARISON_LIMIT, names_and_constraints
from .names import folded
from .rules import Place, Question, Role, Stage, forget_steps, judge, printable, printable_result, steps_at
from .second_opinion import library_says
from .signature import MODULUS_LIMIT
from .verdict import LAST, RuleResult, Verdict

CHAIN_LIMIT = 64
DEPTH_LIMIT = 10
EFFORT_BUDGET = 64
TELLING_BUDGET = 40
TOLD_PATHS = 8
BUDGETS = ("search-budget", "names-budget")
OPINION_LIMIT = 1 << 14
#: How many verdicts a trust store remembers.
REMEMBERED_VERDICTS = 64
SECOND = timedelta(seconds=1)
ALWAYS = datetime(1, 1, 1, tzinfo=UTC)
NEVER = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)

#: Stands for the table of rules in what is remembered; `forget` puts another one in its place.
_table = object()

CertificatePath = tuple[Certificate, ...]


class Remembered(NamedTuple):
    """A verdict, the second it was asked for, and the moments between which nothing that it depends on changes.

    Of a refusal the two are the same moment: it is asked anew in every other second.
    """

    verdict: Verdict
    second: datetime
    since: datetime
    until: datetime


def judged(chain: tuple[bytes, ...], question: Question, now: datetime) -> Verdict:
    """The verdict: a pure function of the bytes, the question and the second, remembered with the trust store.

    In another second a chain that was accepted is not searched for a path again, nor is the library asked, until the
    first moment at which either could answer otherwise. Our own rules are: few of them look at the clock, and a verdict
    tells at which time.
    """
    memory, key = question.trust.verdicts, (_table, chain, *question[1:])
    known: Remembered | None = memory.get(key)
    if known is not None:
        if known.second == now:
            return known.verdict
        if known.since <= now < known.until:
            verdict = _at_another_second(known.verdict, question, now)
            memory[key] = known._replace(verdict=verdict, second=now)
            return verdict
    verdict = _asked_anew(chain, question, now)
    unchanging = _unchanging(chain, question, now) if verdict.ok else (now, now)
    memory[key] = Remembered(verdict, now, *unchanging)
    while len(memory) > REMEMBERED_VERDICTS:
        memory.popitem(last=False)
    return verdict


def _at_another_second(verdict: Verdict, question: Question, now: datetime) -> Verdict:
    opinion = tuple(step for step in verdict.steps if step.rule == LAST)
    return verdict._replace(steps=(*judge(question, verdict.path, now), *opinion))


def _unchanging(chain: tuple[bytes, ...], question: Question, now: datetime) -> tuple[datetime, datetime]:
    """Since when, and until when (exclusive), no certificate and no list at hand comes into date or goes out of it."""
    read = [each for each in map(read_certificate, chain) if isinstance(each, Certificate)]
    since, until = [ALWAYS], [NEVER]
    search = Search(question, now, ())
    for each in (*read, *(root for sent in read for root in search.roots_for(sent))):
        (since if each.not_before <= now else until).append(each.not_before)
        (since if each.not_after < now else until).append(_after(each.not_after))
    for crl in (each.parsed for each in question.crls):
        ends = _after(crl.next_update_utc or ALWAYS)
        (since if crl.last_update_utc <= now else until).append(crl.last_update_utc)
        (since if ends <= now else until).append(ends)
    return max(since), min(until)


def _after(last: datetime) -> datetime:
    """The first second in which what was in date until `last` no longer is."""
    return last + SECOND if last < NEVER else NEVER


def _asked_anew(chain: tuple[bytes, ...], question: Question, now: datetime) -> Verdict:
    if not 0 < len(chain) <= CHAIN_LIMIT:
        values = {"certificates": str(len(chain)), "allowed": f"1 to {CHAIN_LIMIT}"}
        return Verdict((printable_result("chain-length", False, values, 0, "the chain"),))
    read = [read_certificate(each) for each in chain]
    unreadable = [
        printable_result(each.rule, False, {"because": each.reason}, 0, f"certificate {position + 1} of those sent")
        for position, each in enumerate(read)
        if isinstance(each, Unreadable)
    ]
    leaf = read[0]
    if isinstance(leaf, Unreadable):
        return Verdict(tuple(unreadable[:1]))
    search = Search(question, now, tuple(each for each in read[1:] if isinstance(each, Certificate)))
    path = search.sound_path(leaf) or search.nearest_path(leaf)
    steps = tuple(judge(question, path, now))
    notes = (*on_order(read, path, question.name), *search.detours(steps), *search.unused(path))
    notes += tuple(f"{each.certificate}: {each.told.fails}" for each in unreadable)
    if all(step.ok for step in steps):
        return Verdict((*steps, *library_says(question, path, search.sent, now)), path, notes)
    if question.trust.source_of(path[-1]) is None:  # What could not be read may be the issuer that is missing.
        steps = (*unreadable, *steps, *search.given_up)
    if any(step.rule in BUDGETS for step in steps if not step.ok) or sum(map(len, chain)) > OPINION_LIMIT:
        return Verdict(steps, path, notes)  # The library's own budgets are larger: an opinion could take long.
    opinion = library_says(question, path, search.sent, now)
    return Verdict(steps, path, (*notes, *(f"cryptography's verifier says: {step.values['says']}" for step in opinion)))


def forget() -> None:
    """Forget every remembered answer, for a program that changes the table of rules."""
    global _table
    _table = object()
    forget_steps()


class Search:
    """All walks up from one leaf, as far as the budget goes."""

    def __init__(self, question: Question, now: datetime, sent: CertificatePath) -> None:
        self.question = question
        self.now = now
        self.sent = sent
        self.dead_ends: list[RuleResult] = []
        self.given_up: list[RuleResult] = []
        self._effort_left = EFFORT_BUDGET
        self._sent_by_subject: dict[object, list[Certificate]] = {}
        for each in dict.fromkeys(sent):
            self._sent_by_subject.setdefault(self._name(each.subject, each.parsed.subject), []).append(each)

    def sound_path(self, leaf: Certificate) -> CertificatePath | None:
        """The first path to a root on which no rule is broken."""
        if not self._sound((leaf,)):
            return None
        return next((path for path in self._up((leaf,), self._sound) if self._arrived(path)), None)

    def nearest_path(self, leaf: Certificate) -> CertificatePath:
        """Of the first few paths that names alone allow: to a root if possible, then with the fewest broken rules."""
        self._effort_left = TELLING_BUDGET
        paths = list(islice(self._up((leaf,), lambda path: True), TOLD_PATHS))
        return min(paths or [(leaf,)], key=self._distance)

    def detours(self, steps: tuple[RuleResult, ...]) -> Iterator[str]:
        """A word on the dead ends that the verdict's own steps do not tell."""
        words = (f"{each.certificate}: {each.told.fails}" for each in self.dead_ends if each not in steps)
        for sentence in islice(dict.fromkeys(words), TOLD_PATHS):
            yield f"a way that leads nowhere: {sentence}"

    def unused(self, path: CertificatePath) -> Iterator[str]:
        """A word on what was sent and not needed."""
        extra = [each.label for each in self.sent if each not in path]
        if extra:
            shown = ", ".join(printable(label) for label in extra[:4])
            yield f"sent but not used: {shown}{', ...' if len(extra) > 4 else ''}"

    def _up(self, path: CertificatePath, passable: Callable[[CertificatePath], bool]) -> Iterator[CertificatePath]:
        """Every path that begins with `path` and cannot be made longer, likeliest issuers first."""
        issuers = [] if self._arrived(path) else self._issuers(path)
        if issuers and len(path) == DEPTH_LIMIT:
            self._give_up(path, "certificates on the path", DEPTH_LIMIT)
            issuers = []
        if not issuers:
            yield path
        for issuer in issuers:
            longer = (*path, issuer)
            self._effort_left -= effort(Place(self.question, longer, len(path)))
            if self._effort_left < 0:
                self._give_up(path, "units of effort", EFFORT_BUDGET)
                return
            if passable(longer):
                yield from self._up(longer, passable)

    def _issuers(self, path: CertificatePath) -> list[Certificate]:
        """Certificates whose subject is the issuer of the path's end: roots, then sent ones; a named key goes first."""
        end = path[-1]
        wanted = self._name(end.issuer, end.parsed.issuer)
        found = dict.fromkeys((*self.roots_for(end), *self._sent_by_subject.get(wanted, ())))
        here = {each.der for each in path}
        key = end.extension(x509.AuthorityKeyIdentifier)
        named = key.value.key_identifier if key else None
        candidates = [each for each in found if each.der not in here]
        return sorted(candidates, key=lambda each: named is None or key_identifier(each) != named)

    def roots_for(self, certificate: Certificate) -> list[Certificate]:
        """The roots that may have issued it, by name."""
        wanted = self._name(certificate.issuer, certificate.parsed.issuer)
        return self.question.trust.with_subject(wanted, by_folded=self._folds)

    def _sound(self, path: CertificatePath) -> bool:
        """No rule is broken at the end of `path`, and its key opens the signature below; the rest was asked before."""
        place = Place(self.question, path, len(path) - 1)
        stages = (Stage.dates, Stage.leaf, Stage.details)
        steps = [step for stage in stages for step in steps_at(place, stage, self.now)]
        if len(path) > 1:
            below = Place(self.question, path, len(path) - 2)
            steps += steps_at(below, Stage.details, self.now, Role.issued)
        broken = next((step for step in steps if not step.ok), None)
        if broken and len(path) > 1:
            self.dead_ends.append(broken)
        return broken is None

    def _distance(self, path: CertificatePath) -> tuple[bool, int, int]:
        broken = sum(not step.ok for step in judge(self.question, path, self.now))
        return not self._arrived(path), broken, -len(path)

    def _arrived(self, path: CertificatePath) -> bool:
        return self.question.trust.source_of(path[-1]) is not None

    def _give_up(self, path: CertificatePath, what: str, limit: int) -> None:
        if not self.given_up:
            self.given_up.append(
                printable_result("search-budget", False, {"limit": f"{limit} {what}"}, 0, path[0].label)
            )

    @property
    def _folds(self) -> bool:
        """RFC 5280 section 7.1 compares names without case and spacing; the web compares their bytes."""
        return self.question.profile == "rfc5280"

    def _name(self, raw: bytes, name: x509.Name) -> object:
        return folded(name) if self._folds else raw


def effort(place: Place) -> int:
    """What it costs to try this issuer: 1 unit for an RSA key of 2048 bits, 16 for 8192, 1 for 400 names compared."""
    key = place.certificate.key
    size = min(key.key_size, MODULUS_LIMIT) if isinstance(key, rsa.RSAPublicKey) else 0
    here, constraints = names_and_constraints(place)
    return max(1, (size // 2048) ** 2) + min(here * constraints, COMPARISON_LIMIT) // 400


def key_identifier(certificate: Certificate) -> bytes | None:
    """The subjectKeyIdentifier, None if there is none (RFC 5280 section 4.2.1.2)."""
    extension = certificate.extension(x509.SubjectKeyIdentifier)
    return extension.value.digest if extension else None
