"""What the tests of captures share: OpenSSL's recordings as pcap files, the command that reads them, what it wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from minitls.cli.trace import command
from minitls.trace.file.events import Message, Note
from minitls.trace.file.jsonl import Trace, read_trace
from tests.trace.packets import Recording, recordings


def recording(number: int) -> Recording:
    return recordings()[number]


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(command, ["from-capture", *map(str, arguments)])


def key_log(directory: Path, *each: Recording) -> Path:
    path = directory / "keys.log"
    path.write_text("# a comment\n" + "\n".join(one.keylog for one in each) + "\nUNKNOWN 00 11\nnot hex at all\n")
    return path


def trace_of(capture: Path, *how: str | Path) -> Trace:
    out = capture.with_suffix(".jsonl")
    done = run(capture, *how, "-o", out)
    assert done.exit_code == 0, done.output or done.exception
    return read_trace(out)


def messages(trace: Trace, sender: str | None = None) -> list[str]:
    return [each.type for each in trace.events if isinstance(each, Message) and sender in (None, each.sender)]


def notes(trace: Trace) -> dict[str, dict[str, Any]]:
    return {each.id: dict(each.values) for each in trace.events if isinstance(each, Note)}
