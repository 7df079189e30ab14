"""NIST's certificates under our path rules: profile rfc5280, with the revocation lists that belong to them."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

import pytest

from minitls.pki import TrustStore, verify_chain
from minitls.pki.revocation import RevocationList, load_crls
from tests.pki.pkits_results import DISAGREEMENTS, TESTS

CASES = [line.split() for line in TESTS.strip().splitlines()]


@lru_cache(maxsize=1)
def folder() -> Path:
    vectors = pytest.importorskip("cryptography_vectors")
    return Path(vectors.__file__).parent / "x509" / "PKITS_data"


def certificate(name: str) -> bytes:
    return (folder() / "certs" / f"{name}.crt").read_bytes()


@lru_cache(maxsize=1)
def trust() -> TrustStore:
    return TrustStore.of([certificate("TrustAnchorRootCertificate")], "NIST")


@lru_cache(maxsize=1)
def lists() -> tuple[RevocationList, ...]:
    return tuple(each for path in sorted((folder() / "crls").iterdir()) for each in load_crls(path))


def test_the_table_covers_the_six_sections() -> None:
    sections = [test.rsplit(".", 1)[0] for test, *_ in CASES]
    assert {section: sections.count(section) for section in sections} == {
        "4.1": 6,
        "4.2": 8,
        "4.3": 11,
        "4.4": 21,
        "4.5": 8,
        "4.6": 17,
    }


@pytest.mark.parametrize(("test", "result", "path"), [(test, result, path) for test, result, *path in CASES])
def test_the_verdict_is_nists(test: str, result: str, path: list[str]) -> None:
    verdict = verify_chain(
        [certificate(name) for name in reversed(path)],
        trust=trust(),
        now=datetime(2020, 1, 1, tzinfo=UTC),
        name=None,
        profile="rfc5280",
        crls=lists(),
    )
    assert verdict.ok == (result == "ok" and test not in DISAGREEMENTS), verdict.sentence
