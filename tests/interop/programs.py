"""What tests with real peers share: `minitls` as a program, the peers as programs, and a relay that sees the records.

Nothing here waits for time to pass: programs are waited for by what they say, data by its arrival.
"""

from __future__ import annotations

import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.helpers import DEMO
from tests.peers import LISTENING, Program, require_program, reserved_port, running

ROOT_PEM = DEMO / "root.pem"
SERVER_PEM, SERVER_KEY = DEMO / "server.pem", DEMO / "server.key"
CLIENT_PEM, CLIENT_KEY = DEMO / "client.pem", DEMO / "client.key"
GALLERY = DEMO / "gallery"

#: OpenSSL's name of each suite: its IANA name, and what GnuTLS calls its cipher and MAC.
SUITES = {
    "AES128-SHA": ("TLS_RSA_WITH_AES_128_CBC_SHA", "AES-128-CBC", "SHA1"),
    "AES256-SHA": ("TLS_RSA_WITH_AES_256_CBC_SHA", "AES-256-CBC", "SHA1"),
    "AES128-SHA256": ("TLS_RSA_WITH_AES_128_CBC_SHA256", "AES-128-CBC", "SHA256"),
    "AES256-SHA256": ("TLS_RSA_WITH_AES_256_CBC_SHA256", "AES-256-CBC", "SHA256"),
    "AES128-GCM-SHA256": ("TLS_RSA_WITH_AES_128_GCM_SHA256", "AES-128-GCM", "AEAD"),
    "AES256-GCM-SHA384": ("TLS_RSA_WITH_AES_256_GCM_SHA384", "AES-256-GCM", "AEAD"),
}
#: What GnuTLS must be told to speak TLS 1.2 with RSA key exchange and nothing else.
GNUTLS_RSA = "NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+RSA"
#: GnuTLS's programs read and write through buffers, which a conversation over pipes would get stuck in.
UNBUFFERED = ("stdbuf", "-i0", "-oL")
MINITLS = (sys.executable, "-m", "minitls")


@dataclass(frozen=True)
class Result:
    """How a program ended."""

    status: int
    out: bytes
    err: str


def run(*command: str | Path, data: bytes | None = b"", timeout: float = 30, cwd: Path | None = None) -> Result:
    """Run a program to its end with `data` on its standard input."""
    done = subprocess.run([str(part) for part in command], input=data, capture_output=True, timeout=timeout, cwd=cwd)
    return Result(done.returncode, done.stdout, done.stderr.decode(errors="replace"))


def minitls(*arguments: str | Path, data: bytes | None = b"", timeout: float = 30) -> Result:
    """Run `minitls` to its end."""
    return run(*MINITLS, *arguments, data=data, timeout=timeout)


def client(port: int, *options: str | Path, data: bytes | None = b"", ca: Path | None = ROOT_PEM) -> Result:
    """`minitls client` to this machine's `port`, trusting the demo root alone."""
    roots = ("--ca", ca) if ca else ()
    return minitls("client", f"localhost:{port}", "--linger", "0.5", *roots, *options, data=data)


@contextmanager
def serving(*options: str | Path) -> Iterator[Program]:
    """`minitls server` on a free port."""
    with running(*MINITLS, "server", "--port", "0", *options, ready=LISTENING) as program:
        yield program


@contextmanager
def s_client(port: int, *options: str | Path, ready: str = "Verification: OK") -> Iterator[Program]:
    """`openssl s_client` after its handshake, with the demo root trusted and the host name checked."""
    checks = ("-CAfile", ROOT_PEM, "-verify_return_error", "-verify_hostname", "localhost", "-brief")
    command = (require_program("openssl"), "s_client", "-connect", f"localhost:{port}", *checks, *options)
    with running(*command, ready=ready) as program:
        yield program


@contextmanager
def s_server(*options: str | Path, cert: Path = SERVER_PEM, key: Path = SERVER_KEY) -> Iterator[Program]:
    """`openssl s_server` on a free port, with the demo server's certificate, TLS 1.2 and RSA key exchange."""
    shown = ("-cert", cert, "-cert_chain", cert, "-key", key)
    command = (require_program("openssl"), "s_server", "-accept", "127.0.0.1:0", "-tls1_2", "-cipher", "kRSA", *shown)
    with running(*command, *options, ready=r"ACCEPT (?P<host>\S+):(?P<port>\d+)") as program:
        yield program


@contextmanager
def gnutls_serv(*options: str | Path, priority: str = GNUTLS_RSA) -> Iterator[tuple[Program, int]]:
    """`gnutls-serv` as an echo server, and its port: it cannot choose one itself."""
    port = reserved_port()
    shown = ("--x509certfile", SERVER_PEM, "--x509keyfile", SERVER_KEY)
    command = (
        *UNBUFFERED,
        require_program("gnutls-serv"),
        "--echo",
        "--port",
        str(port),
        "--priority",
        priority,
        *shown,
        *options,
    )
    with running(*command, ready=r"listening on IPv4 \S+ port \d+\.*done") as program:
        yield program, port


@contextmanager
def gnutls_cli(port: int, *options: str | Path, priority: str = GNUTLS_RSA) -> Iterator[Program]:
    """`gnutls-cli` after its handshake, with the demo root trusted."""
    where = ("--x509cafile", ROOT_PEM, "--priority", priority, "--port", str(port))
    command = (*UNBUFFERED, require_program("gnutls-cli"), *where, *options, "localhost")
    with running(*command, ready="Simple Client Mode") as program:
        yield program


def python_context(server_side: bool, ciphers: str = "kRSA:@SECLEVEL=1") -> ssl.SSLContext:
    """Python's own TLS 1.2, with the demo PKI."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server_side else ssl.PROTOCOL_TLS_CLIENT)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(ciphers)
    if server_side:
        context.load_cert_chain(SERVER_PEM, SERVER_KEY)
    else:
        context.load_verify_locations(ROOT_PEM)
    return context


@contextmanager
def listening() -> Iterator[tuple[socket.socket, int]]:
    """A TCP socket that listens on a free port of this machine, with a timeout, and that port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(30)
        yield listener, listener.getsockname()[1]


class Server:
    """A thread that gives each accepted socket to `serve`, one after the other. `faults` is what `serve` raised."""

    def __init__(self, serve: object) -> None:
        assert callable(serve)
        self._serve = serve
        self.faults: list[BaseException] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            with sock:
                sock.settimeout(30)
                try:
                    self._serve(sock)
                except Exception as fault:
                    self.faults.append(fault)

    def __enter__(self) -> Server:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        # `close` alone would leave a blocked `accept` waiting for ever.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(30)


class Relay:
    """Passes TCP connections on to `port` and keeps what went by: `up` from the client, `down` from the server."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._server = Server(self._relay)
        self.port = self._server.port
        self.up = bytearray()
        self.down = bytearray()

    def _relay(self, client: socket.socket) -> None:
        with socket.create_connection(("127.0.0.1", self._target), 30) as server:
            back = threading.Thread(target=self._pass, args=(server, client, self.down), daemon=True)
            back.start()
            self._pass(client, server, self.up)
            back.join(30)

    @staticmethod
    def _pass(source: socket.socket, target: socket.socket, kept: bytearray) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                kept += data
                target.sendall(data)
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    def __enter__(self) -> Relay:
        self._server.__enter__()
        return self

    def __exit__(self, *unused: object) -> None:
        self._server.__exit__(*unused)


def record_lengths(stream: bytes | bytearray, content_type: int) -> list[int]:
    """The length field of every record of a type (RFC 5246 section 6.2.1: type, version, length, fragment)."""
    lengths, position = [], 0
    while position + 5 <= len(stream):
        length = int.from_bytes(stream[position + 3 : position + 5], "big")
        if stream[position] == content_type:
            lengths.append(length)
        position += 5 + length
    return lengths
