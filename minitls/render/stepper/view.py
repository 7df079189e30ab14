"""What the stepper shows, as plain values: a place in a story, and the questions asked of it.

A `View` is immutable: every key gives another one. What is on the screen depends on the view alone, so going forward
and back again shows the same screen, and the panes (`panes.py`) can be tested without a terminal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

from ...pki.verdict import RuleResult
from ...trace.explain import annotate
from ...trace.explain.annotate import AnnotatedField
from ...trace.explain.explanations import explain
from ...trace.explain.facts import facts
from ...trace.explain.opened import opened
from ...trace.file.events import Elided
from ...trace.story.knowledge import VIEWERS, Viewer
from ...trace.story.step import Step
from ...trace.story.story import Story
from ..outline import TreePlace, TreeRow, first_field, outline, visible, way_to
from ..theme import hexed, known
from ..words import rule_words, title_of, words_for


@dataclass(frozen=True)
class Layer:
    """Some bytes of a step, and their fields."""

    title: str
    data: bytes
    fields: tuple[AnnotatedField, ...]
    secret: bool


class FieldRow(NamedTuple):
    """A row of the list of fields that is seen now."""

    layer: int
    row: TreeRow


@dataclass(frozen=True)
class View:
    """One screen. `index` counts steps from 0; `cursor` is 0 on the step itself, else it counts its lines from 1."""

    story: Story
    index: int = 0
    cursor: int = 0
    viewer: Viewer = "client"
    side: str = "steps"
    """What the pane at the left shows: "steps", "secrets" or "changes"."""
    opened: frozenset[tuple[int, TreePlace]] = frozenset()
    """The branches of fields that are open, each with its layer."""

    @property
    def step(self) -> Step:
        """The current step."""
        return self.story.steps[self.index]

    @property
    def before(self) -> Step | None:
        """The step before it."""
        return self.story.steps[self.index - 1] if self.index else None

    @cached_property
    def layers(self) -> tuple[Layer, ...]:
        """The bytes of the current step."""
        return layers_of(self.step)

    @cached_property
    def lines(self) -> tuple[FieldRow, ...]:
        """The rows that are seen of all layers; those in closed branches are not."""
        found: list[FieldRow] = []
        for number, layer in enumerate(self.layers):
            opened = {place for at, place in self.opened if at == number}
            found += [FieldRow(number, row) for row in visible(outline(layer.fields), opened)]
        return tuple(found)

    @property
    def line(self) -> FieldRow | None:
        """The row under the cursor, None while it is on the step itself."""
        return self.lines[self.cursor - 1] if 0 < self.cursor <= len(self.lines) else None

    @property
    def field(self) -> tuple[Layer, AnnotatedField] | None:
        """The field under the cursor; None on the step itself, or on a branch that has no field of its own."""
        line = self.line
        if line is None or line.row.node.field is None:
            return None
        layer = self.layers[line.layer]
        return layer, layer.fields[line.row.node.field]

    def toggle(self) -> View:
        """The branch under the cursor opened, or closed."""
        line = self.line
        if line is None or not line.row.node.children:
            return self
        return replace(self, opened=self.opened ^ {(line.layer, line.row.node.place)})

    def on(self, layer: int, field: int) -> View:
        """The cursor on a field, every branch around it open."""
        ways = {(layer, place) for place in way_to(outline(self.layers[layer].fields), field)}
        view = replace(self, opened=self.opened | ways)
        at = (n for n, line in enumerate(view.lines, 1) if (line.layer, line.row.node.field) == (layer, field))
        return replace(view, cursor=next(at, 0))

    def at(self, index: int) -> View:
        """The same view of another step, as near as there is one."""
        inside = max(0, min(index, len(self.story.steps) - 1))
        return replace(self, index=inside, cursor=0, opened=frozenset()) if inside != self.index else self

    def move(self, by: int) -> View:
        """The cursor on another row of the step, or back on the step itself."""
        return replace(self, cursor=max(0, min(self.cursor + by, len(self.lines))))

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
        """The next place with this text in anything shown or explained there, values in hex included; None if none.

        A place is a step, or a field of one. The search goes round.
        """
        needle = wanted.casefold().strip()
        bare = needle.replace(" ", "").replace(":", "").removeprefix("0x")
        count = len(self.story.steps)
        line = self.line
        here = (line.layer, first_field(line.row.node)) if line else (-1, 0)
        for offset in range(count + 1):
            index = (self.index + offset) % count
            for layer, field in _hits(self.story.steps[index], needle, bare):
                if offset or (layer, field) > here:
                    view = replace(self.at(index), cursor=0, opened=frozenset())
                    return view if layer < 0 else view.on(layer, field)
        return None

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


def _hits(step: Step, needle: str, bare: str) -> Iterator[tuple[int, int]]:
    """Where a step has a text: (-1, 0) is the step itself, else a layer and a field of it, in order.

    What an explanation says is found at the first field of its kind.
    """
    derived = known(step.derive.output).hex() if step.derive else ""
    if needle in _text_of(step) or (bare and bare in derived):
        yield -1, 0
    explained: set[str] = set()
    for number, layer in enumerate(layers_of(step)):
        at = layer.data.hex().find(bare) if bare else -1
        for field, each in enumerate(layer.fields):
            has_bytes = at >= 0 and at % 2 == 0 and each.start <= at // 2 < each.end
            in_words = each.kind not in explained and needle in " ".join(text for _, text in why(each)).casefold()
            if in_words:
                explained.add(each.kind)
            if has_bytes or in_words or needle in f"{each.name} {each.said}".casefold():
                yield number, field


def _text_of(step: Step) -> str:
    words = words_for(step)
    parts = [step.title, title_of(step), step.side, words.what, words.why, words.section]
    for check in step.checks:
        told = rule_words(RuleResult(check.place, check.certificate, check.rule, check.ok, check.values))
        parts += [str(check.rule), told.what, told.why, told.section, *map(str, check.values.values())]
    if step.derive is not None:
        parts += [step.derive.formula, *step.derive.inputs]
    if step.note is not None:
        parts += [f"{name} {value}" for name, value in step.note.values.items()]
    if step.message is not None and not isinstance(step.message.bytes, Elided):
        parts += [f"{name} {text}" for name, text in facts(step.message.type, step.message.bytes, step.key_exchange)]
    return " ".join(parts).casefold()


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
        yield Layer(title, header + fragment, tuple(opened(header + fragment, fields, "elements")), False)
        if record.protection is not None:
            data, inside = annotate.decrypted(record.protection)
            if inside:
                yield Layer("it decrypts to", data, tuple(opened(data, inside, "elements")), True)
    message = step.message
    if message is not None and len(step.records) > 1 and not isinstance(message.bytes, Elided):
        whole = annotate.message(message.bytes, message.type, step.key_exchange)
        yield Layer("joined", message.bytes, tuple(opened(message.bytes, whole, "elements")), False)
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
