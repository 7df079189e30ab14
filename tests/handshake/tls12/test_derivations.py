"""The declared derivations: each is what published numbers say, is named in one place, and hangs together."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from minitls import prose
from minitls.crypto.prf import PRF
from minitls.crypto.suites import suite_named
from minitls.handshake.derivation import FromDerivation
from minitls.handshake.tls12 import derivations
from minitls.handshake.tls12.derivations import (
    DERIVATIONS,
    EXTENDED_MASTER_SECRET,
    KEY_BLOCK,
    MASTER_SECRET,
    VERIFY_DATA,
    declared,
)
from tests.peers import ROOT

NAMES = sorted({row.name for row in DERIVATIONS})


def cases(file: str) -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = json.loads((ROOT / "vectors" / file).read_bytes())["cases"]
    return cases


def unhex(given: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: bytes.fromhex(given[name]) for name in names}


def test_the_name_of_a_derived_value_is_spelled_out_in_one_module() -> None:
    """Another module that wants it takes it from the row, so that a value is renamed, or added, in one place."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in (ROOT / "minitls").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and node.value in NAMES:
                found[node.value].add(path.relative_to(ROOT).as_posix())
    # verify_data and its sender make a name together, so those two are nowhere spelled out.
    composed = {row.name for row in VERIFY_DATA.values()}
    assert found == {name: {"minitls/handshake/tls12/derivations.py"} for name in NAMES if name not in composed}


def test_every_row_has_its_words_and_every_word_its_row() -> None:
    assert set(prose.rows("derivations")) == set(NAMES)


@pytest.mark.parametrize("row", DERIVATIONS, ids=lambda row: row.formula)
def test_what_a_row_is_made_of_is_declared(row: derivations.Derivation) -> None:
    assert all(source.name in NAMES for source in row.sources.values() if isinstance(source, FromDerivation))
    assert {*row.arguments, *([row.keyed_by] if row.keyed_by else [])} <= row.sources.keys()
    assert row.function is not None or not row.arguments
    assert declared(row.name, row.inputs) is row


@pytest.mark.parametrize("case", cases("03-master-secret.json"), ids=lambda case: case["id"])
def test_master_secrets_are_the_published_ones(case: dict[str, Any]) -> None:
    given = case["given"]
    if "client_random" in given:
        values = unhex(given, "pre_master_secret", "client_random", "server_random")
        assert MASTER_SECRET.compute({"hash": given["hash"], **values}).hex() == case["expect"]["master_secret"]
    else:
        hashed = {"session_hash": given.get("session_hash") or case["expect"]["session_hash"]}
        values = unhex(given, "pre_master_secret") | unhex(hashed, "session_hash")
        computed = EXTENDED_MASTER_SECRET.compute({"hash": given["hash"], **values})
        assert computed.hex() == case["expect"]["master_secret"]


@pytest.mark.parametrize(
    "case", [case for case in cases("04-key-block.json") if "suite" in case["given"]], ids=lambda case: case["id"]
)
def test_key_blocks_and_their_slices_are_the_published_ones(case: dict[str, Any]) -> None:
    given, suite = case["given"], suite_named(case["given"]["suite"])
    values = unhex(given, "master_secret", "client_random", "server_random")
    values |= {"hash": suite.prf_hash, "suite": suite}
    block = KEY_BLOCK.compute(values)
    assert block.hex() == case["expect"]["key_block"]
    assert KEY_BLOCK.slices is not None
    at = 0
    for name, length in KEY_BLOCK.slices(values, block):
        assert block[at : at + length].hex() == case["expect"][name]
        at += length
    assert at == len(block)


@pytest.mark.parametrize("case", cases("05-finished.json"), ids=lambda case: case["id"])
def test_verify_data_is_the_published_one_however_the_secret_comes(case: dict[str, Any]) -> None:
    given, suite = case["given"], suite_named(case["given"]["suite"])
    master = bytes.fromhex(given["master_secret"])
    row = VERIFY_DATA[given["sender"]]
    for secret in (master, PRF(suite.prf_hash, master)):
        handshake_hash = bytes.fromhex(case["expect"]["handshake_hash"])
        values = {"hash": suite.prf_hash, "master_secret": secret, "handshake_hash": handshake_hash}
        assert row.compute(values).hex() == case["expect"]["verify_data"]


def test_a_suite_whose_key_exchange_does_not_exist_is_refused_at_import(tmp_path: Path) -> None:
    """The row alone used to make a connection that used RSA under the code of an ECDHE suite."""
    shutil.copytree(ROOT / "minitls", tmp_path / "minitls", ignore=shutil.ignore_patterns("__pycache__", "vectors"))
    suites = tmp_path / "minitls" / "crypto" / "suites.py"
    row = "_gcm(0xC02F, 'TLS_ECDHE_RSA_X', 'ECDHE-RSA-X', 16, 'sha256')._replace(key_exchange='ECDHE'),"
    text = suites.read_text(encoding="utf-8")
    first = "SUITES: tuple[Suite, ...] = (\n"
    assert first in text
    suites.write_text(text.replace(first, f"{first}    {row}\n"), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", "import minitls.connection"], capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 1
    assert "TLS_ECDHE_RSA_X names the key exchange 'ECDHE'; there is RSA" in done.stderr
