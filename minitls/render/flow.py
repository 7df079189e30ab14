"""Where values come from and where they go: the steps of a story, tied together.

An input of a derivation that is another event's value is told by number in the trace. Those that came over the wire
(randoms, the server's key) are found by name. `uses` is the same relation read backwards, with the places where a
value leaves the derivations: the message that carries it, the records that a key protects.
"""

from __future__ import annotations

from typing import NamedTuple

from ..handshake.derivation import FromCertificate, FromMessage
from ..handshake.tls12.derivations import DERIVATIONS, KEY_BLOCK
from ..trace.file.events import Derive, Elided, Hex, Input, VantagePoint
from ..trace.file.values import NotInTrace, resolve
from ..trace.story.step import Step
from ..trace.story.story import Story
from ..wire.messages import Certificate

#: Inputs that came in a message: (message, sender).
_FROM_MESSAGE: dict[str, tuple[str, VantagePoint]] = {
    name: (source.message, source.sender) if isinstance(source, FromMessage) else (Certificate.__name__, source.side)
    for row in DERIVATIONS
    for name, source in row.inputs.items()
    if isinstance(source, FromMessage | FromCertificate)
}
#: Derived values that a message carries.
_INTO_MESSAGE: dict[str, tuple[str, VantagePoint]] = {
    row.name: (row.carried_by.message, row.carried_by.sender) for row in DERIVATIONS if row.carried_by is not None
}


class SourcedInput(NamedTuple):
    """One input of a derivation."""

    name: str
    value: Hex
    sources: tuple[int, ...]
    """The steps that it comes from; empty if nothing before gave it."""


class DataFlow:
    """The ties between the steps of one story."""

    def __init__(self, story: Story) -> None:
        self._story = story
        self._messages = {(step.title, step.side): step.number for step in reversed(story.steps) if step.message}
        self.uses: dict[int, list[int]] = {step.number: [] for step in story.steps}
        """Step number to the steps where its value is used, in order."""
        for step in story.steps:
            for source in self._sources(step):
                if step.number not in self.uses[source] and source != step.number:
                    self.uses[source].append(step.number)
        for ends in self.uses.values():
            ends.sort()

    def inputs(self, derive: Derive) -> list[SourcedInput]:
        """The inputs of a derivation, in order."""
        return [
            SourcedInput(name, self._value(value), self._from(name, value, derive))
            for name, value in derive.inputs.items()
        ]

    def _sources(self, step: Step) -> list[int]:
        if step.derive is not None:
            # The messages of a transcript would tie everything to everything.
            found = [
                source for given in self.inputs(step.derive) if len(given.sources) == 1 for source in given.sources
            ]
            into = _INTO_MESSAGE.get(step.title)
            carrier = self._messages.get(into) if into else None
            if carrier is not None and carrier > step.number:
                self.uses[step.number].append(carrier)
            elif step.same_as is not None:
                found.append(step.same_as)
            return found
        if step.keys is not None:
            blocks = [each for each in self._before(step) if each.title == KEY_BLOCK.name and each.side == step.side]
            return [blocks[-1].number] if blocks else []
        if step.records and step.records[0].protection is not None:
            sender = step.records[0].sender
            keys = [each for each in self._before(step) if each.keys and each.keys.direction == sender]
            return [each.number for each in keys]
        return []

    def _before(self, step: Step) -> tuple[Step, ...]:
        return self._story.steps[: step.number - 1]

    def _value(self, value: Input) -> Hex:
        try:
            return resolve(self._story.trace, value)
        except NotInTrace:
            return value if isinstance(value, Elided) else Elided(0, None)

    def _from(self, name: str, value: Input, derive: Derive) -> tuple[int, ...]:
        if isinstance(value, Elided):
            return ()
        numbers = (value,) if isinstance(value, int) else value if isinstance(value, tuple) else ()
        steps = [self._story.step_of[n] for n in numbers if n in self._story.step_of]
        if not steps and name in _FROM_MESSAGE:
            steps = [self._messages[key] for key in [_FROM_MESSAGE[name]] if key in self._messages]
        here = self._story.step_of.get(derive.n, 0)
        return tuple(dict.fromkeys(each for each in steps if each <= here))
