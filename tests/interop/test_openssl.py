"""minitls and OpenSSL's command line, each as client and as server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.interop.programs import (
    GALLERY,
    ROOT_PEM,
    SERVER_KEY,
    SUITES,
    Relay,
    client,
    record_lengths,
    run,
    s_client,
    s_server,
    serving,
)
from tests.peers import Program, require_program

pytestmark = pytest.mark.slow

#: minitls's wish for alerts that OpenSSL's s_server must report, by number (RFC 5246 section 7.2).
ALERTS = {
    "unknown_ca": "SSL alert number 48",
    "bad_certificate": "SSL alert number 42",
    "certificate_expired": "SSL alert number 45",
    "unsupported_certificate": "SSL alert number 43",
}


@pytest.fixture(scope="module")
def server() -> Iterator[Program]:
    """One `minitls server` for all tests that need no option of it."""
    with serving() as program:
        yield program


def says_back(program: Program, text: str = "hello, world") -> None:
    """What is typed comes back."""
    program.write(text + "\n")
    program.wait_for(f"(?m)^{text}$")


@pytest.mark.parametrize("suite", SUITES)
def test_s_client_in_every_suite(server: Program, suite: str) -> None:
    with s_client(server.port, "-tls1_2", "-cipher", suite) as program:
        program.wait_for(rf"Protocol version: TLSv1.2\nCiphersuite: {suite}\n")
        says_back(program)
        program.close_input()
        assert program.wait() == 0
    server.wait_for(SUITES[suite][0])


@pytest.mark.parametrize("suite", SUITES)
def test_s_server_in_every_suite(suite: str) -> None:
    with s_server("-rev", "-cipher", suite) as server:
        for name in (suite, SUITES[suite][0]):
            result = client(server.port, "--suite", name, data=b"drawer\nstressed\n")
            assert (result.status, result.out) == (0, b"reward\ndesserts\n"), result.err
            assert f"TLSv1.2, {SUITES[suite][0]}, localhost" in result.err


def test_a_client_that_could_do_tls_1_3(server: Program) -> None:
    with s_client(server.port) as program:
        program.wait_for("Protocol version: TLSv1.2\nCiphersuite: AES")
        says_back(program)


def test_data_after_close_notify_is_discarded_and_said_so(server: Program) -> None:
    """s_client closes at the end of input without waiting for an answer; RFC 5246 section 7.2.1."""
    command = (require_program("openssl"), "s_client", "-tls1_2", "-connect", f"localhost:{server.port}")
    assert run(*command, data=b"gone\n").status == 0
    with s_client(server.port) as program:
        says_back(program)
    assert "Traceback" not in server.output


@pytest.mark.parametrize("ems", [(), ("--no-ems",)], ids=["EMS", "no EMS"])
@pytest.mark.parametrize("etm", [(), ("--no-etm",)], ids=["EtM", "no EtM"])
def test_extended_master_secret_and_encrypt_then_mac(ems: tuple[str, ...], etm: tuple[str, ...]) -> None:
    request = b"GET /here HTTP/1.0\r\n\r\n"
    with serving(*ems, *etm) as server, s_client(server.port, "-tls1_2", "-cipher", "AES128-SHA") as program:
        program.write(request.decode())
        page = program.wait_for("Extended master secret<td>(yes|no).*Encrypt-then-MAC<td>(yes|no)")
        assert page.groups() == ("no" if ems else "yes", "no" if etm else "yes")
    with s_server("-www", "-cipher", "AES128-SHA") as openssl:
        result = client(openssl.port, *ems, *etm, data=request)
        assert result.status == 0, result.err
        wanted = b"no" if ems else b"yes"
        assert b"Extended master secret: " + wanted in result.out


def test_a_peer_without_encrypt_then_mac(server: Program) -> None:
    with s_client(server.port, "-tls1_2", "-cipher", "AES256-SHA", "-no_etm") as program:
        program.write("GET / HTTP/1.0\r\n\r\n")
        page = program.wait_for("Extended master secret<td>(yes|no).*Encrypt-then-MAC<td>(yes|no)")
        assert page.groups() == ("yes", "no")
    with s_server("-rev", "-no_etm", "-cipher", "AES256-SHA") as openssl:
        assert client(openssl.port, "--send", "live").out == b"evil\n"


@pytest.mark.parametrize(
    ("chain", "options", "alert", "reason"),
    [
        ("gallery/unknown-ca.pem", (), "unknown_ca", "issuer|root|trust"),
        ("server.pem", ("--ca", GALLERY / "other.pem"), "unknown_ca", "issuer|root|trust"),
        ("server.pem", ("--server-name", "other.example"), "bad_certificate", "other.example"),
        ("gallery/expired.pem", (), "certificate_expired", "expired"),
        ("gallery/no-key-encipherment.pem", (), "unsupported_certificate", "keyEncipherment"),
    ],
)
def test_a_certificate_is_refused(chain: str, options: tuple[str | Path, ...], alert: str, reason: str) -> None:
    with s_server(cert=GALLERY.parent / chain) as server:
        result = client(server.port, "--send", "secret", *options, ca=None if "--ca" in options else ROOT_PEM)
        assert result.status == 1
        assert result.out == b""
        assert re.search(reason, result.err), result.err
        assert f"alert sent: {alert}" in result.err
        assert "Traceback" not in result.err
        server.wait_for(ALERTS[alert])
        assert "secret" not in server.output


def test_without_options_the_built_in_list_judges() -> None:
    with s_server("-rev") as server:
        result = client(server.port, "--send", "live", ca=None)
        assert (result.status, result.out) == (0, b"evil\n"), result.err


# Resumption.


@pytest.mark.parametrize("no_ticket", [(), ("-no_ticket",)], ids=["ticket", "session ID"])
def test_s_client_resumes(server: Program, tmp_path: Path, no_ticket: tuple[str, ...]) -> None:
    session = tmp_path / "session.pem"
    with s_client(server.port, "-tls1_2", "-sess_out", session, *no_ticket) as program:
        says_back(program)
        program.close_input()
        assert program.wait() == 0
    kept = run("openssl", "sess_id", "-in", session, "-noout", "-text").out
    assert (b"TLS session ticket:" in kept) == (not no_ticket)
    with s_client(server.port, "-tls1_2", "-sess_in", session, *no_ticket) as program:
        program.write("GET / HTTP/1.0\r\n\r\n")
        program.wait_for("Session<td>taken up again")


@pytest.mark.parametrize("no_ticket", [(), ("-no_ticket",)], ids=["ticket", "session ID"])
def test_s_client_reconnects_five_times(server: Program, no_ticket: tuple[str, ...]) -> None:
    result = run(
        require_program("openssl"), "s_client", "-tls1_2", "-connect", f"localhost:{server.port}",
        "-CAfile", ROOT_PEM, "-verify_return_error", "-reconnect", *no_ticket,
    )  # fmt: skip
    assert result.status == 0, result.err
    assert (result.out.count(b"New, "), result.out.count(b"Reused, ")) == (1, 5)


@pytest.mark.parametrize("no_ticket", [(), ("--no-ticket",)], ids=["ticket", "session ID"])
def test_minitls_resumes_at_s_server(tmp_path: Path, no_ticket: tuple[str, ...]) -> None:
    session = tmp_path / "session"
    with s_server("-www") as server:
        told = []
        for _ in range(3):
            result = client(server.port, *no_ticket, "--session", session, data=b"GET / HTTP/1.0\r\n\r\n")
            assert result.status == 0, result.err
            told.append(("resumed" in result.err, re.search(rb"(?m)^(New|Reused), ", result.out)[1]))  # type: ignore[index]  # A page without the line fails the test.
        assert told == [(False, b"New"), (True, b"Reused"), (True, b"Reused")]
    assert session.stat().st_mode & 0o777 == 0o600


def test_a_ticket_of_another_server_means_a_full_handshake(server: Program, tmp_path: Path) -> None:
    session = tmp_path / "session.pem"
    with serving() as other, s_client(other.port, "-tls1_2", "-sess_out", session) as program:
        says_back(program)
        program.close_input()
        program.wait()
    with s_client(server.port, "-tls1_2", "-sess_in", session) as program:
        program.write("GET / HTTP/1.0\r\n\r\n")
        program.wait_for("Session<td>new")


# Extensions.


def test_alpn(server: Program) -> None:
    with serving("--alpn", "h2", "--alpn", "http/1.1") as speaking:
        with s_client(speaking.port, "-tls1_2", "-alpn", "http/1.1,h2") as program:
            program.write("GET / HTTP/1.0\r\n\r\n")
            program.wait_for(r"Protocol \(ALPN\)<td>h2")
        with s_client(speaking.port, "-tls1_2", "-alpn", "imap", ready="SSL alert number 120"):
            speaking.wait_for("no_application_protocol")
    with s_server("-rev", "-alpn", "imap,pop3") as openssl:
        result = client(openssl.port, "--alpn", "pop3", "--alpn", "imap", "--send", "live")
        assert (result.status, result.out) == (0, b"evil\n")
        assert "ALPN imap" in result.err


def test_virtual_hosts(tmp_path: Path) -> None:
    other = ("--cert", GALLERY / "wrong-host.pem", "--key", SERVER_KEY)
    names = run("openssl", "x509", "-in", GALLERY / "wrong-host.pem", "-noout", "-ext", "subjectAltName").out.decode()
    name = re.search(r"DNS:(\S+?)(,|\s)", names)
    assert name
    default = ("--cert", GALLERY.parent / "server.pem", "--key", SERVER_KEY)
    shown = ("-verify_hostname", name[1], "-servername", name[1])
    with serving(*default, *other) as server:
        with s_client(server.port, "-tls1_2", *shown) as program:
            says_back(program)
        with s_client(server.port, "-tls1_2", "-servername", "localhost") as program:
            says_back(program)
        with s_client(server.port, "-tls1_2", "-noservername") as program:
            says_back(program)
        with s_client(server.port, "-tls1_2", "-servername", "nobody.example") as program:
            says_back(program)
    with serving(*default, *other, "--strict-sni") as strict:
        with s_client(strict.port, "-tls1_2", "-servername", "nobody.example", ready="SSL alert number 112"):
            strict.wait_for("nobody.example.*unrecognized_name")
        with s_client(strict.port, "-tls1_2", *shown) as program:
            says_back(program)


def test_a_stapled_response(tmp_path: Path) -> None:
    """Any bytes will do: OpenSSL shows what was stapled, or says that it cannot be read."""
    response = tmp_path / "response.der"
    request = tmp_path / "request.der"
    chain = GALLERY.parent / "server.pem"
    asked = ("-issuer", GALLERY.parent / "intermediate.pem", "-cert", chain, "-no_nonce", "-reqout", request)
    assert run(require_program("openssl"), "ocsp", *asked).status == 0
    index = tmp_path / "index.txt"
    index.write_text("")
    signer = tmp_path / "signer"
    for kind in ("pem", "key"):
        signer.with_suffix(f".{kind}").write_bytes((GALLERY.parent / f"server.{kind}").read_bytes())
    answered = run(
        "openssl", "ocsp", "-index", index, "-reqin", request, "-respout", response,
        "-CA", GALLERY.parent / "intermediate.pem",
        "-rsigner", signer.with_suffix(".pem"), "-rkey", signer.with_suffix(".key"),
    )  # fmt: skip
    assert answered.status == 0, answered.err
    with serving("--staple", response) as server:
        told = run(
            "openssl", "s_client", "-tls1_2", "-status", "-connect", f"localhost:{server.port}", "-CAfile", ROOT_PEM
        )
        assert b"OCSP Response Status: successful (0x0)" in told.out
        plain = run("openssl", "s_client", "-tls1_2", "-connect", f"localhost:{server.port}", "-CAfile", ROOT_PEM)
        assert (plain.status, b"OCSP Response" in plain.out) == (0, False)
    with serving() as server:
        told = run("openssl", "s_client", "-tls1_2", "-status", "-connect", f"localhost:{server.port}")
        assert b"OCSP response: no response sent" in told.out


@pytest.mark.parametrize("limit", [512, 1024, 2048, 4096])
def test_max_fragment_length_from_s_client(server: Program, limit: int) -> None:
    text = "x" * 6000
    asked = ("-tls1_2", "-cipher", "AES128-GCM-SHA256", "-maxfraglen", str(limit))
    with Relay(server.port) as relay, s_client(relay.port, *asked) as program:
        says_back(program, text)
    # A GCM record carries 8 bytes of nonce and 16 of tag beside the plaintext (RFC 5288).
    lengths = record_lengths(relay.down, 23)
    assert max(lengths) == limit + 24
    assert sum(length - 24 for length in lengths) == len(text) + 1


@pytest.mark.parametrize("limit", [512, 4096])
def test_max_fragment_length_at_s_server(limit: int) -> None:
    text = b"x" * 5999 + b"y\n"
    with s_server("-rev", "-cipher", "AES128-GCM-SHA256") as server, Relay(server.port) as relay:
        result = client(relay.port, "--max-fragment-length", str(limit), data=text)
        assert (result.status, result.out) == (0, b"y" + b"x" * 5999 + b"\n"), result.err
    assert max(record_lengths(relay.up, 23)) == max(record_lengths(relay.down, 23)) == limit + 24


# Client certificates.


@pytest.fixture(scope="module")
def client_pki(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CA for clients and one certificate a kind of key, all made by OpenSSL."""
    folder = tmp_path_factory.mktemp("clients")
    openssl = require_program("openssl")
    kinds = {
        "rsa": ("rsa", "-pkeyopt", "rsa_keygen_bits:2048"),
        "ecdsa": ("EC", "-pkeyopt", "ec_paramgen_curve:P-256"),
        "ed25519": ("ed25519",),
    }
    for name, kind in {"ca": kinds["ecdsa"], **kinds}.items():
        made = run(openssl, "genpkey", "-algorithm", *kind, "-out", folder / f"{name}.key")
        assert made.status == 0, made.err
    signed = run(
        openssl, "req", "-x509", "-new", "-key", folder / "ca.key", "-subj", "/CN=clients", "-out", folder / "ca.pem",
        "-days", "30", "-addext", "keyUsage=critical,keyCertSign",
    )  # fmt: skip
    assert signed.status == 0, signed.err
    extensions = folder / "extensions"
    extensions.write_text("extendedKeyUsage=clientAuth\nkeyUsage=critical,digitalSignature\n"
                          "subjectAltName=DNS:me.example\nauthorityKeyIdentifier=keyid\n")  # fmt: skip
    for name in kinds:
        wish, made_pem = folder / f"{name}.csr", folder / f"{name}.pem"
        asked = run(openssl, "req", "-new", "-key", folder / f"{name}.key", "-subj", f"/CN={name}", "-out", wish)
        assert asked.status == 0, asked.err
        signed = run(
            openssl, "x509", "-req", "-in", wish, "-CA", folder / "ca.pem", "-CAkey", folder / "ca.key", "-days", "20",
            "-extfile", extensions, "-out", made_pem,
        )  # fmt: skip
        assert signed.status == 0, signed.err
    return folder


#: Key, OpenSSL's name of the scheme, and what s_server calls the kind of signature it has seen.
SIGNATURES = [
    ("rsa", "RSA+SHA256", "RSA"),
    ("rsa", "RSA+SHA512", "RSA"),
    ("rsa", "RSA-PSS+SHA256", "RSA-PSS"),
    ("rsa", "RSA-PSS+SHA384", "RSA-PSS"),
    ("ecdsa", "ECDSA+SHA256", "ECDSA"),
    ("ed25519", "ed25519", "ed25519"),
]


@pytest.fixture(scope="module")
def requiring(client_pki: Path) -> Iterator[Program]:
    with serving("--client-ca", client_pki / "ca.pem", "--require") as program:
        yield program


@pytest.mark.parametrize(("kind", "algorithm", "told"), SIGNATURES, ids=[row[1] for row in SIGNATURES])
def test_client_certificates_from_s_client(
    requiring: Program, client_pki: Path, kind: str, algorithm: str, told: str
) -> None:
    # OpenSSL counts an RSA suite as possible only while some RSA signature is.
    accepted = algorithm if kind == "rsa" else f"{algorithm}:RSA+SHA256"
    shown = ("-cert", client_pki / f"{kind}.pem", "-key", client_pki / f"{kind}.key", "-sigalgs", accepted)
    with s_client(requiring.port, "-tls1_2", *shown, "-cipher", "AES128-SHA") as program:
        program.write("GET / HTTP/1.0\r\n\r\n")
        program.wait_for("Your certificate<td>1 shown")


@pytest.mark.parametrize(("kind", "algorithm", "told"), SIGNATURES, ids=[row[1] for row in SIGNATURES])
def test_client_certificates_at_s_server(client_pki: Path, kind: str, algorithm: str, told: str) -> None:
    asking = ("-Verify", "2", "-verify_return_error", "-CAfile", client_pki / "ca.pem", "-client_sigalgs", algorithm)
    with s_server(*asking) as server:
        shown = ("--cert", client_pki / f"{kind}.pem", "--key", client_pki / f"{kind}.key")
        result = client(server.port, *shown, "--send", "it is me")
        assert result.status == 0, result.err
        server.wait_for(rf"subject=CN = {kind}\n")
        server.wait_for(f"Peer signature type: {told}\n")
        server.wait_for("it is me\n")


def test_no_client_certificate_where_one_is_required(requiring: Program) -> None:
    with s_client(requiring.port, "-tls1_2", ready="SSL alert number 40"):
        requiring.wait_for("handshake_failure")


def test_a_client_certificate_of_a_stranger(requiring: Program) -> None:
    shown = ("-cert", GALLERY.parent / "client.pem", "-key", GALLERY.parent / "client.key")
    with s_client(requiring.port, "-tls1_2", *shown, ready="SSL alert number 48"):
        requiring.wait_for("unknown_ca")


def test_a_client_certificate_that_is_only_wished_for(client_pki: Path) -> None:
    with serving("--client-ca", client_pki / "ca.pem") as server, s_client(server.port, "-tls1_2") as program:
        program.write("GET / HTTP/1.0\r\n\r\n")
        program.wait_for("Your certificate<td>none")
    with s_server("-rev", "-verify", "2", "-CAfile", client_pki / "ca.pem") as openssl:
        assert client(openssl.port, "--send", "live").out == b"evil\n"
    with s_server("-Verify", "2", "-CAfile", client_pki / "ca.pem") as openssl:
        result = client(openssl.port, "--send", "live")
        assert result.status == 1
        assert "handshake_failure" in result.err
