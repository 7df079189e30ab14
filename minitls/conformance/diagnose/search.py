"""Every wrong value that the catalogue can make, by one mistake or by two, and which of them are the one in hand.

Two mistakes are sought where people make two: any two of one stage, as somebody who got one field of the MAC's input
wrong may have got another wrong; and any two common ones of different stages.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import islice

from .mistakes import CHANGES, COMPUTED, Mistake
from .mistakes.facts import Facts
from .mistakes.recipe import Recipe, value

#: How many pairs are tried at most, so that an answer comes within two seconds; a record takes longest to make.
MOST_PAIRS = 20_000
MOST_RECORDS = 8_000

#: A value, the mistakes that give it, and the recipe of somebody who makes them.
Candidate = tuple[bytes, tuple[Mistake, ...], Recipe]

_ORDER = {mistake.name: place for place, mistake in enumerate(COMPUTED)}
#: Text has many forms, too many for pairs.
_PAIRED = tuple(mistake for mistake in COMPUTED if not mistake.name.endswith(("-text", "-string")))
_COMMON = tuple(mistake for mistake in _PAIRED if mistake.common)


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


@lru_cache(maxsize=64)
def _remembered(facts: Facts, name: str, pairs: bool) -> tuple[Candidate, ...]:
    """The candidates for a value in which nothing is random."""
    return tuple(_candidates(facts, name, b"", pairs=pairs))


def _candidates(facts: Facts, name: str, seen: bytes, *, pairs: bool) -> Iterator[Candidate]:
    right = Recipe.right(facts)
    expected = value(facts, right, name, seen)
    if expected is None:
        return iter(())
    single = _made(facts, right, name, seen, expected, _PAIRED if pairs else COMPUTED)
    if not pairs:
        return ((made, (mistake,), recipe) for made, mistake, recipe in single)
    return islice(_pairs(facts, name, seen, expected, list(single)), MOST_RECORDS if name == "record" else MOST_PAIRS)


def _pairs(
    facts: Facts, name: str, seen: bytes, expected: bytes, single: list[tuple[bytes, Mistake, Recipe]]
) -> Iterator[Candidate]:
    """Pairs of which the first matters by itself; common ones first, then stage by stage, the last stage first."""
    mattering = {mistake.name for _, mistake, _ in single}
    different = {made: (mistake, recipe) for made, mistake, recipe in reversed(single)}.values()

    def of(one: Mistake, first: Recipe, others: Iterable[Mistake]) -> Iterator[Candidate]:
        # A pair of two that matter is tried once, with the earlier one first.
        wanted = [m for m in others if _ORDER[m.name] > _ORDER[one.name] or m.name not in mattering]
        for made, other, recipe in _made(facts, first, name, seen, expected, wanted):
            yield made, tuple(sorted((one, other), key=lambda mistake: _ORDER[mistake.name])), recipe

    for one, first in different:
        if one.common:
            yield from of(one, first, (other for other in _COMMON if other.stage != one.stage))
    for one, first in different:
        yield from of(one, first, (other for other in _PAIRED if other.stage == one.stage and other is not one))


def _made(
    facts: Facts, start: Recipe, name: str, seen: bytes, expected: bytes, mistakes: Iterable[Mistake]
) -> Iterator[tuple[bytes, Mistake, Recipe]]:
    for mistake in mistakes:
        for recipe in CHANGES[mistake.name](facts, start):
            made = value(facts, recipe, name, seen)
            if made is not None and made != expected:
                yield made, mistake, recipe


def _spoils_none(facts: Facts, recipe: Recipe, name: str, sound_values: Mapping[str, bytes]) -> bool:
    return all(
        value(facts, recipe, other, known) in (known, None) for other, known in sound_values.items() if other != name
    )
