"""`--step` of `demo` and `client`: the same connections, with every flight waiting for a key."""

from __future__ import annotations

import dataclasses
import socket

from ..errors import TLSTimeout
from ..handshake.config import ClientConfig
from ..observe import Observer
from ..render.stepper.live import Gate, Start, run_live
from ..trace.file.jsonl import Trace, open_private
from ..trace.record import Recording
from ..transport.blocking import wrap_socket
from .observing import all_of


def step_demo(start: Start, trace: str | None) -> Trace:
    """Step through a connection that both endpoints tell; `start` makes it. Raises what `start` raises."""
    return run_live(start, ("client", "server"), False, open_private(trace) if trace else None)


def step_client(
    address: tuple[str, int],
    config: ClientConfig,
    server_name: str,
    text: str | None,
    *,
    timeout: float,
    linger: float,
    others: list[Observer],
) -> Trace:
    """Step through a client's connection: handshake, a line if there is one to send, close_notify.

    `timeout` is for TCP's connect only: while the reader thinks, no clock runs on our side. `others` are told as well.
    """

    def start(recording: Recording, gate: Gate) -> None:
        observer = all_of([recording.observer("client"), *others])
        sock = socket.create_connection(address, timeout)
        sock.settimeout(None)
        watched = dataclasses.replace(config, observer=observer)
        with wrap_socket(gate.socket(sock, "client"), watched, server_name=server_name) as tls:
            if text is not None:
                tls.sendall(text.encode() + b"\n")
            sock.settimeout(linger)
            try:
                while tls.recv(65536):
                    pass
            except TLSTimeout:
                return  # The peer has said what it had to say; leaving the block sends close_notify.

    return run_live(start, ("client",))
