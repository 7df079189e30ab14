"""`minitls trace`: look at recorded connections, check them, take them elsewhere."""

from __future__ import annotations

import importlib
import textwrap
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from ..trace.file.jsonl import write_trace
from .paging import paged
from .trace_file import complain, fail, load, load_rsa_key, save_private, write_or_refuse

if TYPE_CHECKING:
    pass

#: Subcommands that need heavy libraries live in files of their own: name to module and help.
_ELSEWHERE = {
    "step": ("trace_step", "Step through it, forwards and backwards, in the terminal."),
    "html": ("trace_html", "Write one page in which every byte is explained."),
    "from-capture": ("trace_capture", "Make a trace from a capture file and a key."),
}
_ORDER = ("show", "step", "html", "check", "pcap", "keylog", "redact", "from-capture")
VIEWS = ("eavesdropper", "client", "server", "keyholder")


class TraceCommands(click.Group):
    """Loads the subcommands of `_ELSEWHERE` when they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_ORDER)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _ELSEWHERE:
            return super().get_command(ctx, cmd_name)
        found: click.Command = importlib.import_module(f".{_ELSEWHERE[cmd_name][0]}", __package__).command
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        own = {name: each.get_short_help_str(60) for name, each in self.commands.items()}
        rows = own | {name: text for name, (_, text) in _ELSEWHERE.items()}
        with formatter.section("Commands"):
            formatter.write_dl([(name, rows[name]) for name in _ORDER])


@click.group(cls=TraceCommands)
def command() -> None:
    """Look at a recorded connection, check it, take it elsewhere.

    A trace is written by --trace of `demo` and `client`, by --trace-dir of
    `server`, or made from a capture. It holds the secrets of the connection.

    \b
        minitls demo --trace t.jsonl
        minitls trace show t.jsonl
        minitls trace check t.jsonl
        minitls trace pcap t.jsonl -o t.pcapng && wireshark t.pcapng
    """


Command = Callable[..., Any]
_FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False))


def _output(required: bool, text: str) -> Callable[[Command], Command]:
    return click.option("-o", "--output", metavar="OUT", required=required, help=text)


@command.command()
@_FILE
@click.option("--detail", is_flag=True, help="Annotated hex: offset, bytes, field, meaning.")
@click.option("--secrets", is_flag=True, help="The worksheet: how each secret is derived, with lines to try.")
@click.option("--step", type=click.IntRange(1), metavar="N", help="With --detail: only this step.")
@click.option("--der", is_flag=True, help="With --detail: certificates taken apart to the last element.")
@click.option("--all", "everything", is_flag=True, help="With --detail: long fields in full.")
def show(file: str, detail: bool, secrets: bool, step: int | None, der: bool, everything: bool) -> None:
    """The ladder; or every byte; or every derivation.

    \b
        minitls trace show t.jsonl
        minitls trace show t.jsonl --detail --step 1
        minitls trace show t.jsonl --secrets
    """
    from rich.console import Console

    if (step is not None or der or everything) and not detail:
        raise click.UsageError("--step, --der and --all belong to --detail")
    trace = load(file)
    with paged():
        console = Console(highlight=False)
        if detail:
            from ..render.ladder.detail import render_detail

            render_detail(trace, console, everything, step, der)
        elif secrets:
            from ..render.worksheet import render_worksheet

            render_worksheet(trace, console)
        else:
            from ..render.ladder.ladder import render_ladder

            render_ladder(trace, console)
    complain(trace)


@command.command()
@_FILE
@click.option("--key", metavar="FILE", help="The server's private key (PEM): decrypt the pre-master secret with it.")
def check(file: str, key: str | None) -> None:
    """Derive every value again; say the first that differs.

    Two verdicts. Intact: the digest in the last line holds, nothing was cut
    off or changed. True: every secret, MAC, Finished, state move and
    certificate check follows from its inputs. A true trace of a handshake
    that failed is true.

    \b
        minitls trace check t.jsonl
        minitls trace check t.jsonl --key server.key
    """
    from ..trace.check import check as derive_again

    trace = load(file)
    report = derive_again(trace, load_rsa_key(key) if key else None)
    _verdict("intact", report.intact, report.reason or "the digest in the last line holds")
    verified = ", ".join(f"{count} {what}" for what, count in report.counts.items())
    first, *more = report.differences or (None,)
    _verdict("true", report.true, str(first) if first else f"derived again: {verified or 'nothing to derive'}")
    if more:
        click.echo(f"{'':14}and {len(more)} more differences after it")
    for each in report.unverified:
        click.echo(textwrap.fill(f"not verified: {each}", 80, initial_indent=" " * 14, subsequent_indent=" " * 16))
    if not (report.intact and report.true):
        found = "not true" if report.intact else "not intact" if report.true else "neither intact nor true"
        fail(f"{file}: the trace is {found}")


@command.command()
@_FILE
@_output(True, "The capture file to write.")
def pcap(file: str, output: str) -> None:
    """A capture with its secrets inside, for Wireshark.

    Bare IP packets with addresses of our own choosing; Wireshark and tshark
    open it already decrypted.

    \b
        minitls trace pcap t.jsonl -o t.pcapng
        tshark -r t.pcapng
    """
    from ..render.export.pcapng import exported, pcapng

    trace = load(file)
    content = pcapng(trace)
    write_or_refuse(output, lambda: save_private(output, content))
    click.echo(f"{output}: {len(exported(trace))} records", err=True)
    complain(trace)


@command.command()
@_FILE
@_output(False, "Append to this file instead of printing.")
def keylog(file: str, output: str | None) -> None:
    """The secrets as a key log (SSLKEYLOGFILE).

    \b
        minitls trace keylog t.jsonl
        minitls trace keylog t.jsonl -o keys.txt
    """
    from ..render.export.keylog import append_keylog
    from ..render.export.keylog import keylog as lines_of

    trace = load(file)
    try:
        lines = lines_of(trace)
    except ValueError as wrong:
        fail(str(wrong))
    if not lines:
        complain(trace)
        fail(f"{file}: the connection came to no keys")
    if output is None:
        click.echo(lines, nl=False)
    else:
        write_or_refuse(output, lambda: append_keylog(output, lines))
    complain(trace)


@command.command()
@_FILE
@click.option("--as", "viewer", type=click.Choice(VIEWS), required=True, help="Whose eyes.")
@_output(True, "The trace to write.")
def redact(file: str, viewer: Any, output: str) -> None:
    """Take out what a viewer cannot know.

    The eavesdropper sees what travels; the keyholder is one who has the
    server's RSA key; client and server see what they saw.

    \b
        minitls trace redact t.jsonl --as eavesdropper -o seen.jsonl
        minitls trace show seen.jsonl
    """
    from ..trace.redact import redact as seen_by

    trace = load(file)
    if trace.fault is not None:
        fail(f"{file}: {trace.fault}")
    try:
        seen = seen_by(trace, viewer)
    except ValueError as wrong:
        fail(str(wrong))
    write_or_refuse(output, lambda: write_trace(seen, output))


def _verdict(name: str, holds: bool, reason: str) -> None:
    """One verdict: its name, yes or NO, and why."""
    lines = [part for line in reason.splitlines() for part in _folded(line)]
    for index, line in enumerate(lines):
        head = f"{name:<8}{'yes' if holds else 'NO':<6}" if index == 0 else " " * 14
        click.echo(f"{head}{line}")


def _folded(line: str) -> list[str]:
    """A line that fits behind the name of a verdict; a long value in hex is folded where it must be."""
    return textwrap.wrap(line, 66, subsequent_indent="  ", drop_whitespace=True) or [""]
