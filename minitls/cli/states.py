"""`minitls states`: the state machines, drawn from the tables that are enforced, so the drawing cannot be wrong."""

from __future__ import annotations

from collections.abc import Iterator

import click

from ..handshake.machine import name_of
from ..handshake.tls12.states import OPENING, TABLES, State

Transition = tuple[State, str, State]


@click.command()
@click.argument("side", type=click.Choice(["client", "server"]), required=False)
@click.option("--format", "form", type=click.Choice(["text", "mermaid", "dot"]), default="text", show_default=True)
def command(side: str | None, form: str) -> None:
    """Draw the state machines: which message each state accepts, and where it leads.

    \b
        minitls states
        minitls states client --format mermaid
        minitls states server --format dot | dot -Tsvg -o server.svg
    """
    sides = [side] if side else list(TABLES)
    draw = {"text": _text, "mermaid": _mermaid, "dot": _dot}[form]
    click.echo("\n".join(draw(sides)))


def arrows(side: str) -> Iterator[Transition]:
    """Every transition of a side: from, by which message (empty at the start), to."""
    yield State.START, "", OPENING[side]
    for state, accepted in TABLES[side].items():
        for message, targets in accepted.items():
            for target in State:
                if target in targets:
                    yield state, name_of(message), target


def _text(sides: list[str]) -> Iterator[str]:
    for index, side in enumerate(sides):
        if index:
            yield ""
        yield click.style(f"{side}", bold=True)
        last: tuple[State | None, str] = (None, "")
        for state, message, target in arrows(side):
            left = state.name if last[0] is not state else ""
            by = message if last != (state, message) else ""
            if state is State.START:
                by = "sends ClientHello" if side == "client" else "listens"
            last = (state, message)
            yield f"  {left:<25} {by:<18} -> {target.name}"
    if "client" in sides:
        yield ""
        yield "A client passes over HelloRequest in every state: it is no message of the"
        yield "handshake (RFC 5246 section 7.4.1.1)."
    yield "Whatever a state does not name is refused with unexpected_message."


def _mermaid(sides: list[str]) -> Iterator[str]:
    yield "stateDiagram-v2"
    for side in sides:
        prefix = f"{side}_" if len(sides) > 1 else ""
        if prefix:
            yield f"    state {side} {{"
            for target in dict.fromkeys(target for _, _, target in arrows(side)):
                yield f'    state "{target.name}" as {prefix}{target.name}'
        for state, message, target in arrows(side):
            origin = "[*]" if state is State.START else prefix + state.name
            label = f" : {message}" if message else ""
            yield f"    {origin} --> {prefix}{target.name}{label}"
        yield f"    {prefix}{State.CONNECTED.name} --> [*]"
        if prefix:
            yield "    }"


def _dot(sides: list[str]) -> Iterator[str]:
    yield "digraph minitls {"
    yield '    rankdir=TB; node [shape=box, style=rounded, fontname="sans-serif"]; edge [fontname="sans-serif"];'
    for side in sides:
        yield f'    subgraph cluster_{side} {{ label="{side}"; fontname="sans-serif";'
        for state in dict.fromkeys(state for origin, _, target in arrows(side) for state in (origin, target)):
            shape = ", shape=circle" if state is State.START else ", peripheries=2" if state is State.CONNECTED else ""
            yield f'        {side}_{state.name} [label="{state.name}"{shape}];'
        for origin, message, target in arrows(side):
            yield f'        {side}_{origin.name} -> {side}_{target.name} [label="{message}"];'
        yield "    }"
    yield "}"
