"""`minitls client`: a pipe to a TLS server. Its data goes to stdout, and nothing else does; all talk goes to stderr."""

from __future__ import annotations

import socket
from pathlib import Path

import click

from ..connection import ClientConnection
from ..errors import TLSError
from ..handshake.config import ClientConfig
from ..handshake.credential import Credential
from ..handshake.tls12.states import State
from ..pki.verdict import ChainRefused
from .observing import Observing, require_writable
from .pipe import Pipe, lines, standard_input
from .session_file import SessionFile
from .talk import HostPort, clock_at, crls_from, fault_text, negotiation, negotiation_options, trust_from, unreachable


@click.command()
@click.argument("address", type=HostPort(), metavar="HOST:PORT")
@click.option("--ca", multiple=True, metavar="FILE", help="Trust these roots instead: file, demo, mozilla, system.")
@click.option("--crl", "crls", multiple=True, metavar="FILE", help="Look certificates up in this revocation list.")
@click.option("--time", "at", metavar="ISO-8601", help="Judge certificates as of then, not now.")
@click.option("--server-name", metavar="NAME", help="Whom the certificate must name, if not HOST.")
@negotiation_options
@click.option("--max-fragment-length", type=click.Choice(["512", "1024", "2048", "4096"]), help="RFC 6066.")
@click.option("--send", metavar="TEXT", help="Send TEXT and a newline instead of stdin.")
@click.option("--cert", metavar="FILE", help="Certificate to show if asked (PEM chain).")
@click.option("--key", metavar="FILE", help="Its private key (PEM).")
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
    cert: str | None,
    key: str | None,
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

    Exit status 0: all went well; 1: the handshake or the connection failed,
    with the reason on stderr; 2: wrong usage.
    """
    if bool(cert) != bool(key):
        raise click.UsageError("--cert and --key go together: give both or neither.")
    try:
        config = ClientConfig(
            **negotiation(suites, alpn, no_ems, no_etm),
            tickets=not no_ticket,
            record_size_limit=record_size_limit,
            max_fragment_length=int(max_fragment_length) if max_fragment_length else None,
            trust=trust_from(ca),
            crls=crls_from(crls),
            now=clock_at(at),
            credential=Credential.load(cert, key) if cert and key else None,
            sessions=SessionFile(Path(session)) if session else None,
        )
    except ValueError as wrong:
        raise click.UsageError(str(wrong)) from None
    host, port = address
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
            raise _explained(error, connection) from None
        except BrokenPipeError:
            raise  # It is our stdout: the program that read it has ended, which `main` knows how to take.
        except OSError as error:
            raise click.ClickException(unreachable(host, port, error)) from None


def _explained(error: TLSError, connection: ClientConnection) -> click.ClickException:
    """The fault with what helps to understand it: every broken rule of a refused chain, why a server has no suite."""
    if isinstance(error, ChainRefused):
        others = "".join(f"\n  broken, too: {step.sentence}" for step in error.verdict.failures[1:])
        return click.ClickException(f"refused: {fault_text(error)}{others}")
    return click.ClickException(fault_text(error, first_flight=connection.failed_in is State.WAIT_SERVER_HELLO))
