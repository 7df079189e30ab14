"""curl and Chromium as clients of `minitls server`: a page, with the demo root trusted."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.interop.programs import GALLERY, ROOT_PEM, SERVER_KEY, SERVER_PEM, SUITES, run, serving
from tests.peers import Program, require_program

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server() -> Iterator[Program]:
    with serving() as program:
        yield program


def curl(*options: str | Path) -> tuple[int, str, str]:
    """(exit status, page, complaints) of curl."""
    result = run(require_program("curl"), "--silent", "--show-error", "--max-time", "20", *options)
    return result.status, result.out.decode(), result.err


@pytest.mark.parametrize("suite", SUITES)
def test_curl_gets_the_page_in_every_suite(server: Program, suite: str) -> None:
    asked = ("--tls-max", "1.2", "--ciphers", suite, "--cacert", ROOT_PEM)
    status, page, complaints = curl(*asked, f"https://localhost:{server.port}/a/path?q=1&r=2")
    assert status == 0, complaints
    assert "<td>/a/path?q=1&amp;r=2" in page
    assert f"Cipher suite<td>{SUITES[suite][0]}" in page
    assert "Version<td>TLSv1.2" in page
    assert "Host named (SNI)<td>localhost" in page


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_curl_with_its_defaults(server: Program, host: str) -> None:
    """curl offers TLS 1.3 and ALPN, both of which are passed over."""
    status, page, complaints = curl("--cacert", ROOT_PEM, f"https://{host}:{server.port}/")
    assert status == 0, complaints
    assert "Version<td>TLSv1.2" in page and "Protocol (ALPN)<td>none" in page
    assert f"Host named (SNI)<td>{'none' if host == '127.0.0.1' else host}" in page


def test_curl_says_head_and_posts(server: Program) -> None:
    url = f"https://localhost:{server.port}/"
    status, head, _ = curl("--cacert", ROOT_PEM, "--head", url)
    assert status == 0
    assert head.startswith("HTTP/1.1 200 OK") and "<td>" not in head
    status, page, _ = curl("--cacert", ROOT_PEM, "--data", "x=1", url)
    assert status == 0
    assert "This page came over minitls" in page


def test_curl_over_ipv6_and_alpn() -> None:
    with serving("--host", "::1", "--alpn", "http/1.1") as server:
        status, page, complaints = curl("--cacert", ROOT_PEM, f"https://[::1]:{server.port}/")
        assert status == 0, complaints
        assert "Protocol (ALPN)<td>http/1.1" in page


def test_curl_refuses_what_is_wrong(server: Program) -> None:
    status, page, complaints = curl(f"https://localhost:{server.port}/")
    assert (status, page) == (60, "")
    assert "certificate" in complaints
    server.wait_for("unknown_ca")
    with serving("--fault", "expired") as expired:
        assert curl("--cacert", ROOT_PEM, f"https://localhost:{expired.port}/")[0] == 60
        expired.wait_for("certificate_expired")


def test_curl_at_a_virtual_host() -> None:
    default = ("--cert", SERVER_PEM, "--key", SERVER_KEY)
    with serving(*default, "--cert", GALLERY / "wrong-host.pem", "--key", SERVER_KEY) as server:
        for name in ("localhost", "other.example"):
            where = ("--resolve", f"{name}:{server.port}:127.0.0.1")
            status, page, complaints = curl("--cacert", ROOT_PEM, *where, f"https://{name}:{server.port}/")
            assert status == 0, complaints
            assert f"Host named (SNI)<td>{name}" in page


def test_plain_http_is_told_to_speak_tls(server: Program) -> None:
    status, page, complaints = curl("--include", f"http://localhost:{server.port}/")
    assert status == 0, complaints
    assert page.startswith("HTTP/1.0 400 ")
    assert page.rstrip().endswith("this port speaks TLS")
    server.wait_for("that is HTTP, not TLS")


def test_chromium_opens_a_page(server: Program, tmp_path: Path) -> None:
    """A fresh home whose certificate store trusts the demo root, and Chromium's own checks."""
    home, profile = tmp_path / "home", tmp_path / "profile"
    store = home / ".pki" / "nssdb"
    store.mkdir(parents=True)
    certutil = require_program("certutil")
    for order in (("-N", "--empty-password"), ("-A", "-t", "C,,", "-n", "demo", "-i", ROOT_PEM)):
        made = run(certutil, "-d", f"sql:{store}", *order)
        assert made.status == 0, made.err
    flags = (
        "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
        f"--disable-component-update --disable-sync --user-data-dir={profile} --dump-dom"
    )
    page = subprocess.run(
        [require_program("chromium"), *flags.split(), f"https://localhost:{server.port}/from-chromium"],
        env={**os.environ, "HOME": str(home)},
        capture_output=True,
        timeout=60,
        text=True,
    ).stdout
    assert "This page came over minitls" in page
    assert "/from-chromium" in page
    assert "TLS_RSA_WITH_AES_" in page
