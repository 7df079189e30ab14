"""`trace show --detail`: every record and message of a trace as annotated hex, layer by layer.

A record's header comes first, then the message in the clear; of a protected record the parts that travel, then what
they decrypt to. A message that straddles records stands after the last of them.
"""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from ...errors import counted
from ...trace.explain import annotate
from ...trace.explain.opened import Detail, detail_of, opened
from ...trace.file.events import Elided
from ...trace.file.jsonl import Trace
from ...trace.story.step import Step, WireRecord
from ...trace.story.story import Story
from ..hexrows import rows
from ..theme import DIM, STYLE, hexed, length


def render_detail(
    trace: Trace, console: Console, everything: bool = False, step: int | None = None, der: bool = False
) -> None:
    """Print the annotated hex of all steps, or of the one numbered `step`.

    `everything` unfolds long fields, `der` takes certificates apart to the last element.
    """
    for line in detail_lines(trace, everything, step, der):
        console.print(line, no_wrap=True, crop=False, overflow="ignore", highlight=False)


def detail_lines(trace: Trace, everything: bool = False, only: int | None = None, der: bool = False) -> Iterator[Text]:
    """The same, line by line."""
    detail = detail_of(der, everything)
    seen: set[tuple[str, int]] = set()
    for step in Story(trace).steps:
        if step.kind not in ("message", "data", "record") or only not in (None, step.number):
            continue
        yield Text.assemble((f"{step.number:>3} ", DIM), (step.title, f"bold {STYLE[step.side]}"))
        for record in step.records:
            if (record.sender, record.number) not in seen:
                seen.add((record.sender, record.number))
                yield from _record(record, step, everything, detail)
        yield from _message(step, everything, detail)
        yield Text()


def _record(record: WireRecord, step: Step, everything: bool, detail: Detail) -> Iterator[Text]:
    size = length(record.fragment)
    yield _title(f"record {record.number} of the {record.sender}, 5 + {counted(size, 'byte')}")
    if isinstance(record.header, Elided) or isinstance(record.fragment, Elided):
        yield Text(f"    {hexed(record.fragment, 0)}")
        return
    fields = annotate.record(record.header, record.fragment, record.protection, step.key_exchange)
    if record.protection is None:
        # The fragment in the clear is shown as the message that it is.
        fields = fields[:3]
    yield from rows(record.header + record.fragment, fields, everything=everything)
    if record.protection is not None:
        data, inside = annotate.decrypted(record.protection)
        yield _title(
            f"it decrypts to {counted(len(data), 'byte')}" if data else "what it decrypts to is not known here"
        )
        yield from rows(data, opened(data, inside, detail), everything=everything)


def _message(step: Step, everything: bool, detail: Detail) -> Iterator[Text]:
    """The message in the clear, unless the decrypted record has shown it whole already."""
    message = step.message
    if message is None or isinstance(message.bytes, Elided):
        return
    protections = [record.protection for record in step.records if record.protection]
    if len(step.records) == len(protections) == 1:
        return
    yield _title(f"{message.type}, {counted(len(message.bytes), 'byte')}")
    fields = annotate.message(message.bytes, message.type, step.key_exchange)
    yield from rows(message.bytes, opened(message.bytes, fields, detail), everything=everything)


def _title(text: str) -> Text:
    return Text(f"  {text}", DIM)
