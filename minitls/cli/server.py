"""`minitls server`: serve many connections at once, each in a thread; one connection's failure is one line."""

from __future__ import annotations

import contextlib
import signal
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Any

import click
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from ..errors import NoCommonSuite, TLSError
from ..handshake.config import ServerConfig
from ..handshake.credential import Credential
from ..pki import demo
from ..transport.blocking import wrap_socket
from .answer import answer
from .fault import chosen_fault, client_command, credential_of, listed_faults
from .hints import offered
from .observing import Observing
from .stderr import tell
from .talk import fault_text, is_loopback, negotiation, negotiation_options, trust_from

MAX_CONNECTIONS = 100
#: Seconds before the next try if a connection cannot be accepted.
PAUSE = 0.05
#: Once the handshake is done a quiet client may think for so many times --timeout.
IDLE_FACTOR = 30


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=4433, show_default=True, help="0: any free port.")
@click.option("--cert", "certs", multiple=True, metavar="FILE", help="PEM chain; repeat for virtual hosts.")
@click.option("--key", "keys", multiple=True, metavar="FILE", help="PEM private key, one for each --cert.")
@click.option("--http", "mode", flag_value="http", help="Answer every connection as HTTP.")
@click.option("--echo", "mode", flag_value="echo", help="Send back whatever comes.")
@negotiation_options
@click.option("--strict-sni", is_flag=True, help="Refuse unknown server names (unrecognized_name).")
@click.option("--staple", metavar="FILE", help="DER OCSP response to staple (RFC 6066).")
@click.option("--fault", metavar="NAME", help="Serve a faulty certificate of the gallery; 'list' names them.")
@click.option("--client-ca", multiple=True, metavar="FILE", help="Ask for a client certificate from this CA.")
@click.option("--require", is_flag=True, help="Refuse clients without a certificate (with --client-ca).")
@click.option("--trace-dir", metavar="DIR", help="Record each connection there. Holds secrets.")
@click.option("--keylog", metavar="FILE", help="Append secrets for Wireshark (SSLKEYLOGFILE does so too).")
def command(
    host: str,
    port: int,
    certs: tuple[str, ...],
    keys: tuple[str, ...],
    mode: str | None,
    suites: tuple[str, ...],
    alpn: tuple[str, ...],
    no_ems: bool,
    no_etm: bool,
    no_ticket: bool,
    record_size_limit: int | None,
    timeout: float,
    strict_sni: bool,
    staple: str | None,
    fault: str | None,
    client_ca: tuple[str, ...],
    require: bool,
    trace_dir: str | None,
    keylog: str | None,
) -> None:
    """Serve TLS 1.2 on a port, with the demo certificate by default.

    An HTTP request gets a page about the connection; anything else is echoed.
    Runs until Ctrl-C.

    \b
        minitls server
        curl --tls-max 1.2 --ciphers AES128-GCM-SHA256 \\
             --cacert minitls/pki/demo/root.pem https://localhost:4433/
        openssl s_client -tls1_2 -cipher AES128-SHA -connect localhost:4433

    (root.pem lies there in a checkout. `minitls pki DIR` writes a fresh PKI
    with a root.pem of its own, to serve with --cert and --key.)
    """
    if fault == "list":
        click.echo("\n".join(listed_faults()))
        return
    exhibit = chosen_fault(fault) if fault is not None else None
    credentials = (credential_of(exhibit),) if exhibit else _credentials(certs, keys, staple)
    _keep_demo_key_at_home(host, credentials)
    if require and not client_ca:
        raise click.UsageError("--require needs --client-ca: the roots that clients are judged by.")
    observing = Observing("server", keylog=keylog, trace_dir=trace_dir)
    try:
        config = ServerConfig(
            credentials=credentials,
            **negotiation(suites, alpn, no_ems, no_etm),
            tickets=not no_ticket,
            record_size_limit=record_size_limit,
            strict_sni=strict_sni,
            client_trust=trust_from(client_ca, "--client-ca") if client_ca else None,
            require_client_certificate=require,
        )
    except ValueError as wrong:
        raise click.UsageError(str(wrong)) from None
    with _listen(host, port) as listener:
        bound = listener.getsockname()
        where = f"[{bound[0]}]" if ":" in bound[0] else bound[0]
        click.echo(f"listening on {where}:{bound[1]}")
        if exhibit:
            click.echo(f"{exhibit.name}: {exhibit.about}. To see it refused:\n  {client_command(exhibit, bound[1])}")
        sys.stdout.flush()
        # A shell starts background jobs with Ctrl-C ignored; `kill -INT` shall end the server all the same.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        with contextlib.suppress(KeyboardInterrupt):
            serve(listener, config, observing, mode, timeout)


def serve(
    listener: socket.socket, config: ServerConfig, observing: Observing, mode: str | None, timeout: float
) -> None:
    """Accept connections for ever, at most MAX_CONNECTIONS at a time."""
    slots = threading.BoundedSemaphore(MAX_CONNECTIONS)
    while True:
        slots.acquire()
        try:
            sock, address = listener.accept()
        except OSError:
            slots.release()
            # The client has gone again, or this process may open no more files: then waiting helps, and hurry does not.
            time.sleep(PAUSE)
            continue
        name = f"{address[0]}:{address[1]}"
        work = (slots, sock, name, config, observing, mode, timeout)
        try:
            threading.Thread(target=_serve_one, args=work, daemon=True).start()
        except RuntimeError as wrong:
            sock.close()
            slots.release()
            tell(f"{name}: not served: {wrong}")


def _serve_one(
    slots: threading.BoundedSemaphore,
    sock: socket.socket,
    name: str,
    config: ServerConfig,
    observing: Observing,
    mode: str | None,
    timeout: float,
) -> None:
    try:
        with sock, observing.connection() as observer:
            sock.settimeout(timeout)
            with wrap_socket(sock, observing.apply(config, observer), server_side=True) as tls:
                sock.settimeout(timeout * IDLE_FACTOR)
                agreed = tls.negotiated
                tell(f"{name}: {agreed.cipher_suite}{', resumed' if agreed.resumed else ''}")
                answer(tls, mode)
    except NoCommonSuite as error:
        tell(f"{name}: {offered(error)} (alert sent: {error.alert.name}, {int(error.alert)})")
    except TLSError as error:
        tell(f"{name}: {fault_text(error)}")
    except OSError as error:
        tell(f"{name}: the connection broke: {error.strerror or error}")
    except Exception as error:
        # A fault of this program: the client was sent internal_error, and the other connections go on.
        tell(f"{name}: a fault of minitls itself, please report it: {error}")
    finally:
        slots.release()


def _credentials(certs: tuple[str, ...], keys: tuple[str, ...], staple: str | None) -> tuple[Credential, ...]:
    if len(certs) != len(keys):
        raise click.UsageError(f"{len(certs)} --cert and {len(keys)} --key were given: each --cert needs its --key.")
    try:
        if certs:
            return tuple(Credential.load(cert, key, staple) for cert, key in zip(certs, keys, strict=True))
        response = Path(staple).read_bytes() if staple else b""
        return (demo_credential(response),)
    except ValueError as wrong:
        raise click.UsageError(str(wrong)) from None
    except OSError as wrong:
        raise click.UsageError(f"cannot read {staple}: {wrong.strerror}") from None


def demo_credential(ocsp_response: bytes = b"") -> Credential:
    """The certificate and (public) key that minitls ships for localhost."""
    key: Any = load_pem_private_key(demo.server_key(), None)
    return Credential(tuple(demo.server_chain()), key, ocsp_response)


def _keep_demo_key_at_home(host: str, credentials: tuple[Credential, ...]) -> None:
    """The demo key is published with minitls: anybody could impersonate a server that shows it to others."""
    try:
        home = is_loopback(host)
    except OSError as wrong:
        raise click.UsageError(f"--host {host} cannot be resolved: {wrong.strerror or wrong}") from None
    if not home and any(demo.is_demo_key(credential.chain[0]) for credential in credentials):
        raise click.UsageError(
            f"the demo certificate's key is public, so it is served on loopback addresses only, and {host} is none. "
            "Make your own with `minitls pki DIR` and give --cert and --key."
        )


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=MAX_CONNECTIONS)
    except OSError as wrong:
        reason = "the port is in use; try --port 0" if wrong.errno == 98 else wrong.strerror or str(wrong)
        raise click.ClickException(f"cannot listen on {host}:{port}: {reason}") from None
