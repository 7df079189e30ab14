"""`minitls bench`: rows with a ratio to ssl, measured by workers of their own, and a sentence when one breaks off."""

from __future__ import annotations

import re

import pytest

from minitls.benchmark import rounds
from tests.cli.typed import typed


def test_rows_beside_ssl() -> None:
    done = typed("bench", "--rounds", "1", "--measure", "full", "--measure", "trace-file")
    assert (done.status, done.stderr) == (0, "")
    head, full, traced = done.stdout.splitlines()
    assert head.split() == ["x", "ssl", "middle", "half", "minitls"]
    assert re.fullmatch(r"full handshake +\d\.\d\d +\d\.\d\d-\d\.\d\d +[\d,.]+ handshakes/s", full)
    assert re.fullmatch(r"a trace in a file adds to a handshake +-?[\d.]+ ms", traced)
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_a_worker_that_ends_is_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds.sys, "executable", "/bin/false")
    done = typed("bench", "--rounds", "1", "--measure", "full")
    assert done.status == 1
    assert done.stderr.startswith("Error: the measuring broke off: -m minitls.benchmark.worker ")
    assert "Traceback" not in done.stderr
