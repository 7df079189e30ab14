"""What a mistake is: a named change of a recipe, or a shape, with its rule and its fix."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from .... import prose
from .facts import Facts
from .prf_call import PRFCall
from .protection_steps import ProtectionSteps
from .recipe import Recipe, TranscriptHash

Change = Callable[[Facts, Recipe], Iterable[Recipe]]
"""The recipes of somebody who makes the mistake; none if it makes no sense here."""


@dataclass(frozen=True)
class Mistake:
    """One row of the catalogue; its words are the row of its name in `prose/en/mistakes.json`."""

    name: str
    stage: str
    rule: str
    common: bool = False
    """Common ones are tried in pairs, too."""

    @property
    def condition(self) -> str:
        """Ends the sentence "your value is what you get if ..."."""
        return prose.row("mistakes", self.name)["if"]

    @property
    def fix(self) -> str:
        """How it is mended."""
        return prose.row("mistakes", self.name)["fix"]


def set_(**fields: Any) -> Change:
    """Other values for fields of the recipe."""
    return lambda facts, recipe: [replace(recipe, **fields)]


def protect(**fields: Any) -> Change:
    """Other values for fields of the record's protection."""
    return lambda facts, recipe: [replace(recipe, protect=replace(recipe.protect, **fields))]


def protect_if(wanted: Callable[[Facts, ProtectionSteps], bool], **fields: Any) -> Change:
    """The same, where it makes sense."""
    return lambda facts, recipe: protect(**fields)(facts, recipe) if wanted(facts, recipe.protect) else ()


def derivations(change: Callable[[Facts, PRFCall], Iterable[PRFCall]]) -> Change:
    """The same change in all calls of the PRF, and in each alone."""

    def changed(facts: Facts, recipe: Recipe) -> Iterable[Recipe]:
        names = ("master", "expansion", "finished")
        variants = {name: list(change(facts, getattr(recipe, name))) for name in names}
        for master, expansion, finished in zip(*variants.values(), strict=False):
            yield replace(recipe, master=master, expansion=expansion, finished=finished)
        for name, several in variants.items():
            for each in several:
                only: dict[str, Any] = {name: each}
                yield replace(recipe, **only)

    return changed


def transcripts(change: Callable[[Facts, TranscriptHash], Iterable[TranscriptHash]]) -> Change:
    """The same change in what Finished covers and in what the session hash covers, and in each alone."""

    def changed(facts: Facts, recipe: Recipe) -> Iterable[Recipe]:
        ends = list(change(facts, recipe.transcript)) if recipe.transcript.pieces else []
        sessions = list(change(facts, recipe.session)) if recipe.session and recipe.session.pieces else []
        for end in ends:
            yield replace(recipe, transcript=end)
        for session in sessions:
            yield replace(recipe, session=session)
        for end, session in zip(ends, sessions, strict=False):
            yield replace(recipe, transcript=end, session=session)

    return changed
