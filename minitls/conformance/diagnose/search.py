"""Every wrong value that the catalogue can make, by one mistake or by two, and which of them are the one in hand.

Two mistakes are sought where people make two: any two of one stage, as somebody who got one field of the MAC's input
wrong may have got another wrong; and any two common ones of different stages. A MAC or a record takes longest to make
and comes last of all values, so the stages far before it are left to the values there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import islice

from ...handshake.tls12.derivations import KEY_BLOCK, MASTER_SECRET, PRE_MASTER_SECRET, SESSION_HASH
from .mistakes import CHANGES, COMPUTED, Mistake
from .mistakes.facts import Facts
from .mistakes.prf_call import PRFCall
from .mistakes.protection_steps import ProtectionSteps
from .mistakes.recipe import OUTPUT, SLICES, Recipe, TranscriptHash, value

#: How many pairs are tried at most, so that an answer comes within two seconds.
MOST_PAIRS = 15_000
#: The stages whose mistakes can show in a value; all of them in those that are not named.
_TO_MASTER = ("pre-master", "PRF", "master secret", "transcript")
_STAGES = {
    PRE_MASTER_SECRET.name: ("pre-master",),
    SESSION_HASH.name: ("transcript", "master secret"),
    MASTER_SECRET.name: _TO_MASTER,
    KEY_BLOCK.name: (*_TO_MASTER, "key block"),
    **dict.fromkeys(SLICES, (*_TO_MASTER, "key block", "slices")),
    "handshake_hash": ("transcript", "Finished"),
    "verify_data": (*_TO_MASTER, "Finished"),
    OUTPUT: ("PRF",),
}
#: The stages before a MAC or a record that are sought for two mistakes.
_NEAR = ("Finished", "key block", "slices", "MAC", "record")
#: Stages whose mistakes are made at several places: a pair of them is made at the same.
SPREAD = ("PRF", "transcript")

#: A value, the mistakes that give it, and the recipe of somebody who makes them.
Candidate = tuple[bytes, tuple[Mistake, ...], Recipe]

_ORDER = {mistake.name: place for place, mistake in enumerate(COMPUTED)}
#: Text has many forms, too many for pairs.
_PAIRED = tuple(mistake for mistake in COMPUTED if not mistake.name.endswith(("-text", "-string")))


def explaining(
    facts: Facts, name: str, given: bytes, sound_values: Mapping[str, bytes], *, pairs: bool
) -> Iterator[tuple[tuple[Mistake, ...], Recipe]]:
    """Each mistake, or pair, that gives this very value and spoils none that is right, with its recipe."""
    candidates = _candidates(facts, name, given, pairs=pairs) if name == "record" else _remembered(facts, name, pairs)
    named: set[tuple[Mistake, ...]] = set()
    for made, mistakes, recipe in candidates:
        if made == given and mistakes not in named and _spoils_none(facts, recipe, name, sound_values):
            named.add(mistakes)
            yield mistakes, recipe


@lru_cache(maxsize=12)
def _remembered(facts: Facts, name: str, pairs: bool) -> tuple[Candidate, ...]:
    """The candidates for a value in which nothing is random."""
    return tuple(_candidates(facts, name, b"", pairs=pairs))


def _candidates(facts: Facts, name: str, seen: bytes, *, pairs: bool) -> Iterator[Candidate]:
    right = Recipe.right(facts)
    expected = value(facts, right, name, seen)
    if expected is None:
        return iter(())
    stages = _STAGES.get(name)
    catalogue = [m for m in (_PAIRED if pairs else COMPUTED) if stages is None or m.stage in stages]
    single = _made(facts, right, name, seen, expected, catalogue)
    if not pairs:
        return ((made, (mistake,), recipe) for made, mistake, recipe in single)
    return islice(_pairs(facts, name, seen, expected, list(single), catalogue), MOST_PAIRS)


def _pairs(
    facts: Facts,
    name: str,
    seen: bytes,
    expected: bytes,
    single: list[tuple[bytes, Mistake, Recipe]],
    catalogue: list[Mistake],
) -> Iterator[Candidate]:
    """Pairs of which one matters by itself: common ones first, then stage by stage, the last first."""
    right = Recipe.right(facts)
    touched = {mistake.name: _touched(right, recipe) for _, mistake, recipe in reversed(single)}
    different = {made: (mistake, recipe) for made, mistake, recipe in reversed(single)}.values()

    def with_(one: Mistake, first: Recipe, *, same_stage: bool) -> Iterator[Candidate]:
        own = _touched(right, first)
        wanted = []
        for other in catalogue:
            if other is one or (other.stage == one.stage) != same_stage or not (same_stage or other.common):
                continue
            if other.name not in touched or (_ORDER[other.name] > _ORDER[one.name] and not own & touched[other.name]):
                wanted.append(other)
        where = _changed(right, first) if one.stage in SPREAD and same_stage else ()
        for made, other, recipe in _made(facts, first, name, seen, expected, wanted, where):
            yield made, tuple(sorted((one, other), key=lambda mistake: _ORDER[mistake.name])), recipe

    for one, first in different:
        if one.common:
            yield from with_(one, first, same_stage=False)
    for one, first in different:
        if name not in ("mac", "record") or one.stage in _NEAR:
            yield from with_(one, first, same_stage=True)


#: The fields of a recipe in which mistakes of the stages in SPREAD are made.
_PLACES = ("master", "expansion", "finished", "call", "transcript", "session")
#: Steps that two mistakes can change one after the other.
ADDING = frozenset(("fields", "pieces", "seed", "pre_master", "layout", "master", "session"))


def _changed(one: Recipe, other: Recipe) -> tuple[str, ...]:
    return tuple(name for name in _PLACES if getattr(one, name) != getattr(other, name))


def _touched(right: Recipe, recipe: Recipe) -> frozenset[str]:
    """The steps that differ, by name, but for those that two mistakes can change one after the other."""
    found: set[str] = set()
    for name, one, other in zip(right._fields, right, recipe, strict=True):
        if one is other or one == other:
            continue
        if isinstance(one, PRFCall | TranscriptHash | ProtectionSteps) and type(one) is type(other):
            steps = [step for step, a, b in zip(one._fields, one, other, strict=True) if a != b]
            found.update(f"{name} {step}" for step in steps if step not in ADDING)
        elif name not in ADDING:
            found.add(name)
    return frozenset(found)


def _made(
    facts: Facts,
    start: Recipe,
    name: str,
    seen: bytes,
    expected: bytes,
    mistakes: Iterable[Mistake],
    where: tuple[str, ...] = (),
) -> Iterator[tuple[bytes, Mistake, Recipe]]:
    """What the mistakes make. `where`: only in these fields of the recipe."""
    for mistake in mistakes:
        for recipe in CHANGES[mistake.name](facts, start):
            if where and _changed(start, recipe) != where:
                continue
            made = value(facts, recipe, name, seen)
            if made is not None and made != expected:
                yield made, mistake, recipe


def _spoils_none(facts: Facts, recipe: Recipe, name: str, sound_values: Mapping[str, bytes]) -> bool:
    return all(
        value(facts, recipe, other, known) in (known, None) for other, known in sound_values.items() if other != name
    )
