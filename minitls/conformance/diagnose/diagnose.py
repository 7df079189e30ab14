"""Which mistake makes this value? Every way to get it wrong that the catalogue knows is tried.

Values are looked at in the order in which they are computed, and the first wrong one is explained: by one mistake if
one suffices, else by two (`search.py`). Values that are right rule out every mistake that would have spoilt them.
Nothing is guessed: a mistake is named only if it gives the very bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from ...handshake.tls12.derivations import ENCRYPTED_PRE_MASTER_SECRET, PKCS1_BLOCK, PRE_MASTER_SECRET
from .mistakes import BY_NAME, EXCHANGE_MISTAKES, PKCS1_MISTAKES, Mistake
from .mistakes.facts import Facts
from .mistakes.pkcs1_mistakes import Seen, sound
from .mistakes.pre_master_mistakes import decrypted
from .mistakes.prf_call import PRFCall
from .mistakes.recipe import VALUES, Recipe, TranscriptHash, value
from .mistakes.text import read_back
from .search import explaining

#: A value shorter than this says nothing, being met by chance; and a pair of mistakes has thousands of forms.
SHORTEST, SHORTEST_FOR_PAIRS = 4, 8
#: What is sought: nothing, one mistake, or also two.
NOTHING, SINGLE, PAIRS = range(3)
RIGHT, WRONG, UNKNOWN = "right", "wrong", "unknown"


class ChangedInput(NamedTuple):
    """One input that differs: what it is, as it should be, as it was."""

    what: str
    right: str
    yours: str


@dataclass(frozen=True)
class Explanation:
    """The mistakes that together give the value, and the inputs that they change."""

    mistakes: tuple[Mistake, ...]
    differences: tuple[ChangedInput, ...] = ()


@dataclass(frozen=True)
class Finding:
    """What became of one value."""

    name: str
    given: bytes
    right: bytes | None
    """None if it cannot be computed, as the facts do not suffice or the value is random."""
    state: str
    explanations: tuple[Explanation, ...] = ()


@dataclass(frozen=True)
class Diagnosis:
    """All findings in the order of computation, and every right value that the facts give."""

    findings: tuple[Finding, ...]
    steps: tuple[tuple[str, bytes], ...]

    @property
    def wrong(self) -> Finding | None:
        """The first wrong value; it is the one that is explained."""
        return next((finding for finding in self.findings if finding.state == WRONG), None)

    @property
    def names(self) -> set[str]:
        """The names of all mistakes that are part of an explanation."""
        return {
            mistake.name
            for finding in self.findings
            for explanation in finding.explanations
            for mistake in explanation.mistakes
        }


def diagnose(facts: Facts, values: Mapping[str, bytes], *, pairs: bool = True) -> Diagnosis:
    """Explain the first wrong one of `values` (names of VALUES), and later ones only if that cannot be.

    `pairs`: whether two mistakes are sought, too, which takes about a second where nothing explains the value.
    ValueError for a name that is none.
    """
    unknown = [name for name in values if name not in VALUES]
    if unknown:
        raise ValueError(f"there is no value called {unknown[0]!r}; known are {', '.join(VALUES)}")
    right = Recipe.right(facts)
    findings: list[Finding] = []
    sound_values: dict[str, bytes] = {}
    effort = PAIRS if pairs else SINGLE
    for name in VALUES:
        if name not in values:
            continue
        finding = _judge(facts, right, name, values[name], sound_values, effort)
        if finding.state == WRONG:
            # What follows a wrong value is wrong as well; it is looked at only for a mistake that is plain to see.
            effort = NOTHING if finding.explanations else min(effort, SINGLE)
        if finding.state == RIGHT:
            sound_values[name] = finding.given
        findings.append(finding)
    steps = tuple(
        (name, known)
        for name in VALUES
        if (known := value(facts, right, name, values.get(name, b""))) is not None and known != b""
    )
    return Diagnosis(tuple(findings), steps)


def _judge(
    facts: Facts, right: Recipe, name: str, given: bytes, sound_values: Mapping[str, bytes], effort: int
) -> Finding:
    if name in (PKCS1_BLOCK.name, ENCRYPTED_PRE_MASTER_SECRET.name):
        return _shaped(facts, name, given, explain=effort > NOTHING)
    expected = value(facts, right, name, given)
    if expected is None:
        return Finding(name, given, None, UNKNOWN)
    if expected == given:
        return Finding(name, given, expected, RIGHT)
    explanations: tuple[Explanation, ...] = ()
    if effort > NOTHING:
        if len(given) >= SHORTEST:
            explanations = _explained(facts, name, given, sound_values, pairs=False)
        explanations = explanations or _as_text(given, expected)
        if not explanations and len(given) >= SHORTEST_FOR_PAIRS and effort == PAIRS:
            explanations = _explained(facts, name, given, sound_values, pairs=True)
    return Finding(name, given, expected, WRONG, explanations)


def _explained(
    facts: Facts, name: str, given: bytes, sound_values: Mapping[str, bytes], *, pairs: bool
) -> tuple[Explanation, ...]:
    """One explanation for each mistake, or pair, that gives the value."""
    right = Recipe.right(facts)
    return tuple(
        Explanation(mistakes, _differences(right, recipe))
        for mistakes, recipe in explaining(facts, name, given, sound_values, pairs=pairs)
    )


def _as_text(given: bytes, expected: bytes) -> tuple[Explanation, ...]:
    """The right value, but handed over as text."""
    return tuple(
        Explanation((BY_NAME[f"value-{kind}"],)) for kind, told in read_back(given).items() if told == expected
    )


def _shaped(facts: Facts, name: str, given: bytes, *, explain: bool) -> Finding:
    key = facts.private_key.public_key() if facts.private_key else facts.public_key
    size = (key.key_size + 7) // 8 if key else facts.modulus_length
    if not size:
        return Finding(name, given, None, UNKNOWN)
    if name == PKCS1_BLOCK.name:
        seen, catalogue = Seen(facts, given, b"", size), PKCS1_MISTAKES
    else:
        block = decrypted(facts.private_key, given) if len(given) == size else b""
        seen, catalogue = Seen(facts, block, given, size), PKCS1_MISTAKES | EXCHANGE_MISTAKES
        if facts.private_key is None and len(given) == size:
            return Finding(name, given, None, UNKNOWN)
    if sound(seen):
        return Finding(name, given, given, RIGHT)
    known = [Explanation((BY_NAME[mistake],)) for mistake, holds in catalogue.items() if explain and holds(seen)]
    return Finding(name, given, None, WRONG, tuple(known))


def _differences(right: Recipe, recipe: Recipe) -> tuple[ChangedInput, ...]:
    """Every input that the two recipes differ in, by name."""
    return tuple(_compare("", right, recipe))


def _compare(path: str, one: Any, other: Any) -> Iterable[ChangedInput]:
    if one == other:
        return
    if type(one) is type(other) and isinstance(one, Recipe | PRFCall | TranscriptHash):
        for name in one._fields:
            yield from _compare(f"{path} {name}".strip(), getattr(one, name), getattr(other, name))
    elif path == "protect":
        for name in one._fields:
            yield from _compare(name.replace("_", " "), getattr(one, name), getattr(other, name))
    else:
        yield ChangedInput(_WORDS.get(path, path), _shown(one), _shown(other))


_WORDS = {
    "pre_master": PRE_MASTER_SECRET.name,
    "master seed": "seed of the master secret",
    "expansion seed": "seed of the key expansion",
    "transcript pieces": "what Finished hashes",
    "session pieces": "what the session hash covers",
    "layout": "how the key block is cut",
}


def _shown(item: Any) -> str:
    match item:
        case None:
            return "none"
        case bytes():
            printable = item.isascii() and item.decode("ascii", "replace").isprintable() and len(item) < 32
            return repr(item.decode()) if printable and item else item.hex() or "nothing"
        case TranscriptHash():
            return f"{item.hash} over {len(item.pieces)} messages"
        case tuple() if all(isinstance(each, bytes) for each in item):
            return b"".join(item).hex() or "nothing"
        case tuple():
            return " ".join(f"{each[0] or 'skip'}:{each[1]}" if isinstance(each, tuple) else str(each) for each in item)
        case _:
            return str(item)
