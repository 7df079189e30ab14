"""The page: one file in which every byte of a handshake is explained. Works from disk and asks nothing of a network.

    Path("page.html").write_text(render_html(read_trace("t.jsonl")))

This module turns a story into cards, the template (`templates/page.html.j2`) draws them. Everything said comes from the
trace and from tables keyed by field, rule or step; nothing is written against particular bytes. What a peer chose
(names, certificates) goes through the template's escaping, and a content security policy forbids all loading.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple

from ... import prose
from ...pki.verdict import LAST, RuleResult
from ...trace.explain import annotate
from ...trace.explain.explanations import FieldExplanation, explain
from ...trace.explain.facts import Fact, facts
from ...trace.file.events import Elided, Hex
from ...trace.file.jsonl import Trace
from ...trace.story.knowledge import VIEWERS
from ...trace.story.step import Step
from ...trace.story.story import Story
from ..flow import DataFlow, SourcedInput
from ..ladder.ladder import phase_of
from ..reproduce import ShellLine, ShellLines
from ..theme import hexed, printable, said
from ..words import Words, is_secret, rule_words, title_of, words_for
from .octets import Block, blocks_of, shown_length, span, value_block
from .states import diagram

#: The page is kept below this many bytes by folding long fields, then by leaving out late steps.
LIMIT = 1_000_000
#: (bytes shown of a field or a value, steps shown), from everything to little.
_FOLDS = ((1 << 20, 100_000), (512, 400), (96, 250), (32, 120), (16, 60))


class Card(NamedTuple):
    """One step as the page shows it."""

    step: Step
    title: str
    size: str
    phase: str
    words: Words
    facts: list[Fact]
    blocks: list[Block]
    inputs: list[SourcedInput]
    secret: bool
    certificates: list[tuple[str, list[RuleResult]]]
    second_opinion: RuleResult | None
    uses: list[int]
    commands: list[ShellLine]


class KindName(NamedTuple):
    """A kind of field, and where its rule stands."""

    kind: str
    section: str


class Entry(NamedTuple):
    """One explanation of the glossary."""

    row: FieldExplanation
    kinds: list[KindName]
    shallow: list[bool]
    """For each kind, whether a field of it stands outside of all branches."""

    @property
    def deep(self) -> bool:
        """Whether it is wanted in branches alone, which paper does not show."""
        return not any(self.shallow)


def render_html(trace: Trace) -> str:
    """The page of a trace, less than 1 MB."""
    story = Story(trace)
    page = ""
    for fold, steps in _FOLDS:
        page = _render(story, fold, steps)
        if len(page.encode()) < LIMIT:
            break
    return page


def _render(story: Story, fold: int, most: int) -> str:
    from jinja2 import Environment, PackageLoader

    environment = Environment(loader=PackageLoader(__package__), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.globals.update(hexed=hexed, printable=printable, shown_length=shown_length, rule_words=rule_words)
    environment.globals.update(span=span, language_of=prose.language_of, english=prose.ENGLISH)
    environment.filters.update(rfc=linked, breakable=breakable)
    cards = list(_cards(story, fold, most))
    blocks = [block for card in cards for block in card.blocks]
    kinds = list(dict.fromkeys(line.kind for block in blocks for line in block.lines))
    # Paper shows no closed branches, so it need not explain what stands in them alone.
    shallow = {block.lines[node.field].kind for block in blocks for node in block.tree if node.field is not None}
    observed = "observer" in story.trace.header.by
    states = {side: [step.states.get(side, "") for step in story.steps] for side in ("client", "server")}
    return environment.get_template("page.html.j2").render(
        story=story,
        trace=story.trace,
        cards=cards,
        left_out=len(story.steps) - len(cards),
        folded=sum(block.folded for block in blocks),
        most=fold,
        longest=4 * fold + 600,
        kinds={kind: number for number, kind in enumerate(kinds)},
        glossary=_glossary(kinds, shallow),
        diagram=diagram(observed, {"client": states["client"], "server": states["server"]}),
        titles={card.step.number: card.title for card in cards},
        script=_script(story, cards),
    )


def _glossary(kinds: Sequence[str], shallow: Collection[str]) -> list[Entry]:
    """Every explanation once, with all the kinds that share it, as lengths do."""
    entries: dict[tuple[str, str, str], Entry] = {}
    for kind in kinds:
        row = explain(kind)
        entry = entries.setdefault((row.what, row.why, row.without), Entry(row, [], []))
        entry.kinds.append(KindName(kind, row.section))
        entry.shallow.append(kind in shallow)
    return list(entries.values())


def _cards(story: Story, fold: int, most: int) -> Iterator[Card]:
    flow, commands = DataFlow(story), ShellLines(story)
    phase = ""
    for step in story.steps[:most]:
        begins = phase_of(step, phase)
        yield Card(
            step,
            title_of(step),
            _size(step),
            begins if begins != phase else "",
            words_for(step),
            _facts(step),
            [*blocks_of(step, fold), *_value_blocks(step, fold)],
            flow.inputs(step.derive) if step.derive else [],
            step.derive is not None and is_secret(step.derive.name),
            *_certificates(step),
            flow.uses[step.number],
            commands.of(step),
        )
        phase = begins


def _size(step: Step) -> str:
    if not step.records:
        return shown_length(step.derive.output) if step.derive else ""
    carried = sum(5 + (r.fragment.length if isinstance(r.fragment, Elided) else len(r.fragment)) for r in step.records)
    return f"{carried:,} bytes on the wire"


def _facts(step: Step) -> list[Fact]:
    if step.message is not None and not isinstance(step.message.bytes, Elided):
        return [row for row in facts(step.message.type, step.message.bytes, step.key_exchange) if row[0]]
    if step.kind == "data":
        return [("says", said(step.data))]
    if step.keys is not None:
        keys = step.keys
        parts = [("key", keys.key), ("MAC key", keys.mac_key), ("fixed IV", keys.fixed_iv)]
        order = [("order", "encrypt, then MAC (RFC 7366)")] if keys.encrypt_then_mac else []
        return [("suite", keys.suite), *order, *[(name, hexed(value, 64)) for name, value in parts if value]]
    if step.note is not None:
        # The name that an error has in this program helps nobody; its reason says what was wrong.
        told = {name: value for name, value in step.note.values.items() if (step.note.id, name) != ("failure", "error")}
        return [(name, printable(str(value))) for name, value in told.items()]
    return []


def _value_blocks(step: Step, fold: int) -> Iterator[Block]:
    """A derived value that has parts, as a ruler."""
    derive = step.derive
    if derive is None or isinstance(derive.output, Elided) or step.same_as is not None:
        return
    fields = annotate.derived(derive)
    if fields:
        yield value_block(f"{derive.name}, cut", derive.output, fields, fold, secret=True)


def _certificates(step: Step) -> tuple[list[tuple[str, list[RuleResult]]], RuleResult | None]:
    """The checks of a verdict by certificate, leaf first; and the library's opinion."""
    if step.verdict is None:
        return [], None  # An edited trace may hold checks that belong to no verdict.
    groups: dict[tuple[int, str], list[RuleResult]] = {}
    last: RuleResult | None = None
    for each in step.checks:
        result = RuleResult(each.place, each.certificate, each.rule, each.ok, each.values)
        if each.rule == LAST:
            last = result
        else:
            groups.setdefault((each.place, each.certificate), []).append(result)
    return [(name, steps) for (_, name), steps in sorted(groups.items(), key=lambda group: group[0])], last


def _script(story: Story, cards: Sequence[Card]) -> dict[str, Any]:
    """What the page's script needs: where both machines stand and what everybody knows, step by step."""
    shown = {card.step.number for card in cards}
    steps = [step for step in story.steps if step.number in shown]
    since: dict[str, dict[str, Any]] = {}
    for step in steps:
        for viewer in VIEWERS:
            for secret in step.knows.get(viewer, ()):
                value: Hex = secret.value
                entry = since.setdefault(secret.name, {"value": hexed(value, 8), "public": secret.public, "since": {}})
                entry["since"].setdefault(viewer, step.number)
    return {
        "states": [[step.states.get("client", ""), step.states.get("server", "")] for step in steps],
        "opening": [story.opening.get("client", ""), story.opening.get("server", "")],
        "secrets": [{"name": name, **entry} for name, entry in since.items()],
    }


def breakable(text: str) -> str:
    """A long name that may be broken behind its parts, escaped."""
    from markupsafe import Markup, escape

    return Markup(re.sub(r"([_.])(?=\w)|(?=\[)", r"\1<wbr>", str(escape(text))))


def linked(section: str) -> list[tuple[str, str]]:
    """A section as people cite it, in pieces of (text, address or ""): "RFC 5246 section 7.4" leads to the RFC."""
    pieces: list[tuple[str, str]] = []
    for number, part in enumerate(re.split(r", (?=RFC )", section)):
        found = re.match(r"RFC (\d+)(?: (section|appendix|sections) ([A-Z]?[\d.]*\d|[A-Z][\d.]*))?", part)
        if number:
            pieces.append((", ", ""))
        if found is None:
            pieces.append((part, ""))
            continue
        where = "appendix" if found[2] == "appendix" else "section"
        anchor = f"#{where}-{found[3]}" if found[3] else ""
        pieces.append((part, f"https://www.rfc-editor.org/rfc/rfc{found[1]}{anchor}"))
    return pieces
