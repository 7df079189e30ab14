"""`minitls demo`: a server and a client, two programs over real TCP, and everything that happened between them."""

from __future__ import annotations

import dataclasses
import errno
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from ..errors import TLSError
from ..handshake.config import ClientConfig, ServerConfig
from ..handshake.credential import Credential
from ..handshake.session import SessionCache
from ..pki import demo as demo_pki
from ..pki.trust import TrustStore
from ..render.export.keylog import KeyLogWriter
from ..trace.file.jsonl import Trace, open_private
from ..trace.record import Recording
from ..transport.blocking import wrap_socket
from .observing import all_of, keylog_path, require_writable, write_pcap
from .paging import paged
from .server import demo_credential
from .talk import SuiteName, negotiation
from .trace_file import save_private

if TYPE_CHECKING:
    from ..render.stepper.live import Gate

QUESTION = b"What is the meaning of a record?\n"
ANSWER = b"Ask the one who has the key.\n"
TIMEOUT = 10.0


@click.command()
@click.option("--suite", type=SuiteName(), help="The suite to use (default: the first both like, AES-128-GCM).")
@click.option("--resume", is_flag=True, help="Connect twice: a full handshake, then an abbreviated one.")
@click.option("--client-auth", is_flag=True, help="The client shows a certificate, too.")
@click.option("--no-ems", is_flag=True, help="Without extended master secret (RFC 7627).")
@click.option("--no-etm", is_flag=True, help="Without encrypt-then-MAC (RFC 7366).")
@click.option("--no-ticket", is_flag=True, help="Resume by session ID, not by ticket (RFC 5077).")
@click.option("--trace", metavar="FILE", help="Record everything. With --resume a second FILE-resumed.")
@click.option("--html", metavar="FILE", help="Write the page that explains every byte.")
@click.option("--pcap", metavar="FILE", help="Write a capture for Wireshark, secrets included.")
@click.option("--keylog", metavar="FILE", help="Append the secrets (SSLKEYLOGFILE does so too).")
@click.option("--step", is_flag=True, help="Step through it while it happens: every flight waits for a key.")
def command(
    suite: str | None,
    resume: bool,
    client_auth: bool,
    no_ems: bool,
    no_etm: bool,
    no_ticket: bool,
    trace: str | None,
    html: str | None,
    pcap: str | None,
    keylog: str | None,
    step: bool,
) -> None:
    """Run a TLS 1.2 connection between two programs and explain it.

    A server starts on a free port of this machine, a client connects over
    TCP; each says one line. What you see is their real conversation.

    \b
        minitls demo
        minitls demo --suite AES128-SHA --no-etm
        minitls demo --resume
        minitls demo --trace t.jsonl && minitls trace step t.jsonl
        minitls demo --html page.html
        minitls demo --step
    """
    for path in (trace, html, pcap, keylog_path(keylog)):
        require_writable(path)
    client, server = _configs(suite, client_auth, no_ems, no_etm, no_ticket)
    rounds = ["", "-resumed"] if resume else [""]
    told = []
    # Nothing is shown before the files are written; the stepper has the screen for itself.
    with nullcontext() if step else paged():
        for number, suffix in enumerate(rounds):
            with _naming(trace, keylog_path(keylog)):
                if step:
                    recorded = _step(client, server, _with_suffix(trace, suffix), keylog_path(keylog))
                else:
                    recorded = run(client, server, _with_suffix(trace, suffix), keylog_path(keylog))
            told.append(recorded)
            if resume:
                click.echo(_HEADINGS[number])
            if not step:
                _show(recorded)
            if number + 1 < len(rounds) and client.sessions is not None:
                _show_saved(client)
            if pcap:
                with _naming(pcap):
                    write_pcap(recorded, _with_suffix(pcap, suffix) or pcap)
            if html:
                _write_page(recorded, _with_suffix(html, suffix) or html)
        if len(told) == 2:
            _show_savings(*told)
        click.echo(_what_next(html=html, resume=resume, step=step, trace=trace))


@contextmanager
def _naming(*paths: str | None) -> Iterator[None]:
    """A disk that is full is told with the files that were to be written."""
    try:
        yield
    except OSError as wrong:
        if wrong.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG) or not any(paths):
            raise
        named = " or ".join(path for path in paths if path)
        raise click.ClickException(f"cannot write {named}: {wrong.strerror}") from None


def _write_page(recorded: Trace, path: str) -> None:
    from ..render.page.page import render_html
    from .trace_html import written

    page = render_html(recorded).encode()
    with _naming(path):
        save_private(path, page)
    click.echo(f"\n{written(path, len(page))}")


def _what_next(*, html: str | None, resume: bool, step: bool, trace: str | None) -> str:
    """Where to go from here: three ways that were not taken yet."""
    file = trace or "t.jsonl"
    ways = {
        "minitls demo --html page.html": "" if html else "a page that explains every byte",
        "minitls demo --step": "" if step else "the same live: each flight waits for your key",
        f"minitls trace show {file} --secrets": "each secret, with commands that derive it" if trace else "",
        f"minitls trace step {file}": "step through it, forwards and backwards" if trace else "",
        "minitls demo --resume": "" if resume else "then take the session up again: what is saved",
        "minitls demo --trace t.jsonl": "" if trace else "keep it, for `minitls trace`",
    }
    chosen = [(command, text) for command, text in ways.items() if text][:3]
    width = max(len(command) for command, _ in chosen)
    return "\n".join(["", "Try next:", *(f"  {command:<{width}}  {text}" for command, text in chosen)])


def run(client: ClientConfig, server: ServerConfig, trace: str | None, keylog: str | None) -> Trace:
    """One connection over TCP on this machine, recorded from both endpoints. Raises TLSError if it fails."""
    recording = Recording(("client", "server"), open_private(trace) if trace else None)
    try:
        _converse(client, server, recording, keylog, None)
    finally:
        recorded = recording.close()
    return recorded


def _step(client: ClientConfig, server: ServerConfig, trace: str | None, keylog: str | None) -> Trace:
    """The same, with every flight waiting for a key."""
    from .stepping import step_demo

    return step_demo(lambda recording, gate: _converse(client, server, recording, keylog, gate), trace)


def _converse(
    client: ClientConfig, server: ServerConfig, recording: Recording, keylog: str | None, gate: Gate | None
) -> None:
    failures: list[TLSError | OSError] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        watched = dataclasses.replace(server, observer=recording.observer("server"))
        serving = threading.Thread(target=_serve, args=(listener, watched, failures, gate), daemon=True)
        serving.start()
        try:
            _ask(listener.getsockname()[1], client, recording, keylog, gate)
        finally:
            serving.join(None if gate else TIMEOUT)
    for failure in failures:
        raise failure


def _ask(port: int, config: ClientConfig, recording: Recording, keylog: str | None, gate: Gate | None) -> None:
    log = KeyLogWriter(keylog) if keylog else None
    observer = all_of([recording.observer("client"), *([log] if log else [])])
    try:
        watched = dataclasses.replace(config, observer=observer)
        # At a gate a side waits for the reader, so no clock may run.
        sock = socket.create_connection(("127.0.0.1", port), None if gate else TIMEOUT)
        gated = gate.socket(sock, "client") if gate else sock
        with wrap_socket(gated, watched, server_name="localhost") as tls:
            tls.sendall(QUESTION)
            while tls.recv(1000):
                pass
    finally:
        if log:
            log.close()


def _serve(
    listener: socket.socket, config: ServerConfig, failures: list[TLSError | OSError], gate: Gate | None
) -> None:
    try:
        sock, _ = listener.accept()
        sock.settimeout(None if gate else TIMEOUT)
        with wrap_socket(gate.socket(sock, "server") if gate else sock, config, server_side=True) as tls:
            tls.recv(1000)
            tls.sendall(ANSWER)
            tls.shutdown()
            while tls.recv(1000):
                pass
    except (TLSError, OSError) as failure:
        failures.append(failure)


def _configs(
    suite: str | None, client_auth: bool, no_ems: bool, no_etm: bool, no_ticket: bool
) -> tuple[ClientConfig, ServerConfig]:
    shared = {**negotiation((suite,) if suite else (), (), no_ems, no_etm), "tickets": not no_ticket}
    key: Any = load_pem_private_key(demo_pki.client_key(), None)
    client = ClientConfig(
        **shared,
        trust=TrustStore.load("demo"),
        sessions=SessionCache(),
        credential=Credential(tuple(demo_pki.client_chain()), key) if client_auth else None,
    )
    trust = TrustStore.load("demo") if client_auth else None
    server = ServerConfig(**shared, credentials=(demo_credential(),), client_trust=trust)
    return client, server


_HEADINGS = ("FIRST CONNECTION: a full handshake", "SECOND CONNECTION: the session is taken up again")


def _show(recorded: Trace) -> None:
    from rich.console import Console

    from ..render.ladder.ladder import render_ladder

    render_ladder(recorded, Console(highlight=False))


def _show_savings(full: Trace, resumed: Trace) -> None:
    from rich.console import Console

    from ..render.saved import savings
    from ..trace.story.story import Story

    console = Console(highlight=False)
    console.print()
    for line in savings(Story(full), Story(resumed)):
        console.print(line)


def _show_saved(client: ClientConfig) -> None:
    """What the first connection left behind for the second."""
    session = client.sessions.fetch(b"localhost", client.time()) if client.sessions is not None else None
    if session is None:
        return
    held = (
        f"a ticket of {len(session.ticket)} bytes" if session.ticket else f"session {session.session_id.hex()[:16]}.."
    )
    click.echo(f"\nThe client keeps {held} and the master secret {session.master_secret.hex()[:16]}..\n")


def _with_suffix(path: str | None, suffix: str) -> str | None:
    if path is None or not suffix:
        return path
    file = Path(path)
    return str(file.with_name(f"{file.stem}{suffix}{file.suffix}"))
