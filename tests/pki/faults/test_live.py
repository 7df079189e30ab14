"""`minitls client` meets each fault on a real server: it tells the rule and the values, and OpenSSL hears the alert."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from minitls.pki import demo
from minitls.pki.faults.gallery import Fault, fault, faults
from minitls.pki.rules import RULES
from tests.conftest import Start
from tests.peers import LISTENING, Program, require_program, reserved_port

pytestmark = pytest.mark.slow

SHIPPED = Path(demo.__file__).parent
#: OpenSSL does not serve chains that it cannot read itself, and nobody serves TLS_RSA with an ECDSA key.
OURS_ALONE = ("duplicate-extension", "name-not-utf8")
SERVED = [each for each in faults() if each.name not in (*OURS_ALONE, "ecdsa-leaf")]


def openssl_serves(exhibit: Fault, start: Start) -> tuple[Program, int]:
    port = reserved_port()
    chain, key = SHIPPED / "gallery" / f"{exhibit.name}.pem", SHIPPED / "server.key"
    if exhibit.name == "weak-leaf-key":
        key = SHIPPED / "gallery" / "weak-leaf-key.key"
    command = [require_program("openssl"), "s_server", "-accept", f"127.0.0.1:{port}", "-tls1_2"]
    command += ["-cert", str(chain), "-cert_chain", str(chain), "-key", str(key), "-cipher", "AES128-SHA:@SECLEVEL=0"]
    return start(*command, ready="ACCEPT"), port


def client(exhibit: Fault, port: int) -> subprocess.CompletedProcess[str]:
    question = exhibit.wrong
    command = [sys.executable, "-m", "minitls", "client", f"127.0.0.1:{port}", "--send", "hello"]
    command += ["--server-name", question.host, "--time", question.time.isoformat()]
    command += ["--ca", "demo" if question.ca == "demo" else str(SHIPPED / question.ca)]
    command += ["--crl", str(SHIPPED / question.crl)] if question.crl else []
    return subprocess.run(command, capture_output=True, text=True, timeout=30)


def assert_told(exhibit: Fault, result: subprocess.CompletedProcess[str]) -> None:
    """One line with the rule's words, every value and the alert, and exit status 1."""
    broken = exhibit.wrong.verdict().failure
    assert broken is not None
    assert RULES[exhibit.rule].fails in result.stderr
    for name, value in broken.values.items():
        assert f"{name}: {value}" in result.stderr
    assert exhibit.alert.name in result.stderr
    assert result.returncode == 1


@pytest.mark.parametrize("exhibit", SERVED, ids=[each.name for each in SERVED])
def test_the_fault_is_told_and_the_alert_is_heard(exhibit: Fault, start: Start) -> None:
    server, port = openssl_serves(exhibit, start)
    assert_told(exhibit, client(exhibit, port))
    server.wait_for(rf"alert number {int(exhibit.alert)}\b")


@pytest.mark.parametrize("name", [*OURS_ALONE, "expired", "revoked", "ip-as-dns-name"])
def test_our_own_server_serves_them_too(name: str, start: Start) -> None:
    server = start(sys.executable, "-m", "minitls", "server", "--port", "0", "--fault", name, ready=LISTENING)
    exhibit = fault(name)
    assert_told(exhibit, client(exhibit, server.port))
    server.wait_for(exhibit.alert.name)
