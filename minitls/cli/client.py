"""`minitls client`: a pipe to a TLS server. Its data goes to stdout, and nothing else does; all talk goes to stderr."""

from __future__ import annotations

import socket
from pathlib import Path

import click

from ..connection import ClientConnection
from ..errors import TLSError, TLSTimeout
from ..handshake.config import ClientConfig
from ..handshake.credential import Credential
from ..handshake.tls12.states import State
from ..pki.advice import advice
from ..pki.path import Trust
from ..pki.unrooted import UNVERIFIED, Pins
from ..pki.verdict import ChainRefused, Verdict
from .hints import hint
from .observing import Observing, require_writable
from .pipe import Pipe, lines, standard_input
from .session_file import SessionFile
from .stderr import tell
from .talk import (
    HostPort,
    clock_at,
    crls_from,
    fault_text,
    negotiation,
    negotiation_options,
    trust_from,
    unreachable,
)

NOT_VERIFIED = (
    "NOT VERIFIED (--insecure): whoever answers is believed, so anybody in between can read and change everything"
)


@click.command()
@click.argument("address", type=HostPort(), metavar="HOST:PORT")
@click.option("--ca", multiple=True, metavar="FILE", help="Trust these roots instead: file, demo, mozilla, system.")
@click.option("--pin", "pins", multiple=True, metavar="SHA256", help="Trust exactly this certificate or key, no CA.")
@click.option("--insecure", is_flag=True, help="Verify nothing: anybody may answer, read and change all.")
@click.option("--crl", "crls", multiple=True, metavar="FILE", help="Look certificates up in this revocation list.")
@click.option("--time", "at", metavar="ISO-8601", help="Judge certificates as of then, not now.")
@click.option("--server-name", metavar="NAME", help="Whom the certificate must name, if not HOST.")
@negotiation_options
@click.option("--max-fragment-length", type=click.Choice(["512", "1024", "2048", "4096"]), help="RFC 6066.")
@click.option("--send", metavar="TEXT", help="Send TEXT and a newline instead of stdin.")
@click.option(
    "--cert", "certs", multiple=True, metavar="FILE", help="Certificate to show if asked (PEM chain); repeat."
)
@click.option("--key", "keys", multiple=True, metavar="FILE", help="Its private key (PEM), one for each --cert.")
@click.option("--session", metavar="FILE", help="Keep the session there and resume it next time. Secret.")
@click.option("--linger", type=click.FloatRange(0), default=1.0, show_default=True, metavar="SECONDS",
              help="After the end of input, wait for so long a silence before closing.")  # fmt: skip
@click.option("--trace", metavar="FILE", help="Record the connection. Holds secrets.")
@click.option("--pcap", metavar="FILE", help="Write it for Wireshark (pcapng with its secrets).")
@click.option("--keylog", metavar="FILE", help="Append secrets for Wireshark (SSLKEYLOGFILE does so too).")
@click.option("--step", is_flag=True, help="Step through it while it happens: every flight waits for a key.")
def command(
    address: tuple[str, int],
    ca: tuple[str, ...],
    pins: tuple[str, ...],
    insecure: bool,
    crls: tuple[str, ...],
    at: str | None,
    server_name: str | None,
    suites: tuple[str, ...],
    alpn: tuple[str, ...],
    no_ems: bool,
    no_etm: bool,
    no_ticket: bool,
    record_size_limit: int | None,
    timeout: float,
    max_fragment_length: str | None,
    send: str | None,
    certs: tuple[str, ...],
    keys: tuple[str, ...],
    session: str | None,
    linger: float,
    trace: str | None,
    pcap: str | None,
    keylog: str | None,
    step: bool,
) -> None:
    """Connect to HOST:PORT and pipe stdin to the peer, the peer to stdout.

    \b
        minitls client localhost:4433 --send hello
        printf 'GET / HTTP/1.0\\r\\n\\r\\n' | minitls client localhost:4433
        minitls client localhost:4433 --ca demo --session s --send hi
        minitls client localhost:4433 --step
        minitls client localhost:4433 --pin A9:4A:8F:...:D3 --send hello

    --pin takes what openssl x509 -noout -fingerprint -sha256 prints (of the
    certificate), or sha256//BASE64 as curl --pinnedpubkey takes it (of its
    key). It asks no CA, no name and no date. The server's CertificateRequest
    chooses among several --cert.

    Exit status 0: all went well; 1: the handshake or the connection failed,
    with the reason on stderr; 2: wrong usage.
    """
    if len(certs) != len(keys):
        raise click.UsageError(
            f"--cert and --key go together, one for one: {len(certs)} --cert and {len(keys)} --key were given."
        )
    if crls and (pins or insecure):
        raise click.UsageError("--crl is for certificates that a CA vouches for: --pin and --insecure ask none.")
    try:
        config = ClientConfig(
            **negotiation(suites, alpn, no_ems, no_etm),
            tickets=not no_ticket,
            record_size_limit=record_size_limit,
            max_fragment_length=int(max_fragment_length) if max_fragment_length else None,
            trust=_trust(ca, pins, insecure),
            crls=crls_from(crls),
            now=clock_at(at),
            credential=tuple(Credential.load(cert, key) for cert, key in zip(certs, keys, strict=True)),
            sessions=SessionFile(Path(session)) if session else None,
        )
    except ValueError as wrong:
        raise click.UsageError(str(wrong)) from None
    host, port = address
    if insecure:
        tell(f"minitls: {NOT_VERIFIED}", fg="red", bold=True)
    require_writable(session)
    observing = Observing("client", keylog=keylog, trace=trace, pcap=pcap)
    with observing.connection() as observer:
        try:
            connection = ClientConnection(
                observing.apply(config, observer), host if server_name is None else server_name
            )
        except ValueError as wrong:
            raise click.UsageError(str(wrong)) from None
        try:
            if step:
                from .stepping import step_client

                others = [observer] if observer else []
                step_client(address, config, server_name or host, send, timeout=timeout, linger=linger, others=others)
                return
            with socket.create_connection((host, port), timeout) as sock:
                sock.setblocking(False)
                source = lines(send) if send is not None else standard_input()
                Pipe(sock, connection, source, timeout, linger).run()
        except TLSError as error:
            late = isinstance(error, TLSTimeout) and not step
            raise _explained(error, connection, connection.state if late else None) from None
        except BrokenPipeError:
            raise  # It is our stdout: the program that read it has ended, which `main` knows how to take.
        except OSError as error:
            raise click.ClickException(unreachable(host, port, error)) from None


def _trust(ca: tuple[str, ...], pins: tuple[str, ...], insecure: bool) -> Trust:
    """Who vouches for the server: the roots of --ca, the pins, or nobody, but never two of them."""
    if sum(map(bool, (ca, pins, insecure))) > 1:
        raise click.UsageError("--ca, --pin and --insecure each say whom to believe: give one of them.")
    if insecure:
        return UNVERIFIED
    try:
        return Pins.of(*pins) if pins else trust_from(ca)
    except ValueError as wrong:
        raise click.BadParameter(str(wrong), param_hint="--pin") from None


def _explained(error: TLSError, connection: ClientConnection, waiting_in: State | None) -> click.ClickException:
    """The fault with what helps: every broken rule of a refused chain and what to do, or what this port may be.

    `waiting_in` is the state in which the connection waited for an answer when time was up, None if it did not.
    """
    if isinstance(error, ChainRefused):
        return click.ClickException(f"refused: {fault_text(error)}{_more(error.verdict)}")
    help = hint(error) if State.WAIT_SERVER_HELLO in (connection.failed_in, waiting_in) else ""
    return click.ClickException(f"{fault_text(error)}. {help}" if help else fault_text(error))


def _more(verdict: Verdict) -> str:
    """What else is broken, and what to do: once for faults with one remedy."""
    broken = verdict.failures
    lines = [f"broken, too: {step.sentence}" for step in broken[1:]]
    lines += [f"what to do: {each}" for each in dict.fromkeys(map(advice, broken))]
    lines += [f"note: {each}" for each in verdict.notes[:1] if "RFC 5246 section 7.4.2" in each]
    return "".join(f"\n  {line}" for line in lines)
