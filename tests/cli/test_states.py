"""`minitls states`: three drawings of one table, each accepted by the program that it is for."""

from __future__ import annotations

import html
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.interop.programs import minitls, run
from tests.peers import require_program

#: RFC 5246 figures 1 and 2, restricted to TLS_RSA, with RFC 5077 figure 1: what leads where, written by hand.
CLIENT = {
    ("START", "", "WAIT_SERVER_HELLO"),
    ("WAIT_SERVER_HELLO", "ServerHello", "WAIT_CERTIFICATE"),
    ("WAIT_SERVER_HELLO", "ServerHello", "WAIT_NEW_SESSION_TICKET"),
    ("WAIT_SERVER_HELLO", "ServerHello", "WAIT_CHANGE_CIPHER_SPEC"),
    ("WAIT_CERTIFICATE", "Certificate", "WAIT_CERTIFICATE_REQUEST"),
    ("WAIT_CERTIFICATE_REQUEST", "CertificateRequest", "WAIT_SERVER_HELLO_DONE"),
    ("WAIT_CERTIFICATE_REQUEST", "ServerHelloDone", "WAIT_NEW_SESSION_TICKET"),
    ("WAIT_CERTIFICATE_REQUEST", "ServerHelloDone", "WAIT_CHANGE_CIPHER_SPEC"),
    ("WAIT_SERVER_HELLO_DONE", "ServerHelloDone", "WAIT_NEW_SESSION_TICKET"),
    ("WAIT_SERVER_HELLO_DONE", "ServerHelloDone", "WAIT_CHANGE_CIPHER_SPEC"),
    ("WAIT_NEW_SESSION_TICKET", "NewSessionTicket", "WAIT_CHANGE_CIPHER_SPEC"),
    ("WAIT_CHANGE_CIPHER_SPEC", "ChangeCipherSpec", "WAIT_FINISHED"),
    ("WAIT_FINISHED", "Finished", "CONNECTED"),
}
SERVER = {
    ("START", "", "WAIT_CLIENT_HELLO"),
    ("WAIT_CLIENT_HELLO", "ClientHello", "WAIT_CLIENT_CERTIFICATE"),
    ("WAIT_CLIENT_HELLO", "ClientHello", "WAIT_CLIENT_KEY_EXCHANGE"),
    ("WAIT_CLIENT_HELLO", "ClientHello", "WAIT_CHANGE_CIPHER_SPEC"),
    ("WAIT_CLIENT_CERTIFICATE", "Certificate", "WAIT_CLIENT_KEY_EXCHANGE"),
    ("WAIT_CLIENT_KEY_EXCHANGE", "ClientKeyExchange", "WAIT_CERTIFICATE_VERIFY"),
    ("WAIT_CLIENT_KEY_EXCHANGE", "ClientKeyExchange", "WAIT_CHANGE_CIPHER_SPEC"),
    ("WAIT_CERTIFICATE_VERIFY", "CertificateVerify", "WAIT_CHANGE_CIPHER_SPEC"),
    ("WAIT_CHANGE_CIPHER_SPEC", "ChangeCipherSpec", "WAIT_FINISHED"),
    ("WAIT_FINISHED", "Finished", "CONNECTED"),
}
SIDES = {"client": CLIENT, "server": SERVER}


def drawn(*arguments: str) -> str:
    result = minitls("states", *arguments)
    assert (result.status, result.err) == (0, "")
    return result.out.decode()


@pytest.mark.parametrize("side", SIDES)
def test_the_text_says_every_move(side: str) -> None:
    moves, state, message = set(), "", ""
    for line in drawn(side).splitlines():
        if match := re.match(r"  ([A-Z_]*) +([A-Za-z ]*?) +-> ([A-Z_]+)$", line):
            state, message = match[1] or state, match[2] or message
            moves.add((state, "" if state == "START" else message, match[3]))
    assert moves == SIDES[side]


def test_the_text_fits_and_has_no_colour_in_a_pipe() -> None:
    text = drawn()
    assert max(map(len, text.splitlines())) <= 80
    assert "\x1b" not in text


@pytest.mark.parametrize("side", SIDES)
def test_graphviz_draws_every_move(side: str) -> None:
    result = run(require_program("dot"), "-Tplain", data=drawn(side, "--format", "dot").encode())
    assert (result.status, result.err) == (0, "")
    edges = re.findall(rf'^edge "?{side}_(\w+)"? "?{side}_(\w+)"? (\d+) (.*)$', result.out.decode(), re.MULTILINE)
    moves = set()
    for origin, target, points, rest in edges:
        label = rest.split()[2 * int(points)]
        moves.add((origin, "" if label == "solid" else label, target))
    assert moves == SIDES[side]


def test_graphviz_draws_both_sides() -> None:
    result = run(require_program("dot"), "-Tsvg", data=drawn("--format", "dot").encode())
    assert (result.status, result.err) == (0, "")
    assert result.out.count(b'class="edge"') == len(CLIENT) + len(SERVER)


@pytest.fixture(scope="module")
def mermaid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The npm package mermaid, for a browser."""
    folder = tmp_path_factory.mktemp("mermaid")
    npm = shutil.which("npm") or pytest.skip("npm is not installed")
    quiet = ("--silent", "--no-audit", "--no-fund", "--ignore-scripts")
    installed = run(npm, "install", *quiet, "--prefix", folder, "mermaid@11", timeout=120)
    script = folder / "node_modules" / "mermaid" / "dist" / "mermaid.min.js"
    if installed.status or not script.exists():
        # No peer, but a second way to draw what graphviz draws above: without its registry there is nothing to test.
        pytest.skip("npm cannot install mermaid")
    return script


@pytest.mark.slow
@pytest.mark.parametrize("sides", [("client",), ("server",), ()], ids=["client", "server", "both"])
def test_mermaid_draws_every_state(mermaid: Path, tmp_path: Path, sides: tuple[str, ...]) -> None:
    page = tmp_path / "page.html"
    page.write_text(
        f'<!doctype html><pre class="mermaid">{html.escape(drawn(*sides, "--format", "mermaid"))}</pre>'
        f'<script src="{mermaid.as_uri()}"></script><script>mermaid.initialize({{startOnLoad: true}})</script>'
    )
    browser = require_program("chromium")
    flags = ("--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}")
    shown = subprocess.run(
        [browser, *flags, "--virtual-time-budget=20000", "--dump-dom", page.as_uri()],
        capture_output=True, text=True, timeout=60,
    ).stdout  # fmt: skip
    assert "Syntax error" not in shown
    text = re.sub(r"<style.*?</style>", "", shown[shown.index("<svg") :], flags=re.DOTALL)
    for side in sides or SIDES:
        for origin, message, target in SIDES[side]:
            assert target in text and message in text
            assert origin in text or origin == "START"
