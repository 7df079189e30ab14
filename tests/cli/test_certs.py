"""`minitls certs`: the table on one screen, JSON, live servers, and bad input in one line."""

from __future__ import annotations

import hashlib
import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cryptography import x509

from minitls.cli.certs import command
from minitls.pki import demo
from minitls.pki.faults import issue
from minitls.pki.faults.gallery import Fault, faults
from tests.conftest import Start
from tests.interop.programs import Server
from tests.peers import LISTENING, require_program, reserved_port

SHIPPED = Path(demo.__file__).parent
CHAIN = str(SHIPPED / "server.pem")
NOW = ("--time", "2026-06-01T12:00:00Z")


def certs(*options: str) -> Result:
    return CliRunner().invoke(command, options)


def test_the_good_chain_fits_one_screen() -> None:
    result = certs(CHAIN, "--host", "localhost")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert len(lines) < 24
    assert max(map(len, lines)) <= 80
    assert lines[-1].startswith("ACCEPTED")
    assert [line.split("  ")[0] for line in lines if not line.startswith(" ") and line][:3] == [
        "minitls demo server",
        "minitls demo intermediate",
        "minitls demo root",
    ]


def test_the_digest_inside_stands_above_the_digest_of_the_certificate() -> None:
    lines = certs(CHAIN, "--host", "localhost").stdout.splitlines()
    inside = [index for index, line in enumerate(lines) if line.split()[:1] == ["inside"]]
    assert len(inside) == 2
    for index in inside:
        assert lines[index][16:] == lines[index + 1][16:]
        assert lines[index + 1].split()[0] == "sha256(TBS)"


@pytest.mark.parametrize("fault", faults(), ids=[each.name for each in faults()])
def test_a_fault_is_told_with_rule_values_section_alert_and_attack(fault: Fault) -> None:
    question = fault.wrong
    options = [str(SHIPPED / f"gallery/{fault.name}.pem"), "--host", question.host, "--time", question.time.isoformat()]
    options += ["--ca", "demo" if question.ca == "demo" else str(SHIPPED / question.ca), "--suite-key"]
    options += ["--crl", str(SHIPPED / question.crl)] if question.crl else []
    result = certs(*options)
    assert result.exit_code == 1
    assert max(map(len, result.stdout.splitlines())) <= 80
    flat = " ".join(result.stdout.split())
    broken = question.verdict().failures
    assert flat.count(" NO ") + flat.startswith("NO ") == len(broken) == 1
    (step,) = broken
    for expected in (fault.rule, step.told.section, f"{fault.alert.name} ({int(fault.alert)})", step.told.attack):
        assert " ".join(expected.split()) in flat
    for value in step.values.values():
        assert value.replace(" ", "") in flat.replace(" ", "")
    (line,) = result.stderr.splitlines()
    assert line.startswith("minitls: refused: ")
    assert fault.alert.name in line


def test_unfolded_every_step_is_there() -> None:
    told = json.loads(certs(CHAIN, "--host", "localhost", *NOW, "--json").stdout)
    assert told["ok"] is True
    lines = certs(CHAIN, "--host", "localhost", *NOW, "--all").stdout.splitlines()
    shown = [line.split()[1].rstrip(":") for line in lines if line.startswith(" ok ")]
    assert sorted(shown) == sorted(step["rule"] for step in told["steps"] if step["rule"] != "second-opinion")
    assert all(step["section"] and isinstance(step["values"], dict) for step in told["steps"])


def test_a_refusal_as_json() -> None:
    result = certs(CHAIN, "--host", "elsewhere.example", *NOW, "--json")
    told = json.loads(result.stdout)
    assert (result.exit_code, told["ok"], told["alert"]) == (1, False, "bad_certificate")
    assert [step["rule"] for step in told["steps"] if not step["ok"]] == ["name"]


def test_what_is_trusted_is_listed() -> None:
    lines = certs("--list-roots", "--ca", "demo").stdout.splitlines()
    assert lines == ["demo  until 2049-12-31  CN=minitls demo root", "1 root (demo), 0 skipped"]
    told = json.loads(certs("--list-roots", "--json").stdout)
    assert {each["source"] for each in told["roots"]} == {"demo", "mozilla"}


def test_a_skipped_root_is_listed_with_the_reason(tmp_path: Path) -> None:
    broken = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"
    (tmp_path / "ca.pem").write_text(demo.root_pem().decode() + broken)
    *_, last = certs("--list-roots", "--ca", str(tmp_path / "ca.pem")).stdout.splitlines()
    assert last.startswith(f"skipped, from {tmp_path / 'ca.pem'}: ")


def test_the_path_rules_alone_ask_for_no_name() -> None:
    assert certs(CHAIN, "--profile", "rfc5280", *NOW).exit_code == 0
    assert certs(str(SHIPPED / "client.pem"), "--client", *NOW).exit_code == 0
    assert certs(str(SHIPPED / "client.pem"), "--host", "client.example", *NOW).exit_code == 1


def test_der_is_read_too(tmp_path: Path) -> None:
    (tmp_path / "leaf.der").write_bytes(demo.server_chain()[0])
    result = certs(str(tmp_path / "leaf.der"), "--host", "localhost", *NOW)
    assert (result.exit_code, "issuer-at-hand" in result.stdout) == (1, True)


def test_live_chains_are_fetched_from_any_server(start: Start, tmp_path: Path) -> None:
    """OpenSSL speaking TLS 1.3 with ECDHE, and our own server with TLS_RSA."""
    port = reserved_port()
    key = str(SHIPPED / "server.key")
    openssl = [require_program("openssl"), "s_server", "-accept", f"127.0.0.1:{port}", "-tls1_3"]
    start(*openssl, "-cert", CHAIN, "-cert_chain", CHAIN, "-key", key, ready="ACCEPT")
    ours = start(sys.executable, "-m", "minitls", "server", "--port", "0", ready=LISTENING)
    for where in (port, ours.port):
        result = certs("--connect", f"127.0.0.1:{where}", *NOW)
        assert result.exit_code == 0, result.output
        assert "it is 127.0.0.1" in result.stdout


def wrong_inputs(directory: Path) -> dict[str, list[str]]:
    (directory / "empty.pem").write_bytes(b"")
    (directory / "text.pem").write_text("hello")
    (directory / "large.pem").write_bytes(bytes(10_000_000))
    (directory / "broken.pem").write_text("-----BEGIN CERTIFICATE-----\nA\n-----END CERTIFICATE-----\n")
    named = ["--host", "localhost"]
    return {
        "cannot be read: No such file": [str(directory / "nowhere.pem"), *named],
        "cannot be read: Is a directory": [str(directory), *named],
        "empty.pem: there is no certificate": [str(directory / "empty.pem"), *named],
        "text.pem: there is no certificate": [str(directory / "text.pem"), *named],
        "more than 1,048,576 bytes": [str(directory / "large.pem"), *named],
        "a PEM block cannot be read": [str(directory / "broken.pem"), *named],
        "is no ISO 8601 time": [CHAIN, *named, "--time", "yesterday"],
        "Give a file with a chain": [],
        "is not HOST:PORT": ["--connect", "localhost"],
        "Invalid value for --ca": [CHAIN, *named, "--ca", str(directory / "text.pem")],
        "Invalid value for --crl": [CHAIN, *named, "--crl", str(directory / "text.pem")],
        "not one of 'web', 'rfc5280'": [CHAIN, *named, "--profile", "x509"],
    }


def test_wrong_usage_is_told_and_status_2(tmp_path: Path) -> None:
    for expected, options in wrong_inputs(tmp_path).items():
        result = certs(*options)
        assert result.exit_code == 2, options
        assert expected in " ".join(result.stderr.split()), options


def test_a_server_that_is_not_there_or_speaks_no_tls(start: Start) -> None:
    result = certs("--connect", f"127.0.0.1:{reserved_port()}")
    assert (result.exit_code, "connection refused" in result.stderr) == (1, True)
    http = start(sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1", ready=r"port (?P<port>\d+)")
    result = certs("--connect", f"127.0.0.1:{http.port}")
    assert (result.exit_code, "does not speak TLS: it answered in HTTP" in result.stderr) == (1, True)


def test_control_characters_of_a_certificate_do_not_reach_the_terminal(tmp_path: Path) -> None:
    plan = issue.server_plan("\x1b[31mred\x07", "localhost")
    (tmp_path / "evil.pem").write_text(issue.certificate_pem(issue.hold(plan).certificate))
    result = certs(str(tmp_path / "evil.pem"), "--host", "localhost")
    assert "\x1b" not in result.output
    assert "\\x1b[31mred" in result.stdout


def test_the_command_as_it_is_installed() -> None:
    program = [sys.executable, "-m", "minitls", "certs", CHAIN, "--host", "wrong.example", *NOW]
    run = subprocess.run(program, capture_output=True, text=True, timeout=60)
    assert run.returncode == 1
    assert "it is not the name we dialled" in run.stderr


# A file without a question: shown, not judged.


def test_without_a_host_the_chain_is_shown(tmp_path: Path) -> None:
    result = certs(CHAIN, *NOW)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert [line.split()[0] for line in lines if line and not line.startswith(" ")] == ["1", "2"]
    told = " ".join(result.stdout.split())
    for each in ("names localhost, 127.0.0.1, ::1", "CN=minitls demo intermediate: number 2", "trusted here"):
        assert each in told
    assert "nothing was judged" in result.stderr and "--host localhost" in result.stderr


def test_what_is_odd_about_a_chain_is_seen_without_judging(tmp_path: Path) -> None:
    leaf, between = demo.server_chain()
    pem = [issue.certificate_pem(x509.load_der_x509_certificate(each)) for each in (between, leaf)]
    (tmp_path / "turned.pem").write_text(
        "".join(pem) + "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"
    )
    told = json.loads(certs(str(tmp_path / "turned.pem"), "--time", "2050-01-02", "--json").stdout)
    assert [each["role"] for each in told] == ["CA", "leaf", "?"]
    assert told[1]["issuer"].endswith("number 1, which should come next")
    assert told[1]["valid"].endswith("expired 1 day ago")
    assert told[1]["sha256"] == hashlib.sha256(leaf).hexdigest()
    alone = json.loads(certs(str(SHIPPED / "gallery/unknown-ca.pem"), *NOW, "--json", "--ca", "demo").stdout)
    assert alone[-1]["issuer"].endswith(("neither here nor trusted", "itself"))


# Ports that speak no TLS.


@pytest.mark.parametrize(
    ("says", "told"),
    [
        (b"220 mail.example ESMTP\r\n", ("SMTP", "465")),
        (b"SSH-2.0-OpenSSH_9.2\r\n", ("SSH",)),
        (b"", ("without a word", "STARTTLS")),
        (b"\x15\x03\x03\x00\x02\x02\x28", ("sent no chain", "handshake failure")),
    ],
)
def test_a_port_without_tls_is_named_with_what_helps(says: bytes, told: tuple[str, ...]) -> None:
    def serve(sock: socket.socket) -> None:
        sock.recv(4096)
        sock.sendall(says)

    with Server(serve) as server:
        result = certs("--connect", f"127.0.0.1:{server.port}")
    assert result.exit_code == 1
    for each in told:
        assert each in result.stderr
