"""What the stepper shows, as plain values: a place in a story, and the questions asked of it.

A `View` is immutable: every key gives another one. What is on the screen depends on the view alone, so going forward
and back again shows the same screen, and the panes (`panes.py`) can be tested without a terminal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from ...trace.explain import annotate
from ...trace.explain.annotate import AnnotatedField
from ...trace.explain.explanations import explain
from ...trace.explain.opened import opened
from ...trace.file.events import Elided
from ...trace.story.knowledge import VIEWERS, Viewer
from ...trace.story.step import Step
from ...trace.story.story import Story
from ..theme import hexed, known
from ..words import title_of, words_for


@dataclass(frozen=True)
class Layer:
    """Some bytes of a step, and their fields."""

    title: str
    data: bytes
    fields: tuple[AnnotatedField, ...]
    secret: bool


@dataclass(frozen=True)
class View:
    """One screen. `index` counts steps from 0, `cursor` the fields of the step over all its layers."""

    story: Story
    index: int = 0
    cursor: int = 0
    viewer: Viewer = "client"
    bottom: str = "explain"
    """What the lower pane shows where there is room for one only: "explain", "secrets" or "changes"."""

    @property
    def step(self) -> Step:
        """The current step."""
        return self.story.steps[self.index]

    @property
    def before(self) -> Step | None:
        """The step before it."""
        return self.story.steps[self.index - 1] if self.index else None

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The bytes of the current step."""
        return layers_of(self.step)

    @property
    def field(self) -> tuple[Layer, AnnotatedField] | None:
        """The field under the cursor, None in a step without bytes."""
        at = self.cursor
        for layer in self.layers:
            if at < len(layer.fields):
                return layer, layer.fields[at]
            at -= len(layer.fields)
        return None

    def at(self, index: int) -> View:
        """The same view of another step, as near as there is one."""
        inside = max(0, min(index, len(self.story.steps) - 1))
        return replace(self, index=inside, cursor=0) if inside != self.index else self

    def move(self, by: int) -> View:
        """The cursor on another field of the step."""
        count = sum(len(layer.fields) for layer in self.layers)
        return replace(self, cursor=max(0, min(self.cursor + by, count - 1))) if count else self

    def next_viewer(self) -> View:
        """Somebody else's knowledge."""
        return replace(self, viewer=VIEWERS[(VIEWERS.index(self.viewer) + 1) % len(VIEWERS)])

    def next_derivation(self, by: int = 1) -> View:
        """The next (or previous) step that derives something; the same view if there is none."""
        indices = range(self.index + by, len(self.story.steps) if by > 0 else -1, by)
        return next((self.at(index) for index in indices if self.story.steps[index].derive), self)

    def run_to(self, wanted: str) -> View | None:
        """The next step that is a message or derivation of this name, or moves a machine to this state.

        Names may be shortened and in any case; the search goes round. None if there is no such step.
        """
        exact = wanted.casefold().strip()
        return self._find(lambda step: exact in (name.casefold() for name in _names(step))) or self._find(
            lambda step: _matches(wanted, _names(step))
        )

    def search(self, wanted: str) -> View | None:
        """The next step with this text in anything shown of it, values in hex included; None if there is none."""
        needle = wanted.casefold().strip()
        bare = needle.replace(" ", "")
        return self._find(lambda step: needle in _text_of(step) or (bare != "" and bare in _hex_of(step)))

    def _find(self, fits: Callable[[Step], bool]) -> View | None:
        count = len(self.story.steps)
        for offset in range(1, count + 1):
            index = (self.index + offset) % count
            if fits(self.story.steps[index]):
                return self.at(index)
        return None


def _names(step: Step) -> list[str]:
    return [step.title, *(move.to_state for move in step.moves)]


def _matches(wanted: str, names: list[str]) -> bool:
    flat = wanted.casefold().replace("_", "").replace(" ", "")
    return bool(flat) and any(flat in name.casefold().replace("_", "") for name in names)


def _text_of(step: Step) -> str:
    parts = [step.title, title_of(step), step.side, words_for(step).what]
    parts += [f"{field.name} {field.said}" for layer in layers_of(step) for field in layer.fields]
    parts += [str(check.rule) for check in step.checks] + ([step.derive.formula] if step.derive else [])
    parts += [f"{name} {value}" for name, value in step.note.values.items()] if step.note else []
    return " ".join(parts).casefold()


def _hex_of(step: Step) -> str:
    derived = known(step.derive.output).hex() if step.derive else ""
    return " ".join([*(layer.data.hex() for layer in layers_of(step)), derived])


def layers_of(step: Step) -> tuple[Layer, ...]:
    """Everything that consists of bytes in a step: records, what they decrypt to, joined messages, derived values."""
    return tuple(_layers(step))


def _layers(step: Step) -> Iterator[Layer]:
    for record in step.records:
        header, fragment = known(record.header), record.fragment
        title = f"record {record.number} of the {record.sender}"
        if isinstance(fragment, Elided):
            yield Layer(f"{title}, {hexed(fragment, 0)}", header, tuple(annotate.record(header, b"")), False)
            continue
        if step.kind == "record" and record.protection is None:
            fields = annotate.opaque_record(header, fragment)
        else:
            fields = annotate.record(header, fragment, record.protection, step.key_exchange)
        yield Layer(title, header + fragment, tuple(opened(header + fragment, fields, "outline")), False)
        if record.protection is not None:
            data, inside = annotate.decrypted(record.protection)
            if inside:
                yield Layer("it decrypts to", data, tuple(opened(data, inside, "outline")), True)
    message = step.message
    if message is not None and len(step.records) > 1 and not isinstance(message.bytes, Elided):
        whole = annotate.message(message.bytes, message.type, step.key_exchange)
        yield Layer("joined", message.bytes, tuple(opened(message.bytes, whole, "outline")), False)
    yield from _derived(step)


def _derived(step: Step) -> Iterator[Layer]:
    derive = step.derive
    if derive is None or isinstance(derive.output, Elided):
        return
    fields = annotate.derived(derive)
    if fields:
        yield Layer(f"{derive.name}, cut", derive.output, tuple(fields), True)


def why(field: AnnotatedField) -> list[tuple[str, str]]:
    """What to say of a field: (label, text) pairs."""
    row = explain(field.kind)
    return [("", row.what), ("Why", row.why), ("Without it", row.without), ("", row.section)]
