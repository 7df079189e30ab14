"""`trace show --secrets`: the worksheet. Each derivation with inputs, every intermediate and output, to compare with.

Rulers lie over what is cut or joined: the PKCS#1 block, the key block, the MAC's input, the padding. Behind each result
stands a line for the shell that reproduces it with openssl or Python; such lines are long and never wrapped, so that
they can be copied.
"""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from ..crypto.suites import Suite
from ..errors import counted
from ..trace.explain import annotate
from ..trace.file.events import Derive, Elided, Keys, Protect
from ..trace.file.jsonl import Trace
from ..trace.file.values import inputs_of
from ..trace.story.step import Step
from ..trace.story.story import Story
from .hexrows import rows
from .reproduce import ShellLine, ShellLines, for_derivation, for_record, mac_first
from .theme import DIM, SECRET, STYLE, known

_LABEL, _WIDTH = 27, 80
#: Inputs that are a whole conversation: told by their size, and in full only in the one-liner.
_LONG = 300


def render_worksheet(trace: Trace, console: Console) -> None:
    """Print the worksheet. The one-liners are longer than any terminal is wide."""
    for line in worksheet_lines(trace):
        console.print(line, no_wrap=True, crop=False, overflow="ignore", highlight=False, soft_wrap=True)


def worksheet_lines(trace: Trace) -> Iterator[Text]:
    """The same, line by line."""
    story = Story(trace)
    commands = ShellLines(story)
    for step in story.steps:
        if step.derive is not None and step.same_as is None:
            yield from _shown(trace, step, step.derive)
        for suite, keys, protection in commands.protected(step):
            yield from _record(step, protection, suite, keys)


def _shown(trace: Trace, step: Step, derive: Derive) -> list[Text]:
    """A derivation, or why it cannot be followed: an edited trace may lack what its formula needs."""
    try:
        return list(_derivation(trace, step, derive))
    except (KeyError, ValueError) as wrong:
        return [*_heading(step, derive.name), *_row("cannot be followed", str(wrong)), Text()]


def _heading(step: Step, text: str) -> Iterator[Text]:
    yield Text.assemble((f"{step.number:>3} ", DIM), (f"{step.side}  ", f"bold {STYLE[step.side]}"), (text, "bold"))


def _derivation(trace: Trace, step: Step, derive: Derive) -> Iterator[Text]:
    yield from _heading(step, derive.name)
    yield Text(f"    = {derive.formula}", DIM)
    inputs = inputs_of(trace, derive)
    for name, value in derive.parameters.items():
        yield from _row(name, str(value))
    for name in derive.inputs:
        yield from _value(name, inputs.get(name))
    if isinstance(derive.output, Elided):
        yield from _value(derive.name, None)
        yield Text()
        return
    commands = for_derivation(trace, derive)
    yield from _try(commands, "handshake_hash")
    for computed in derive.steps:
        if computed.input is not None:
            yield from _value(f"{computed.name} = HMAC of", computed.input)
            yield from _value(computed.name, computed.output)
    yield from _value(derive.name, derive.output, SECRET)
    pieces = annotate.derived(derive)
    if pieces:
        yield from rows(derive.output, pieces, indent=4)
    yield from _try(commands, derive.name)
    yield Text()


def _record(step: Step, record: Protect, suite: Suite, keys: Keys) -> Iterator[Text]:
    """How one record was protected."""
    parts = (record.plaintext, record.mac, record.padding, record.nonce, record.additional_data, keys.key, keys.mac_key)
    if any(isinstance(part, Elided) for part in parts):
        return
    additional = known(record.additional_data)
    commands = for_record(record, suite, keys)
    yield from _heading(step, f"protects {step.title}")
    inside, fields = annotate.decrypted(record)
    yield Text("    additional data, authenticated and never sent", DIM)
    yield from rows(additional, annotate.additional_data(additional), indent=4)
    if suite.mode == "CBC":
        what = "plaintext" if mac_first(record) else "IV + ciphertext"
        yield from _row("MAC input", f"additional data + {what}")
        yield from _value("MAC", known(record.mac))
        yield from _try(commands, "MAC")
    else:
        yield from _value("nonce", known(record.nonce))
    yield Text("    what is encrypted", DIM)
    yield from rows(inside, fields, indent=4)
    encrypted = known(record.ciphertext)
    yield from _value("ciphertext", encrypted)
    if suite.mode == "GCM":
        yield from _value("tag", known(record.mac))
    yield from _try(commands, "ciphertext" if suite.mode == "CBC" else "ciphertext and tag")
    yield Text()


def _row(label: str, text: str, style: str = "") -> Iterator[Text]:
    yield Text.assemble("    ", (f"{label:<{_LABEL}} ", DIM), (text, style))


def _value(label: str, value: bytes | None, style: str = "") -> Iterator[Text]:
    """A value in full, wrapped; what is long beyond reading is told by its size."""
    if value is None:
        yield from _row(label, "not in this trace")
        return
    if len(value) > _LONG:
        yield from _row(label, f"{counted(len(value), 'byte')}, {value[:16].hex()}..")
        return
    per_line = (_WIDTH - _LABEL - 5) // 2
    lines = [value[at : at + per_line].hex() for at in range(0, len(value), per_line)] or ["(no bytes)"]
    for index, line in enumerate(lines):
        yield from _row(label if index == 0 else "", line, style)


def _try(commands: list[ShellLine], name: str) -> Iterator[Text]:
    """The command for one value, if there is one."""
    for command in commands:
        if command.gives == name:
            yield Text.assemble("    ", (f"try it: {name}", DIM))
            yield Text(f"$ {command.line}")
