"""`minitls trace html`: the page that explains every byte."""

from __future__ import annotations

from pathlib import Path

import click

from .trace_file import complain, load, save_private, write_or_refuse


@click.command(name="html")
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@click.option("-o", "--output", metavar="PAGE", required=True, help="The page to write.")
def command(file: str, output: str) -> None:
    """Write one page in which every byte is explained.

    One self-contained file: it needs no network, works from disk, and is
    below 1 MB. Arrow keys walk from step to step, / searches, p projects in
    large type, every step has an address of its own (page.html#step-12), and
    it can be printed.

    \b
        minitls demo --trace t.jsonl
        minitls trace html t.jsonl -o page.html

    The page holds the secrets of the trace. `minitls trace redact` takes them
    out before.
    """
    from ..render.page.page import render_html

    trace = load(file)
    page = render_html(trace)
    write_or_refuse(output, lambda: save_private(output, page.encode()))
    click.echo(written(output, len(page.encode())))
    complain(trace)


def written(path: str, size: int) -> str:
    """Where the page is, and how to open it."""
    return f"{path}: {size // 1000:,} kB, every byte explained; open it in a browser: {Path(path).resolve().as_uri()}"
