"""Commands as if they were typed, inside this process: a hundred of them cost less than two programs started."""

from __future__ import annotations

import contextlib
import io
import sys
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

from minitls.cli.main import main


class Done(NamedTuple):
    status: int
    stdout: str
    stderr: str


def typed(*arguments: str, given: bytes = b"", directory: Path | None = None) -> Done:
    """`minitls ARGUMENTS` in `directory`, with `given` on standard input; what it says and its exit status."""
    out, err = io.StringIO(), io.StringIO()
    status: object = 0
    with (
        contextlib.chdir(directory or Path.cwd()),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        patch.object(sys, "argv", ["minitls", *arguments]),
        patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(given))),
    ):
        try:
            main()
        except SystemExit as end:
            status = end.code
    return Done(status if isinstance(status, int) else 0 if status is None else 1, out.getvalue(), err.getvalue())
