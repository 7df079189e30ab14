"""`minitls diagnose`: name the mistake behind a wrong value."""

from __future__ import annotations

import json
import socket
import sys
import textwrap
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from ..conformance.diagnose.diagnose import Diagnosis, diagnose
from ..conformance.diagnose.live import Outcome, connect_once, from_trace, listen_once
from ..conformance.diagnose.mistakes import CATALOGUE
from ..conformance.diagnose.question import read
from ..conformance.diagnose.telling import sentence, tell
from ..conformance.vectors.vector_files import BadVectorFile
from ..trace.file.jsonl import read_trace
from .talk import HostPort, trust_from, unreachable

STYLES: dict[str, dict[str, Any]] = {
    "good": {"fg": "green"},
    "bad": {"fg": "red"},
    "head": {"bold": True},
    "dim": {"dim": True},
    "plain": {},
}


@click.command("diagnose")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--list", "as_list", is_flag=True, help="Print the catalogue of mistakes.")
@click.option("--listen", metavar="PORT", type=click.IntRange(0, 65535), help="Play the server for your client.")
@click.option("--connect", metavar="HOST:PORT", type=HostPort(), help="Play the client for your server.")
@click.option("--ca", multiple=True, metavar="FILE", help="With --connect: trust these roots.")
@click.option("--timeout", type=click.FloatRange(0.1), default=10.0, show_default=True, metavar="S", help="Seconds.")
@click.option("--json", "as_json", is_flag=True, help="Print the diagnosis as JSON.")
@click.pass_context
def command(
    ctx: click.Context,
    file: Path | None,
    as_list: bool,
    listen: int | None,
    connect: tuple[str, int] | None,
    ca: tuple[str, ...],
    timeout: float,
    as_json: bool,
) -> None:
    """Name the mistake behind a wrong value.

    You wrote a TLS, and it ends at bad_record_mac or with a wrong Finished. Write
    down what you have as JSON, hex for bytes:

    \b
      {"pre_master_secret": "0303..",
       "messages": ["0100..", "0200..", ...],   handshake messages, in order
       "sender": "client",
       "values": {"master_secret": "..",        what YOU computed
                  "verify_data": ".."}}

    \b
      minitls diagnose mine.json

    FILE may also be a trace of a connection that failed. Or let minitls be the
    other side, with keys it knows:

    \b
      minitls diagnose --listen 4433             and let your client connect
      minitls diagnose --connect localhost:4433  if you wrote a server

    The first wrong value is compared with what every known mistake, and every pair
    of common ones, would give. Exit status 0 if all values are right, 1 if not.
    """
    if sum(given is not None for given in (file, listen, connect)) + as_list != 1:
        raise click.UsageError("give one of: FILE, --listen PORT, --connect HOST:PORT, --list")
    if as_list:
        catalogue()
        return
    if file is None:
        outcome = _listen(listen, timeout) if listen is not None else _connect(connect, ca, timeout)
        _live(ctx, outcome, as_json)
        return
    if is_trace(file):
        _live(ctx, _recorded(file), as_json)
        return
    try:
        facts, values = read(file)
    except BadVectorFile as fault:
        raise click.UsageError(str(fault)) from None
    diagnosis = diagnose(facts, values)
    if as_json:
        click.echo(json.dumps(as_dict(diagnosis), indent=1))
    else:
        show(tell(diagnosis))
    if diagnosis.wrong:
        ctx.exit(1)


def is_trace(file: Path) -> bool:
    """Whether the file begins as a trace does."""
    try:
        with file.open("rb") as opened:
            return b'"minitls_trace"' in opened.read(200)
    except OSError:
        return False


def _recorded(file: Path) -> Outcome:
    trace = read_trace(file)
    if not trace.events:
        raise click.UsageError(f"{file}: {trace.fault or 'there is nothing in this trace'}")
    try:
        return from_trace(trace)
    except ValueError as fault:
        raise click.UsageError(f"{file}: {fault}") from None


def _listen(port: int, timeout: float) -> Outcome:
    try:
        listener = socket.create_server(("127.0.0.1", port))
    except OSError as fault:
        raise click.ClickException(f"port {port} cannot be had: {fault.strerror or fault}") from None
    with listener:
        click.echo(f"listening on 127.0.0.1:{listener.getsockname()[1]}")
        sys.stdout.flush()
        return listen_once(listener, timeout)


def _connect(address: tuple[str, int] | None, ca: tuple[str, ...], timeout: float) -> Outcome:
    assert address is not None
    try:
        return connect_once(*address, timeout, trust_from(ca))
    except OSError as fault:
        raise click.ClickException(unreachable(*address, fault)) from None


def _live(ctx: click.Context, outcome: Outcome, as_json: bool) -> None:
    diagnosis = outcome.diagnosis
    if as_json:
        document = as_dict(diagnosis) if diagnosis else {"ok": outcome.fault is None}
        click.echo(json.dumps({"outcome": outcome.sentence, **document, "ok": outcome.fault is None}, indent=1))
    else:
        click.secho(outcome.sentence, fg="red" if outcome.fault else "green")
        if diagnosis:
            click.echo()
            show(tell(diagnosis))
    if outcome.fault:
        ctx.exit(1)


def show(lines: Iterable[tuple[str, str]]) -> None:
    """Print styled lines."""
    for style, line in lines:
        click.echo(click.style(line, **STYLES[style]) if line else "")


def catalogue() -> None:
    """The table of mistakes, stage by stage."""
    stage = ""
    for mistake in CATALOGUE:
        if mistake.stage != stage:
            stage = mistake.stage
            click.echo(click.style(f"\n{stage}", bold=True))
        click.echo(f"  {mistake.name}")
        for line in textwrap.wrap(f"{mistake.condition} ({mistake.rule})", 74):
            click.echo(click.style(f"      {line}", dim=True))
    click.echo(f"\n{len(CATALOGUE)} mistakes")


def as_dict(diagnosis: Diagnosis) -> dict[str, Any]:
    """A diagnosis as JSON types."""
    return {
        "ok": diagnosis.wrong is None,
        "values": [
            {
                "name": finding.name,
                "state": finding.state,
                "yours": finding.given.hex(),
                "right": finding.right.hex() if finding.right is not None else None,
                "explanations": [
                    {
                        "mistakes": [mistake.name for mistake in explanation.mistakes],
                        "told": sentence(finding, explanation),
                        "rules": [mistake.rule for mistake in explanation.mistakes],
                        "fixes": [mistake.fix for mistake in explanation.mistakes],
                        "differences": [difference._asdict() for difference in explanation.differences],
                    }
                    for explanation in finding.explanations
                ],
            }
            for finding in diagnosis.findings
        ],
        "steps": {name: value.hex() for name, value in diagnosis.steps},
    }
