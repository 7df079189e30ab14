"""What is said on stderr: a line, or on a terminal as many as it takes to break it at words. It loads no TLS."""

from __future__ import annotations

import contextlib
import os
import sys
import textwrap
from typing import Any

import click


def tell(text: str, **style: Any) -> None:
    """Say something on stderr: a line, or on a terminal as many as it takes to break it at words."""
    broken = at_words(text)
    click.echo(click.style(broken, **style) if style else broken, err=True)


def at_words(text: str) -> str:
    """`text` for stderr: its long lines broken at words for the terminal that it is; as it stands if it is none.

    A file or a pipe gets whole lines, for those who search in them.
    """
    width = 0
    if sys.stderr.isatty():
        with contextlib.suppress(OSError):
            width = os.get_terminal_size(sys.stderr.fileno()).columns or 80
    return "\n".join(_broken(line, max(width, 20)) if width else line for line in text.split("\n"))


def _broken(line: str, width: int) -> str:
    if len(line) <= width:
        return line
    indent = " " * (len(line) - len(line.lstrip()) + 2)
    return textwrap.fill(line, width, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False)
