"""Records whole connections of OpenSSL, GnuTLS, Python's ssl and minitls, and writes vectors/9*-handshakes-*.json.

    python -m tests.conformance.make.record [openssl] [gnutls] [python] [minitls]

Every suite, with and without extended master secret and encrypt-then-MAC, full and resumed. The bytes are taken on
loopback between the two programs; the master secret is the key log of a peer that is not ours. `independent.py` then
follows each connection, and both Finished must verify before anything is written.
"""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from . import independent
from .files import ROOT, write

HOST = "server.example"
SPOKEN = b"ping\n"


class Wanted(NamedTuple):
    suite: str
    ems: bool
    etm: bool


def mixes() -> Iterator[Wanted]:
    """CBC suites with all four mixes; encrypt-then-MAC says nothing to GCM."""
    for suite, row in independent.SUITES.items():
        for ems in (True, False):
            for etm in (True, False) if row[1] == "CBC" else (False,):
                yield Wanted(suite, ems, etm)


class Tap:
    """What two programs say to each other through us, record by record."""

    def __init__(self) -> None:
        self.chunks: list[tuple[str, bytes]] = []
        self._lock = threading.Lock()

    def add(self, side: str, data: bytes) -> None:
        with self._lock:
            self.chunks.append((side, data))

    def records(self) -> list[tuple[str, bytes]]:
        """Whole records in the order in which they were complete."""
        pending = {"client": b"", "server": b""}
        out = []
        for side, data in self.chunks:
            pending[side] += data
            while len(pending[side]) >= 5 and len(pending[side]) >= (
                end := 5 + int.from_bytes(pending[side][3:5], "big")
            ):
                out.append((side, pending[side][:end]))
                pending[side] = pending[side][end:]
        return out


@contextmanager
def tapped(port: int) -> Iterator[tuple[int, list[Tap]]]:
    """A port in front of `port`; each connection through it has a Tap."""
    taps: list[Tap] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def pump(source: socket.socket, sink: socket.socket, side: str, tap: Tap) -> None:
            try:
                while data := source.recv(65536):
                    tap.add(side, data)
                    sink.sendall(data)
                sink.shutdown(socket.SHUT_WR)
            except OSError:
                return

        def serve() -> None:
            while True:
                try:
                    client, _ = listener.accept()
                except OSError:
                    return
                server = socket.create_connection(("127.0.0.1", port))
                tap = Tap()
                taps.append(tap)
                for pair in ((client, server, "client"), (server, client, "server")):
                    threading.Thread(target=pump, args=(*pair, tap), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1], taps


@contextmanager
def program(*command: str, environment: dict[str, str] | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """A server program that has begun to listen, ended at last."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **(environment or {})},
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def wait_for(port: int) -> None:
    """Until somebody listens on the port."""
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            time.sleep(0.02)
    raise TimeoutError(f"nobody listens on {port}")


def talk(command: list[str], environment: dict[str, str], lines: bytes = SPOKEN, pause: float = 0.4) -> None:
    """Run a client that says one line and ends."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **environment},
    )
    assert process.stdin is not None
    time.sleep(pause)
    process.stdin.write(lines)
    process.stdin.flush()
    time.sleep(0.2)
    process.stdin.close()
    process.wait(10)


def masters(keylog: Path) -> dict[str, str]:
    """Client random to master secret."""
    rows = [line.split() for line in keylog.read_text().splitlines() if line.startswith("CLIENT_RANDOM")]
    return {row[1].lower(): row[2].lower() for row in rows}


def case(
    wanted: Wanted, records: list[tuple[str, bytes]], known: dict[str, str], key: str, who: tuple[str, str]
) -> dict[str, Any] | None:
    """The case of one connection; None if it is not complete or not what was wanted."""
    if not records:
        return None
    hello = records[0][1][5:]
    master = known.get(hello[6:38].hex(), "")
    if is_full(records):
        known["the last one"] = master
    # gnutls-cli logs nothing for a connection that resumes: its master secret is that of the one before.
    given_master = "" if is_full(records) else master or known.get("the last one", "")
    done = independent.decode(records, key, bytes.fromhex(given_master))
    if len(done.finished) < 2:
        return None
    assert done.suite == wanted.suite and done.ems == wanted.ems and done.etm == wanted.etm, (wanted, done.suite)
    assert not master or done.values["master_secret"] == master
    resumed: str | bool = False
    if "server Certificate" not in done.messages:
        resumed = "ticket" if b"\x00\x23\x00\x00" not in hello and b"\x00\x23" in hello else "session ID"
    names = ("pre_master_secret", "session_hash", "master_secret", "key_block")
    names = (*names, "client_verify_data", "server_verify_data")
    parts = [wanted.suite.removeprefix("TLS_RSA_WITH_").replace("_", "-")]
    parts += ["ems" if done.ems else "noems"]
    if independent.SUITES[wanted.suite][1] == "CBC":
        parts += ["etm" if done.etm else "mte"]
    parts += [str(resumed).replace(" ", "-")] if resumed else ["full"]
    given: dict[str, Any] = {
        "client": who[0],
        "server": who[1],
        "suite": wanted.suite,
        "extended_master_secret": done.ems,
        "encrypt_then_mac": done.etm,
        "resumed": resumed,
    }
    if resumed:
        given["master_secret"] = given_master
    given["records"] = [[side, record.hex()] for side, record in records]
    expect = {name: done.values[name] for name in names if name in done.values}
    return {
        "id": "-".join(parts),
        "given": given,
        "expect": {**expect, "messages": done.messages, "plaintexts": done.plaintexts},
    }


def is_full(records: list[tuple[str, bytes]]) -> bool:
    """Whether the server sends Certificate in the clear."""
    clear = b""
    for side, record in records:
        if side == "server" and record[0] == 20:
            break
        clear += record[5:] if side == "server" and record[0] == 22 else b""
    kinds, at = [], 0
    while at + 4 <= len(clear):
        kinds.append(clear[at])
        at += 4 + int.from_bytes(clear[at + 1 : at + 4], "big")
    return 11 in kinds


class Credential(NamedTuple):
    key: str
    key_file: str
    certificate_file: str
    ca_file: str


@contextmanager
def credential() -> Iterator[Credential]:
    """A throw-away CA and a server certificate for HOST, by openssl."""
    with tempfile.TemporaryDirectory() as directory:
        at = Path(directory)
        run = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "36500")
        run = (*run, "-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST},DNS:localhost,IP:127.0.0.1")
        run = (*run, "-addext", "keyUsage=critical,digitalSignature,keyEncipherment,keyCertSign")
        subprocess.run(
            (*run, "-keyout", str(at / "key.pem"), "-out", str(at / "cert.pem")), check=True, capture_output=True
        )
        yield Credential((at / "key.pem").read_text(), str(at / "key.pem"), str(at / "cert.pem"), str(at / "cert.pem"))


def openssl_environment(wanted: Wanted, directory: Path) -> dict[str, str]:
    config = directory / "openssl.cnf"
    options = ["-ExtendedMasterSecret"] * (not wanted.ems) + ["-EncryptThenMac"] * (not wanted.etm)
    config.write_text(
        "openssl_conf = all\n[all]\nssl_conf = ssl\n[ssl]\nsystem_default = default\n[default]\n"
        "MinProtocol = TLSv1.2\n" + (f"Options = {','.join(options)}\n" if options else "")
    )
    return {"OPENSSL_CONF": str(config)}


def openssl_server(secret: Credential, port: int, wanted: Wanted) -> list[str]:
    name = independent.OPENSSL_NAMES[wanted.suite]
    command = ["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-tls1_2", "-cipher", name, "-quiet", "-rev"]
    return [*command, "-cert", secret.certificate_file, "-key", secret.key_file]


def openssl_client(port: int, wanted: Wanted, *more: str) -> list[str]:
    name = independent.OPENSSL_NAMES[wanted.suite]
    command = [
        "openssl",
        "s_client",
        "-connect",
        f"127.0.0.1:{port}",
        "-tls1_2",
        "-cipher",
        name,
        "-quiet",
        "-no_ign_eof",
    ]
    return [*command, "-servername", HOST, *more]


def record_openssl(secret: Credential) -> Iterator[dict[str, Any] | None]:
    version = subprocess.run(["openssl", "version"], capture_output=True, text=True).stdout.split()
    who = (f"OpenSSL {version[1]} s_client", f"OpenSSL {version[1]} s_server")
    for number, wanted in enumerate(mixes()):
        with tempfile.TemporaryDirectory() as directory:
            at = Path(directory)
            environment = openssl_environment(wanted, at)
            port = free_port()
            ticket = [] if number % 2 else ["-no_ticket"]
            with program(*openssl_server(secret, port, wanted), *ticket, environment=environment):
                wait_for(port)
                with tapped(port) as (front, taps):
                    for session in (["-sess_out", str(at / "s")], ["-sess_in", str(at / "s")]):
                        log = ["-keylogfile", str(at / "log")]
                        talk(openssl_client(front, wanted, *session, *log, *ticket), environment)
                    time.sleep(0.2)
                    for tap in taps:
                        yield case(wanted, tap.records(), masters(at / "log"), secret.key, who)


def record_gnutls(secret: Credential) -> Iterator[dict[str, Any] | None]:
    version = subprocess.run(["gnutls-cli", "--version"], capture_output=True, text=True).stdout.split()[1]
    who = (f"GnuTLS {version} gnutls-cli", f"GnuTLS {version} gnutls-serv")
    for wanted in mixes():
        _, mode, key, mac, _, _ = independent.SUITES[wanted.suite]
        cipher = f"AES-{8 * key}-{mode}"
        priority = f"NONE:+VERS-TLS1.2:+COMP-NULL:+RSA:+{cipher}:+{(mac or 'AEAD').upper()}:+SIGN-ALL:+CTYPE-X509"
        priority += ("" if wanted.ems else ":%NO_SESSION_HASH") + ("" if wanted.etm else ":%NO_ETM")
        with tempfile.TemporaryDirectory() as directory:
            log = Path(directory) / "log"
            environment = {"SSLKEYLOGFILE": str(log)}
            port = free_port()
            server = ["gnutls-serv", "--port", str(port), "--echo", "--disable-client-cert", "--priority", priority]
            server += ["--x509certfile", secret.certificate_file, "--x509keyfile", secret.key_file, "--quiet"]
            with program(*server):
                wait_for(port)
                with tapped(port) as (front, taps):
                    client = ["gnutls-cli", "--port", str(front), "--priority", priority, "--resume"]
                    client += ["--x509cafile", secret.ca_file, "--verify-hostname", HOST, "--sni-hostname", HOST]
                    talk([*client, "127.0.0.1"], environment, pause=1.2)
                    time.sleep(0.2)
                    known = masters(log)
                    for tap in taps:
                        yield case(wanted, tap.records(), known, secret.key, who)


def record_python(secret: Credential) -> Iterator[dict[str, Any] | None]:
    told = (
        f"Python {sys.version.split()[0]} ssl ({ssl.OPENSSL_VERSION.split(' ', 2)[0]} {ssl.OPENSSL_VERSION.split()[1]})"
    )
    #: SSL_OP_NO_EXTENDED_MASTER_SECRET and SSL_OP_NO_ENCRYPT_THEN_MAC of OpenSSL 3, which Python has no names for.
    no_ems, no_etm = 1 << 0, 1 << 19
    for wanted in mixes():
        with tempfile.TemporaryDirectory() as directory:
            log = Path(directory) / "log"
            client_context = ssl.create_default_context(cafile=secret.ca_file)
            server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            server_context.load_cert_chain(secret.certificate_file, secret.key_file)
            for context in (client_context, server_context):
                context.maximum_version = ssl.TLSVersion.TLSv1_2
                context.set_ciphers(independent.OPENSSL_NAMES[wanted.suite])
                context.options |= (0 if wanted.ems else no_ems) | (0 if wanted.etm else no_etm)
            client_context.keylog_filename = str(log)
            session = None
            for _ in range(2):
                tap = Tap()
                session = in_memory(client_context, server_context, session, tap)
                yield case(wanted, tap.records(), masters(log), secret.key, (told, told))


def in_memory(
    client_context: ssl.SSLContext, server_context: ssl.SSLContext, session: ssl.SSLSession | None, tap: Tap
) -> ssl.SSLSession | None:
    """One connection of two contexts, without sockets; data both ways, then close_notify both ways."""
    bios = [ssl.MemoryBIO() for _ in range(4)]
    client = client_context.wrap_bio(bios[0], bios[1], server_hostname=HOST, session=session)
    server = server_context.wrap_bio(bios[2], bios[3], server_side=True)

    def carry() -> None:
        for side, source, sink in (("client", bios[1], bios[2]), ("server", bios[3], bios[0])):
            data = source.read()
            if data:
                tap.add(side, data)
                sink.write(data)

    for _ in range(8):
        for end in (client, server):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
            finally:
                carry()
    client.write(SPOKEN)
    carry()
    server.write(server.read()[::-1])
    carry()
    client.read()
    for end in (client, server):
        with suppress(ssl.SSLWantReadError):
            end.unwrap()
        carry()
    return client.session


def record_minitls(secret: Credential) -> Iterator[dict[str, Any] | None]:
    """minitls at one end, OpenSSL at the other: the client in one half of the cases, the server in the other."""
    version = subprocess.run(["openssl", "version"], capture_output=True, text=True).stdout.split()[1]
    minitls = [sys.executable, "-m", "minitls"]
    for number, wanted in enumerate(mixes()):
        flags = [*["--no-ems"] * (not wanted.ems), *["--no-etm"] * (not wanted.etm)]
        with tempfile.TemporaryDirectory() as directory:
            at, port = Path(directory), free_port()
            environment = openssl_environment(wanted, at)
            if number % 2:
                who = ("minitls", f"OpenSSL {version} s_server")
                log = ["-keylogfile", str(at / "log")]
                above = Path(secret.certificate_file).with_name("intermediate.pem")
                server = [*openssl_server(secret, port, wanted), "-cert_chain", str(above), *log]
            else:
                who = (f"OpenSSL {version} s_client", "minitls")
                server = [*minitls, "server", "--port", str(port), "--echo", "--suite", wanted.suite, *flags]
                server += ["--cert", secret.certificate_file, "--key", secret.key_file]
            with program(*server, environment=environment):
                wait_for(port)
                with tapped(port) as (front, taps):
                    for session in ("-sess_out", "-sess_in"):
                        if number % 2:
                            client = [*minitls, "client", f"127.0.0.1:{front}", "--ca", secret.ca_file]
                            client += ["--server-name", "localhost", "--suite", wanted.suite, *flags]
                            client += ["--session", str(at / "session"), "--linger", "0.3"]
                            talk(client, environment, pause=1.5)
                        else:
                            log = ["-keylogfile", str(at / "log")]
                            talk(openssl_client(front, wanted, session, str(at / "s"), *log), environment)
                    time.sleep(0.3)
                    for tap in taps:
                        yield case(wanted, tap.records(), masters(at / "log"), secret.key, who)


RECORDERS = {
    "openssl": (90, "OpenSSL with itself", record_openssl),
    "gnutls": (91, "GnuTLS with itself", record_gnutls),
    "python": (92, "Python's ssl with itself", record_python),
    "minitls": (93, "minitls with OpenSSL", record_minitls),
}


def demo_credential() -> Credential:
    """The demo PKI, whose chain minitls accepts: a self-signed leaf it refuses."""
    demo = ROOT / "minitls" / "pki" / "demo"
    key = (demo / "server.key").read_text()
    return Credential(
        key[key.index("-----BEGIN") :], str(demo / "server.key"), str(demo / "server.pem"), str(demo / "root.pem")
    )


def main(names: list[str]) -> None:
    with credential() as throw_away:
        for name in names or list(RECORDERS):
            number, title, recorder = RECORDERS[name]
            secret = demo_credential() if name == "minitls" else throw_away
            cases = [one for one in recorder(secret) if one is not None]
            own = "; the other side is always OpenSSL, which is what confirms minitls" if name == "minitls" else ""
            document = {
                "area": "handshakes",
                "title": f"Whole connections of {title}",
                "source": f"Recorded on loopback by tests/conformance/make/record.py{own}",
                "licence": "none needed: own data; the private key is a throw-away",
                "obtained": (
                    "Master secrets are the key log of the peer that is not ours; everything else was computed by "
                    "tests/conformance/make/independent.py, whose verify_data both peers sent."
                ),
                "common": {"private_key": secret.key},
                "cases": cases,
            }
            write(f"{number}-handshakes-{name}.json", document)
            print(f"{name}: {len(cases)} connections", file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1:])
