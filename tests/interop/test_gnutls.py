"""minitls and GnuTLS's command line, each as client and as server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.interop.programs import (
    CLIENT_KEY,
    CLIENT_PEM,
    GNUTLS_RSA,
    ROOT_PEM,
    SUITES,
    Relay,
    client,
    gnutls_cli,
    gnutls_serv,
    record_lengths,
    run,
    serving,
)
from tests.peers import Program, require_program

pytestmark = pytest.mark.slow

GET = "GET / HTTP/1.0\n\n"
#: A GCM record carries 8 bytes of nonce and 16 of tag beside the plaintext (RFC 5288 section 3).
GCM = 24
GCM_ONLY = f"{GNUTLS_RSA}:-CIPHER-ALL:+AES-128-GCM"


@pytest.fixture(scope="module")
def server() -> Iterator[Program]:
    with serving() as program:
        yield program


@pytest.mark.parametrize("suite", SUITES)
def test_gnutls_cli_in_every_suite(server: Program, suite: str) -> None:
    iana, cipher, mac = SUITES[suite]
    priority = f"{GNUTLS_RSA}:-CIPHER-ALL:+{cipher}:-MAC-ALL:+{mac}"
    with gnutls_cli(server.port, priority=priority) as program:
        program.wait_for(rf"\(TLS1\.2.*\)-\(RSA\)-\({cipher}\)")
        program.write("hello, GnuTLS\n")
        program.wait_for("(?m)^hello, GnuTLS$")
    server.wait_for(iana)


def test_gnutls_cli_with_its_defaults(server: Program) -> None:
    """It offers TLS 1.3 first, and RSA key exchange last."""
    with gnutls_cli(server.port, priority="NORMAL") as program:
        program.wait_for(r"\(TLS1\.2.*\)-\(RSA\)-\(AES-(128|256)-GCM\)")
        program.write("hello\n")
        program.wait_for("(?m)^hello$")


@pytest.mark.parametrize(
    ("option", "row"), [("%NO_ETM", "Encrypt-then-MAC"), ("%NO_SESSION_HASH", "Extended master secret")]
)
def test_gnutls_cli_without(server: Program, option: str, row: str) -> None:
    priority = f"{GNUTLS_RSA}:-CIPHER-ALL:+AES-128-CBC:{option}"
    for asked, wanted in ((priority, "no"), (priority.removesuffix(f":{option}"), "yes")):
        with gnutls_cli(server.port, priority=asked) as program:
            program.write(GET)
            program.wait_for(f"{row}<td>{wanted}")


@pytest.mark.parametrize("priority", [GNUTLS_RSA, f"{GNUTLS_RSA}:%NO_TICKETS"], ids=["ticket", "session ID"])
def test_gnutls_cli_resumes(server: Program, priority: str) -> None:
    result = run(
        require_program("gnutls-cli"), "--resume", "--x509cafile", ROOT_PEM, "--priority", priority,
        "--port", str(server.port), "localhost",
    )  # fmt: skip
    assert result.status == 0, result.err
    assert b"This is a resumed session" in result.out
    assert b"NOT a resumed" not in result.out
    server.wait_for("resumed")


@pytest.mark.parametrize("suite", SUITES)
def test_gnutls_serv_in_every_suite(suite: str) -> None:
    """It asks for a client certificate and goes on without."""
    iana, cipher, mac = SUITES[suite]
    with gnutls_serv(priority=f"{GNUTLS_RSA}:-CIPHER-ALL:+{cipher}:-MAC-ALL:+{mac}") as (server, port):
        result = client(port, data=b"hello\n")
        assert (result.status, result.out) == (0, b"hello\n"), result.err
        assert iana in result.err
        server.wait_for(rf"\(TLS1\.2.*\)-\(RSA\)-\({cipher}\)")


def test_a_client_certificate_at_gnutls_serv() -> None:
    with gnutls_serv("--require-client-cert", "--verify-client-cert", "--x509cafile", ROOT_PEM) as (server, port):
        result = client(port, "--cert", CLIENT_PEM, "--key", CLIENT_KEY, "--send", "it is me")
        assert (result.status, result.out) == (0, b"it is me\n"), result.err + server.output
        assert client(port, "--send", "nobody").status == 1


@pytest.mark.parametrize("no_ticket", [(), ("--no-ticket",)], ids=["ticket", "session ID"])
def test_minitls_resumes_at_gnutls_serv(tmp_path: Path, no_ticket: tuple[str, ...]) -> None:
    with gnutls_serv() as (server, port):
        told = []
        for _ in range(2):
            result = client(port, "--session", tmp_path / "session", *no_ticket, "--send", "hello")
            assert (result.status, result.out) == (0, b"hello\n"), result.err
            told.append("resumed" in result.err)
        assert told == [False, True]
        server.wait_for("This is a resumed session")


def test_alpn() -> None:
    speaking = serving("--alpn", "h2", "--alpn", "http/1.1")
    with speaking as server, gnutls_cli(server.port, "--alpn", "http/1.1") as program:
        program.write(GET)
        program.wait_for(r"Protocol \(ALPN\)<td>http/1.1")
    with gnutls_serv("--alpn", "imap") as (_, port):
        result = client(port, "--alpn", "pop3", "--alpn", "imap", "--send", "hello")
        assert (result.status, result.out) == (0, b"hello\n")
        assert "ALPN imap" in result.err


# The size of records, as it is on the wire.


def test_gnutls_cli_limits_what_it_receives(server: Program) -> None:
    """It sends record_size_limit (RFC 8449), and wants it obeyed by records before ChangeCipherSpec too."""
    with Relay(server.port) as relay, gnutls_cli(relay.port, "--recordsize", "512", priority=GCM_ONLY) as program:
        program.write(GET)
        program.wait_for("</table>")
    assert max(record_lengths(relay.down, 23)) == 512 + GCM
    assert max(record_lengths(relay.down, 22)) == 512


@pytest.mark.parametrize("limit", [512, 1000, 16384])
def test_our_server_limits_what_it_receives(limit: int) -> None:
    with serving("--record-size-limit", str(limit)) as server, Relay(server.port) as relay:
        result = run(
            require_program("gnutls-cli"), "--x509cafile", ROOT_PEM, "--priority", GCM_ONLY,
            "--port", str(relay.port), "localhost", data=b"z" * 2999 + b"\n",
        )  # fmt: skip
        assert result.status == 0, result.err
    assert max(record_lengths(relay.up, 23)) == min(limit, 3000) + GCM


@pytest.mark.parametrize("limit", [512, 1000])
def test_our_client_limits_what_it_receives(limit: int) -> None:
    data = b"w" * 3000 + b"\n"
    with gnutls_serv(priority=GCM_ONLY) as (_, port), Relay(port) as relay:
        result = client(relay.port, "--record-size-limit", str(limit), data=data)
        assert (result.status, result.out) == (0, data), result.err
    assert max(record_lengths(relay.down, 23)) == limit + GCM


def test_max_fragment_length_at_gnutls_serv() -> None:
    """GnuTLS 3.7 agrees to it and does not cut what it sends (see test_openssl.py), so it gets little to send."""
    with gnutls_serv(priority=GCM_ONLY) as (_, port):
        result = client(port, "--max-fragment-length", "4096", "--send", "hello")
        assert (result.status, result.out) == (0, b"hello\n"), result.err


def test_gnutls_serv_limits_what_it_receives() -> None:
    data = b"v" * 5000 + b"\n"
    with gnutls_serv("--recordsize", "700", priority=GCM_ONLY) as (_, port), Relay(port) as relay:
        result = client(relay.port, "--record-size-limit", "16384", data=data)
        assert (result.status, result.out) == (0, data), result.err
    assert max(record_lengths(relay.up, 23)) == 700 + GCM


def test_a_wrong_certificate_is_refused() -> None:
    with gnutls_serv() as (server, port):
        result = client(port, "--server-name", "other.example")
        assert result.status == 1
        assert re.search("other.example", result.err)
        server.wait_for("(?i)certificate is bad|bad certificate")
