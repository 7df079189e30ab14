"""Long output on a terminal goes through a pager, as git's does; in a pipe it is what it always was.

The reader's PAGER is used, else `less`, which leaves at once if everything fits (LESS=FRX, git's setting, unless there
is another); an empty PAGER or `cat` turns it off.
"""

from __future__ import annotations

import io
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout

import click


class _Held(io.StringIO):
    """Text that is shown later, with the looks it would have had on the real stdout."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return sys.__stdout__ is not None and sys.__stdout__.isatty()


@contextmanager
def paged() -> Iterator[None]:
    """Hold what the block prints until it is over, then show it, a screenful at a time where that is wanted.

    What the block writes to files is there before its first line is shown, so no reader that leaves can lose it. If the
    block raises, what it printed is shown all the same.
    """
    held = _Held()
    held.encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    try:
        with redirect_stdout(held):
            yield
    finally:
        text = held.getvalue()
        if wants_pager(text):
            os.environ.setdefault("LESS", "FRX")
            click.echo_via_pager(text, color=True)
        elif text:
            click.echo(text, nl=False, color=held.isatty())


def wants_pager(text: str) -> bool:
    """Whether somebody sits at a terminal that is too low for this text."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()) or os.environ.get("PAGER") in ("", "cat"):
        return False
    return text.count("\n") >= shutil.get_terminal_size().lines
