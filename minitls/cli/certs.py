"""`minitls certs`: is this certificate chain to be trusted? Every check told, with the values it compared."""

from __future__ import annotations

import json
import socket
import ssl
import sys
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

import click

from ..errors import NotTLS, TLSTimeout, Truncated
from ..pki.path import verify_chain
from ..pki.rules import Profile, Purpose
from ..pki.trust import TrustStore, pem_blocks
from ..pki.verdict import Verdict
from ..wire.sniff import foreign_protocol
from .hints import hint
from .stderr import tell
from .talk import HostPort, clock_at, crls_from, trust_from, unreachable

SIZE_LIMIT = 1 << 20


@click.command("certs")
@click.argument("chain_file", metavar="[CHAIN.pem]", required=False, type=click.Path(path_type=Path))
@click.option("--connect", "address", type=HostPort(), help="Ask a live server for its chain.")
@click.option("--host", metavar="NAME", help="The name or IP address dialled; with --connect its HOST.")
@click.option(
    "--ca", "ca", multiple=True, metavar="CA", help="demo, mozilla, system, a file or a directory; repeatable."
)
@click.option("--crl", "crl_files", multiple=True, metavar="FILE", help="A revocation list to obey; repeatable.")
@click.option("--time", "at", metavar="TIME", help="Judge as of this time; ISO 8601, in UTC unless it says so.")
@click.option("--profile", type=click.Choice(("web", "rfc5280")), default="web", help="rfc5280: the path rules only.")
@click.option("--suite-key", is_flag=True, help="Also ask that the key may decrypt, as TLS_RSA suites need.")
@click.option("--client", "for_client", is_flag=True, help="It is a client's certificate, no server's.")
@click.option("--all", "everything", is_flag=True, help="Unfold: every check with its values.")
@click.option("--json", "as_json", is_flag=True, help="Print every step as JSON.")
@click.option("--list-roots", is_flag=True, help="Print the roots that are trusted, and those skipped, and why.")
def command(
    chain_file: Path | None,
    address: tuple[str, int] | None,
    host: str | None,
    ca: tuple[str, ...],
    crl_files: tuple[str, ...],
    at: str | None,
    profile: Profile,
    suite_key: bool,
    for_client: bool,
    everything: bool,
    as_json: bool,
    list_roots: bool,
) -> None:
    """Show a certificate chain, or judge it and tell every check.

    \b
      minitls certs chain.pem                      what is in it; judges nothing
      minitls certs chain.pem --host example.org   the leaf first, as it is sent
      minitls certs --connect example.org:443      the chain of a live server
      minitls certs chain.pem --host localhost --ca root.pem --time 2026-06-01
      minitls certs --list-roots --ca mozilla

    For each certificate: what is broken with both values, the RFC's section, the
    TLS alert, and what an attacker could do if nobody checked; then the signature,
    opened with the issuer's key; the rest in one line (--all unfolds it).

    Trusted are the demo root and Mozilla's list, unless --ca says otherwise.
    --connect fetches the chain with Python's ssl, which speaks every version of
    TLS and here checks nothing, so that minitls can judge any server's chain.

    Exit status 0 if the chain is accepted (or only shown), 1 if it is refused.
    """
    trust = trust_from(ca)
    if list_roots:
        show_roots(trust, as_json)
        return
    if (chain_file is None) == (address is None):
        raise click.UsageError("Give a file with a chain, or --connect HOST:PORT, or --list-roots.")
    host = host or (address[0] if address else None)
    purpose = Purpose.client if for_client else Purpose.server
    chain = fetched(address, host or "") if address else read_chain(chain_file or Path())
    if host is None and purpose is Purpose.server and profile == "web":
        show_chain(chain, trust, clock_at(at)(), as_json)
        return
    verdict = verify_chain(
        chain,
        trust=trust,
        now=clock_at(at)(),
        name=host,
        purpose=purpose,
        needs=frozenset(("key_encipherment",)) if suite_key else frozenset(),
        profile=profile,
        crls=crls_from(crl_files),
    )
    show(verdict, everything, as_json)
    if not verdict.ok:
        refuse(verdict)


def show(verdict: Verdict, everything: bool, as_json: bool) -> None:
    """The table, or the steps as JSON."""
    if as_json:
        click.echo(json.dumps(verdict.as_dict(), indent=1, ensure_ascii=False))
        return
    from rich.console import Console

    from ..render.verdict import render

    console = Console(highlight=False)
    console.print(render(verdict, everything=everything, width=min(80, console.width)), soft_wrap=True)


def show_chain(chain: list[bytes], trust: TrustStore, now: datetime, as_json: bool) -> None:
    """What is in the file, and how to have it judged."""
    from rich.console import Console

    from ..render.chain import described, render_chain

    certificates = described(chain, trust, now)
    if as_json:
        click.echo(json.dumps(certificates, indent=1, ensure_ascii=False))
        return
    console = Console(highlight=False)
    width = min(80, console.width)
    console.print(render_chain(certificates, width), soft_wrap=True)
    name = certificates[0].get("names", "").partition(",")[0]
    example = "" if not name or " " in name or name.startswith("*") else f", such as --host {name}"
    click.echo()
    tell(f"minitls: nothing was judged: a certificate is good for a name. Give --host NAME{example}.")


def refuse(verdict: Verdict) -> NoReturn:
    """Exit status 1, and one line on stderr where the table with its last line does not stand on the same screen."""
    if not sys.stdout.isatty():
        broken = verdict.failure
        what = f"{broken.certificate}: {broken.told.fails} [{broken.told.section}]" if broken else verdict.sentence
        alert = f" (alert: {verdict.alert.name}, {int(verdict.alert)})" if verdict.alert is not None else ""
        click.echo(f"minitls: refused: {what}{alert}", err=True)
    sys.exit(1)


def show_roots(trust: TrustStore, as_json: bool) -> None:
    """One line a root: where it came from, until when it is valid, what it is called."""
    roots = [(root.source, root.certificate) for root in trust.roots]
    if as_json:
        listed = [
            {"source": source, "subject": each.subject.rfc4514_string(), "until": each.not_valid_after_utc.isoformat()}
            for source, each in roots
        ]
        skipped = [each._asdict() for each in trust.skipped]
        click.echo(json.dumps({"roots": listed, "skipped": skipped}, indent=1, ensure_ascii=False))
        return
    width = max(len(source) for source, _ in roots)
    for source, each in roots:
        line = f"{source:{width}}  until {each.not_valid_after_utc:%Y-%m-%d}  {each.subject.rfc4514_string()}"
        click.echo(line if len(line) <= 80 else line[:77] + "...")
    click.echo(f"{trust.summary}, {len(trust.skipped)} skipped")
    for skip in trust.skipped:
        click.echo(f"skipped, from {skip.source}: {skip.reason}")


def read_chain(path: Path) -> list[bytes]:
    """The certificates of a file as DER, in order: PEM blocks, or one certificate as DER."""
    try:
        with path.open("rb") as file:
            data = file.read(SIZE_LIMIT + 1)
    except OSError as fault:
        raise click.UsageError(f"{path}: cannot be read: {fault.strerror or fault}") from None
    if len(data) > SIZE_LIMIT:
        raise click.UsageError(f"{path}: more than {SIZE_LIMIT:,} bytes are no certificate chain.")
    blocks = pem_blocks(data)
    if not blocks and not data.startswith(b"\x30"):
        raise click.UsageError(
            f"{path}: there is no certificate in it: neither PEM (-----BEGIN CERTIFICATE-----) nor DER."
        )
    try:
        return [ssl.PEM_cert_to_DER_cert(block.decode("ascii")) for block in blocks] or [data]
    except ValueError as fault:
        raise click.UsageError(f"{path}: a PEM block cannot be read: {fault}") from None


def fetched(address: tuple[str, int], host: str, timeout: float = 10) -> list[bytes]:
    """The chain that a live server sends, as DER. A click.ClickException (status 1) if there is none."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(incoming, outgoing, server_hostname=host)
    first, connected = b"", False
    try:
        with socket.create_connection(address, timeout) as plain:
            connected = True
            while True:
                try:
                    tls.do_handshake()
                    return sent_chain(tls)
                except ssl.SSLWantReadError:
                    plain.sendall(outgoing.read())
                data = plain.recv(65536)
                if not data:
                    incoming.write_eof()
                first = (first + data)[:16]
                incoming.write(data)
    except ssl.SSLError as fault:
        raise click.ClickException(no_chain(address, first, fault)) from None
    except OSError as fault:
        if connected and isinstance(fault, TimeoutError):
            raise click.ClickException(f"{address[0]}:{address[1]} is silent. {hint(TLSTimeout())}") from None
        raise click.ClickException(unreachable(*address, fault)) from None


def no_chain(address: tuple[str, int], first: bytes, fault: ssl.SSLError) -> str:
    """Why a server sent no certificates: it speaks another protocol, or refused us; and what may help."""
    where = f"{address[0]}:{address[1]}"
    protocol = foreign_protocol(first)
    if protocol:
        advice = hint(NotTLS("", protocol))
        return f"{where} does not speak TLS: it answered in {protocol}. {advice}"
    if not first:
        return f"{where} closed the connection without a word. {hint(Truncated())}"
    return f"{where} sent no chain: {(fault.reason or str(fault)).replace('_', ' ').lower()}"


def sent_chain(tls: ssl.SSLObject) -> list[bytes]:
    """The certificates that the peer sent, as DER. Public in Python 3.13; there before, one object further in."""
    inner: Any = tls
    if not hasattr(tls, "get_unverified_chain"):
        inner = tls._sslobj  # type: ignore[attr-defined]  # Private until Python 3.13, see above.
    sent = inner.get_unverified_chain()
    return [each if isinstance(each, bytes) else ssl.PEM_cert_to_DER_cert(each.public_bytes()) for each in sent]
