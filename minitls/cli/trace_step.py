"""`minitls trace step`: the stepper, or the same steps as text."""

from __future__ import annotations

import sys

import click

from .trace_file import complain, fail, load


@click.command(name="step")
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@click.option("--plain", is_flag=True, help="As text, all steps at once; so is it without a terminal.")
def command(file: str, plain: bool) -> None:
    """Step through a recorded connection, forwards and backwards.

    \b
        minitls demo --trace t.jsonl
        minitls trace step t.jsonl

    The arrow keys walk, d goes to the next derivation, r runs to a message or
    a state, / searches, w shows a step whole, with the commands that reproduce
    its values, c tells what it changed, v who knows which secrets, ? shows all
    keys, q quits.
    """
    from ..trace.story.story import Story

    trace = load(file)
    story = Story(trace)
    if not story.steps:
        complain(trace)
        fail(f"{file}: there is nothing in this trace to step through")
    if plain or not (sys.stdin.isatty() and sys.stdout.isatty()):
        from ..render.stepper.plain import plain as as_text

        for line in as_text(story):
            click.echo(line)
    else:
        from ..render.stepper.app import step_through

        step_through(trace)
    complain(trace)
