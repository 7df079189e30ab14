"""What a mistake is: a named change of a recipe, or a shape, with its rule and its fix."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from .... import prose
from .facts import Facts
from .prf_call import PRFCall
from .protection_steps import ProtectionSteps
from .recipe import Recipe, TranscriptHash
from .text import KINDS

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
    return lambda facts, recipe: [recipe._replace(**fields)]


def protect(**fields: Any) -> Change:
    """Other values for fields of the record's protection."""
    return lambda facts, recipe: [recipe._replace(protect=recipe.protect._replace(**fields))]


def protect_if(wanted: Callable[[Facts, ProtectionSteps], bool], **fields: Any) -> Change:
    """The same, where it makes sense."""
    return lambda facts, recipe: protect(**fields)(facts, recipe) if wanted(facts, recipe.protect) else ()


def derivations(change: Callable[[Facts, PRFCall], Iterable[PRFCall]]) -> Change:
    """The same change in all calls of the PRF, and in each alone."""

    def changed(facts: Facts, recipe: Recipe) -> Iterable[Recipe]:
        names = ("master", "expansion", "finished")
        variants = {name: list(change(facts, getattr(recipe, name))) for name in names}
        for master, expansion, finished in zip(*variants.values(), strict=False):
            yield recipe._replace(master=master, expansion=expansion, finished=finished)
        if recipe.call is not None:
            for call in change(facts, recipe.call):
                yield recipe._replace(call=call)
        for name, several in variants.items():
            for each in several:
                only: dict[str, Any] = {name: each}
                yield recipe._replace(**only)

    return changed


def handed(what: str, kind: str) -> Change:
    """Something is handed over as text of this kind (`text.KINDS`)."""
    return lambda facts, recipe: [
        recipe._replace(handed=(*recipe.handed, (what, form)))
        for form in KINDS[kind]
        if all(place != what for place, _ in recipe.handed)
    ]


def each(*changes: Change) -> Change:
    """Any of these changes."""
    return lambda facts, recipe: [new for change in changes for new in change(facts, recipe)]


def transcripts(change: Callable[[Facts, TranscriptHash], Iterable[TranscriptHash]]) -> Change:
    """The same change in what Finished covers and in what the session hash covers, and in each alone."""

    def changed(facts: Facts, recipe: Recipe) -> Iterable[Recipe]:
        ends = list(change(facts, recipe.transcript)) if recipe.transcript.pieces else []
        sessions = list(change(facts, recipe.session)) if recipe.session and recipe.session.pieces else []
        for end in ends:
            yield recipe._replace(transcript=end)
        for session in sessions:
            yield recipe._replace(session=session)
        for end, session in zip(ends, sessions, strict=False):
            yield recipe._replace(transcript=end, session=session)

    return changed
