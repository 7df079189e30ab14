"""`minitls pki`: a fresh PKI that works for us and for OpenSSL, with secret keys kept secret."""

from __future__ import annotations

import stat
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from minitls.cli.certs import command as certs
from minitls.cli.pki import command
from tests.peers import require_program


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    directory = tmp_path_factory.mktemp("pki") / "mine"
    result = CliRunner().invoke(command, [str(directory)])
    assert result.exit_code == 0, result.output
    return directory, result.stdout


def test_every_file_is_listed_and_every_key_is_private(made: tuple[Path, str]) -> None:
    directory, told = made
    files = sorted(directory.iterdir())
    assert len(files) == 8
    for file in files:
        (line,) = (line for line in told.splitlines() if line.startswith(str(file)))
        secret = file.suffix == ".key"
        assert ("secret" if secret else "public") in line
        assert stat.S_IMODE(file.stat().st_mode) == (0o600 if secret else 0o644)
        assert b"PUBLIC" not in file.read_bytes().splitlines()[0]


@pytest.mark.parametrize("name", ["server", "client", "root", "intermediate"])
def test_each_key_belongs_to_its_certificate(name: str, made: tuple[Path, str]) -> None:
    directory, openssl = made[0], require_program("openssl")
    questions = (
        ["pkey", "-in", str(directory / f"{name}.key"), "-pubout"],
        ["x509", "-in", str(directory / f"{name}.pem"), "-noout", "-pubkey"],
    )
    of_key, of_certificate = (
        subprocess.run([openssl, *question], capture_output=True, check=True).stdout for question in questions
    )
    assert of_key == of_certificate != b""


@pytest.mark.parametrize(("name", "purpose"), [("server", "sslserver"), ("client", "sslclient")])
def test_openssl_and_minitls_accept_the_leaves(name: str, purpose: str, made: tuple[Path, str]) -> None:
    directory = made[0]
    command = [require_program("openssl"), "verify", "-x509_strict", "-purpose", purpose]
    command += ["-CAfile", str(directory / "root.pem"), "-untrusted", str(directory / "intermediate.pem")]
    subprocess.run([*command, str(directory / f"{name}.pem")], check=True, capture_output=True)
    which = ["--host", "localhost"] if name == "server" else ["--client"]
    options = [str(directory / f"{name}.pem"), *which, "--ca", str(directory / "root.pem")]
    assert CliRunner().invoke(certs, options).exit_code == 0


def test_nothing_is_overwritten_unless_asked(made: tuple[Path, str]) -> None:
    directory = made[0]
    before = (directory / "root.pem").read_text()
    refused = CliRunner().invoke(command, [str(directory)])
    assert (refused.exit_code, "--force" in refused.stderr) == (2, True)
    assert (directory / "root.pem").read_text() == before
    assert CliRunner().invoke(command, [str(directory), "--force"]).exit_code == 0
    assert (directory / "root.pem").read_text() != before


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for wrong in (tmp_path / "file", tmp_path / "file" / "below"):
        assert CliRunner().invoke(command, [str(wrong)]).exit_code == 2
