"""`minitls explain`: any TLS bytes, field by field."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import click

from .hexinput import HalfAByte, read_hex
from .trace_file import fail

#: Nobody reads more than this; a capture belongs to `trace from-capture`.
MAX_SIZE = 16 << 20
#: What PEM holds, by its label, and what explains that.
_PEM = {
    "CERTIFICATE": "that is a certificate in PEM, not TLS: minitls certs FILE shows it, and judges it with --host NAME",
    "X509 CRL": "that is a revocation list in PEM, not TLS: minitls certs FILE --host NAME --crl LIST obeys it",
    "PRIVATE KEY": "that is a private key in PEM, not TLS: keep it to yourself",
    "": "that is PEM, not TLS: minitls certs FILE shows certificates",
}


@click.command()
@click.argument("source", metavar="HEX | FILE | -")
@click.option("--why", is_flag=True, help="For each field: what it is, why, and what goes wrong without it.")
@click.option("--der", is_flag=True, help="Certificates taken apart to the last element.")
@click.option("--all", "everything", is_flag=True, help="Long fields in full; with --der tag, length and value apart.")
def command(source: str, why: bool, der: bool, everything: bool) -> None:
    """What do these TLS bytes say?

    Records, bare handshake messages, one extension, an alert, or a
    certificate; as hex, as a file of hex or of raw bytes, or from a pipe. Hex
    may have spaces, colons, commas, 0x or \\x, and may be a dump of xxd,
    hexdump, od or Wireshark; anything else is raw.

    \b
        minitls explain 15030300020228
        minitls explain 0000000e000c0000096c6f63616c686f7374 --why
        minitls explain hello.bin
        minitls explain certificate.der --der
        minitls explain - < hello.hex
    """
    from rich.console import Console
    from rich.text import Text

    from ..errors import counted
    from ..render.hexrows import rows
    from ..trace.explain.opened import detail_of, opened
    from ..trace.explain.reading import read

    data = _bytes_of(source)
    if not data:
        fail("there are no bytes to explain")
    console = Console(highlight=False)
    problems = []
    for part in read(data):
        console.print(Text(f"{part.title}, {counted(len(part.data), 'byte')}", "bold"), no_wrap=True, crop=False)
        fields = opened(part.data, part.fields, detail_of(der, everything))
        for line in rows(part.data, fields, why=why, everything=everything):
            console.print(line, no_wrap=True, crop=False, overflow="ignore")
        if part.problem:
            problems.append(f"{part.title}: {part.problem}")
            console.print(Text(f"  {part.problem}", "bold red"))
        console.print()
    if problems:
        fail(problems[0])


def _bytes_of(source: str) -> bytes:
    """The bytes that are meant: a file's, standard input's, or those written out as hex."""
    if source == "-":
        return _decoded(sys.stdin.buffer.read(MAX_SIZE + 1))
    path = Path(source)
    try:
        if path.is_file():
            with path.open("rb") as file:
                return _decoded(file.read(MAX_SIZE + 1))
    except OSError as wrong:
        if _hex(source) is None:
            raise click.BadParameter(f"cannot read {source}: {wrong.strerror}") from None
    data = _hex(source)
    if data is None:
        _refuse_pem(source)
        raise click.BadParameter(f"{source[:60]!r} is neither hex nor a file")
    return data


def _hex(text: str) -> bytes | None:
    """The bytes that `text` writes out, None if it is no hex; half a byte is told."""
    try:
        return read_hex(text)
    except HalfAByte as wrong:
        fail(str(wrong))


def _refuse_pem(text: str) -> None:
    """Say what to use instead if `text` is PEM (RFC 7468)."""
    found = re.search(r"-----BEGIN ([A-Z0-9 ]{0,40})-----", text[:10000])
    if found:
        fail(next(told for label, told in _PEM.items() if label in found[1]))


def _decoded(data: bytes) -> bytes:
    if len(data) > MAX_SIZE:
        fail(f"more than {MAX_SIZE >> 20} MiB: for a capture use minitls trace from-capture")
    if not data.isascii():
        return data
    text = data.decode()
    _refuse_pem(text)
    written = _hex(text)
    return data if written is None else written
