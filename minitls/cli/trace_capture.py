"""`minitls trace from-capture`: a recorded TLS connection as a trace that explains itself."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from ..capture.capture_file import CaptureError
from ..capture.connections import Capture, Overheard
from ..capture.secrets import Expected, Secrets, read_key, read_key_log
from ..pki.trust import TrustStore
from ..trace.file.jsonl import open_private
from .observing import require_writable
from .talk import require_library

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

#: Captures of this size and more get a progress bar.
_LARGE = 4 << 20
_SHOWN = 40


@click.command(name="from-capture")
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@click.option("--key", metavar="FILE", type=click.Path(exists=True, dir_okay=False), help="The server's RSA key (PEM).")
@click.option("--keylog", metavar="FILE", type=click.Path(exists=True, dir_okay=False), help="Its SSLKEYLOGFILE.")
@click.option("--connection", metavar="N", type=click.IntRange(1), help="Which TLS connection (default: the first).")
@click.option("--all", "everything", is_flag=True, help="Every TLS connection: OUT-1.jsonl, OUT-2.jsonl, ...")
@click.option(
    "--ca", metavar="FILE", multiple=True, help="Judge the certificates: trusted roots, demo, mozilla, system."
)
@click.option("--host", metavar="NAME", help="Judge the certificates: the name that was dialled.")
@click.option("-o", "--output", metavar="OUT", required=True, help="The trace to write (JSON Lines).")
def command(
    file: str,
    key: str | None,
    keylog: str | None,
    connection: int | None,
    everything: bool,
    ca: tuple[str, ...],
    host: str | None,
    output: str,
) -> None:
    """Turn a recorded connection into a trace.

    FILE is a pcap or pcapng, as tcpdump, tshark and Wireshark write them. TLS
    1.2 is decrypted with a key log (one inside the pcapng is used, too) or,
    with RSA key exchange, with the server's key. Where that is not enough, you
    are told what is missing and why, and the trace holds what was in the clear.
    TLS may begin later: after STARTTLS and its kin, or behind a proxy.

    \b
        tcpdump -i lo -w c.pcap port 4433
        minitls trace from-capture c.pcap --key server.key -o t.jsonl
        minitls trace show t.jsonl

    A capture says nothing about trust: certificates are judged only when
    --ca and --host say against what, as of the time of the recording.
    """
    if everything and connection is not None:
        raise click.UsageError("--all writes every connection, --connection N one: give one of them")
    if bool(ca) != bool(host):
        raise click.UsageError("judging certificates takes both --ca (whom to trust) and --host (who it should be)")
    require_library("scapy")
    require_writable(output)
    try:
        secrets = _secrets(key, keylog)
        expected = Expected(TrustStore.load(*ca), host) if ca and host else None
        wanted = None if everything else connection or 1
        capture = Capture(file, secrets, expected, _files(output, wanted))
        with _progress(capture.file.size) as progress:
            connections = capture.read(progress)
    except CaptureError as wrong:
        raise click.ClickException(str(wrong)) from None
    except ValueError as wrong:
        raise click.BadParameter(str(wrong)) from None
    except OSError as wrong:
        raise click.ClickException(f"{wrong.filename or file}: {wrong.strerror}") from None
    _report(capture, connections, wanted, output)


def _secrets(key: str | None, keylog: str | None) -> Secrets:
    secrets = Secrets(read_key(key) if key else None)
    if keylog:
        secrets.add_log(read_key_log(keylog))
    return secrets


def _files(output: str, wanted: int | None) -> Callable[[int], IO[bytes] | None]:
    """The file of each connection's trace."""

    def file_for(number: int) -> IO[bytes] | None:
        if wanted is None:
            # Thousands of connections may be open at once, and files may not: each is opened only to append to it.
            return Appending(numbered(output, number))
        return open_private(output) if number == wanted else None

    return file_for


def numbered(output: str, number: int) -> str:
    """The name of connection `number`'s trace: t.jsonl gives t-1.jsonl."""
    path = Path(output)
    return str(path.with_name(f"{path.stem}-{number}{path.suffix}"))


class Appending(io.BytesIO):
    """A file that is open only while a piece is appended; what is written is kept in memory up to then."""

    _PIECE = 32 << 10

    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path
        open_private(path).close()

    def flush(self) -> None:
        """Append what is waiting once it is a piece."""
        if self.tell() > self._PIECE:
            self._append()

    def write(self, data: Buffer) -> int:
        """Take in `data`."""
        written = super().write(data)
        self.flush()
        return written

    def close(self) -> None:
        """Append the rest."""
        if not self.closed:
            self._append()
        super().close()

    def _append(self) -> None:
        with Path(self._path).open("ab") as file:
            file.write(self.getbuffer())
        self.seek(0)
        self.truncate()


@contextmanager
def _progress(size: int) -> Iterator[Callable[[int], None] | None]:
    """A progress bar on a terminal, for files that take a while."""
    if size < _LARGE or not sys.stderr.isatty():
        yield None
        return
    with click.progressbar(length=size, label="reading", file=sys.stderr) as bar:
        yield lambda at: bar.update(at - bar.pos)


def _report(capture: Capture, connections: list[Overheard], wanted: int | None, output: str) -> None:
    """What was found, on stderr; a usage error if what was asked for is not there."""
    if capture.file.cut:
        click.echo(f"the file breaks off in packet {capture.file.cut}; what is before it was read", err=True)
    if not connections:
        raise click.ClickException(f"no TLS connection in {_count(capture.file.packets, 'packet')}{_others(capture)}")
    if wanted is not None and wanted > len(connections):
        _list(connections, None)
        raise click.BadParameter(f"--connection {wanted}: there are {len(connections)}")
    for datagrams in _datagrams(capture):
        click.echo(f"besides, {datagrams}", err=True)
    if len(connections) > 1:
        _list(connections, wanted)
    chosen = connections if wanted is None else [connections[wanted - 1]]
    for each in chosen:
        _tell(each, output if wanted is not None else numbered(output, each.number), len(connections) > 1)
    reasons = [each.listener.keys.reason for each in chosen]
    if any(each is not None and each.in_vain for each in reasons) and None not in reasons:
        click.echo("What was given to decrypt with is of another connection.", err=True)
        raise click.exceptions.Exit(1)


def _others(capture: Capture) -> str:
    counts = ", ".join(f"{count} {name}" for name, count in sorted(capture.others.items()))
    others = f"; other TCP connections: {counts}" if counts else "; there is no TCP data in it"
    return others + "".join(f"; {each}" for each in _datagrams(capture))


def _datagrams(capture: Capture) -> list[str]:
    """What of UDP is encrypted by a relative of TLS."""
    found = sorted(capture.file.datagrams.items())
    return [f"{_count(len(flows), 'flow')} of {name} over UDP: minitls reads TLS over TCP" for name, flows in found]


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _list(connections: list[Overheard], wanted: int | None) -> None:
    click.echo(f"{_count(len(connections), 'TLS connection')}:", err=True)
    for each in connections[:_SHOWN]:
        keys = each.listener.keys
        mark = ">" if each.number == wanted else " "
        name = keys.hellos.server_name or str(each.server)
        how = (
            "resumed"
            if keys.resumed and each.listener.complete
            else keys.hellos.suite.removeprefix("TLS_") or "no ServerHello"
        )
        click.echo(f"{mark}{each.number:>4}  {each.client!s:<21.21} {name:<22.22} {how:<29.29}".rstrip(), err=True)
    if len(connections) > _SHOWN:
        click.echo(f"      and {len(connections) - _SHOWN:,} more", err=True)
    if wanted is not None:
        click.echo(f"number {wanted} is written; --connection N takes another, --all takes all", err=True)


def _tell(connection: Overheard, path: str, several: bool) -> None:
    keys, listener = connection.listener.keys, connection.listener
    which = f"connection {connection.number}: " if several else ""
    suite = f" {keys.hellos.suite}" if keys.hellos.suite else ""
    state = "not decrypted" if keys.reason else "decrypted" if keys.of("client") else "nothing to decrypt"
    click.echo(f"{which}{connection.client} -> {connection.server}{suite}, {state}", err=True)
    if connection.preface:
        click.echo(f"  before TLS: {connection.preface}", err=True)
    for remark in [*connection.remarks, *([listener.failure] if listener.failure else [])]:
        click.echo(f"  {remark}", err=True)
    if keys.reason:
        click.echo(f"  missing: {keys.reason.missing}", err=True)
        text = f"{keys.reason.reason}."
        click.echo(click.wrap_text(text, 78, "  ", "  "), err=True)
    secrets = "; it holds secrets" if keys.has_secrets else ""
    click.echo(f"  written to {path}{secrets}", err=True)
