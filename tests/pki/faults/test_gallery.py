"""Every fault of the gallery is refused by exactly its rule, its twin is accepted, and no rule is there in vain."""

from __future__ import annotations

import re
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from minitls.pki import search, verify_chain
from minitls.pki.certificate import read_certificate
from minitls.pki.demo import root_pem, text_of
from minitls.pki.faults.gallery import Examination, Fault, fault, faults
from minitls.pki.faults.recipes import Lab, ca
from minitls.pki.rules import RULES
from minitls.pki.trust import TrustStore
from minitls.pki.verdict import ANCHOR, LAST, NOT_VERIFIED, PINNED, Verdict
from tests.peers import require_program

FAULTS = faults()
ids = [each.name for each in FAULTS]

#: Rules that end the reading of a certificate: what they refuse cannot be judged any further.
UNREADABLE = {"readable", "extensions-once"}
#: Rules that the search itself keeps; their limits are lifted to turn them off, see below.
#: What stands in for a path where trust rests on no root: ../test_unrooted.py.
WITHOUT_A_PATH = {PINNED, NOT_VERIFIED}
KEPT_BY_THE_SEARCH = {"chain-length", "certificate-size", "search-budget"}
#: What the issue lists; the gallery may show more, never less.
DEMANDED = """expired, not-yet-valid, expired-intermediate, wrong-host, wildcard-too-deep, ip-as-dns-name, unknown-ca,
    self-signed, missing-intermediate, tampered-signature, impostor-ca, not-a-ca, no-key-cert-sign, path-too-long,
    not-permitted, excluded, sha1-signature, md5-signature, weak-leaf-key, weak-ca-key, v1-ca, no-san,
    unknown-critical-extension, client-auth-only, no-key-encipherment, mismatched-algorithms, forged-signature,
    duplicate-extension, revoked, name-not-utf8, name-with-nul"""


@pytest.fixture(autouse=True)
def rules_in_their_order() -> Iterator[None]:
    """A rule that a test turns off comes back at its own place: the order of the table is the order of the steps."""
    before = dict(RULES)
    yield
    RULES.clear()
    RULES.update(before)


@pytest.fixture(autouse=True)
def unremembered() -> Iterator[None]:
    search.forget()
    yield
    search.forget()


def accepts_without_the_library(verdict: Verdict) -> bool:
    """The verdict of our own steps alone."""
    own = verdict.own_steps
    return all(step.ok for step in own) and any(step.rule == ANCHOR for step in own)


def test_the_gallery_shows_what_was_demanded() -> None:
    assert set(re.split(r",\s+", DEMANDED)) <= set(ids)


@pytest.mark.parametrize("each", FAULTS, ids=ids)
def test_a_fault_is_refused_by_its_rule_alone(each: Fault) -> None:
    verdict = each.wrong.verdict()
    assert not verdict.ok
    assert {step.rule for step in verdict.failures} == {each.rule}
    assert verdict.alert == each.alert


@pytest.mark.parametrize("each", FAULTS, ids=ids)
def test_its_twin_is_accepted(each: Fault) -> None:
    verdict = each.twin.verdict()
    assert verdict.ok, verdict.sentence
    assert verdict.steps[-1].rule == LAST
    assert verdict.alert is None


def test_every_rule_has_its_exhibit() -> None:
    shown = {each.rule for each in FAULTS}
    assert set(RULES) - shown == KEPT_BY_THE_SEARCH | WITHOUT_A_PATH | {LAST}


@pytest.mark.parametrize("rule", sorted(set(RULES) - KEPT_BY_THE_SEARCH - WITHOUT_A_PATH - UNREADABLE - {ANCHOR, LAST}))
def test_without_a_rule_its_fault_slips_through(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    exhibits = [each for each in FAULTS if each.rule == rule]
    monkeypatch.delitem(RULES, rule)
    for each in exhibits:
        assert accepts_without_the_library(each.wrong.verdict()), each.name


def test_without_the_anchor_nothing_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(RULES, ANCHOR)
    assert not any(each.twin.verdict().ok for each in FAULTS)


@pytest.mark.parametrize("rule", sorted(UNREADABLE))
def test_without_the_rules_of_reading_there_is_nothing_to_tell(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (exhibit,) = (each for each in FAULTS if each.rule == rule)
    monkeypatch.delitem(RULES, rule)
    verdict = exhibit.wrong.verdict()
    with pytest.raises(KeyError, match=rule):
        assert verdict.alert


@pytest.mark.slow
def test_without_its_limit_a_long_chain_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    good = fault("expired").twin
    chain = (*good.chain, *[good.chain[1]] * search.CHAIN_LIMIT)
    refused = ask(chain, good)
    assert [step.rule for step in refused.failures] == ["chain-length"]
    search.forget()
    monkeypatch.setattr(search, "CHAIN_LIMIT", 1000)
    assert accepts_without_the_library(ask(chain, good))


def test_without_its_limit_a_large_certificate_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    lab = Lab()
    names = ("localhost", *(f"{'n' * 50}{number}.example" for number in range(1100)))
    chain = tuple(ca(names=names)(lab, "large", False))
    trust = TrustStore.of([lab.demo.root.certificate.public_bytes(Encoding.DER)])
    question = fault("expired").twin
    refused = ask(chain, question, trust)
    assert [step.rule for step in refused.failures] == ["certificate-size"]
    search.forget()
    read_certificate.cache_clear()
    monkeypatch.setattr("minitls.pki.certificate.SIZE_LIMIT", 1 << 20)
    assert accepts_without_the_library(ask(chain, question, trust))


def test_without_its_budget_the_search_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    good = fault("expired").twin
    monkeypatch.setattr(search, "EFFORT_BUDGET", 1)
    monkeypatch.setattr(search, "TELLING_BUDGET", 1)
    refused = ask(good.chain, good)
    assert not refused.ok
    assert "search-budget" in {step.rule for step in refused.failures}
    search.forget()
    monkeypatch.setattr(search, "EFFORT_BUDGET", 64)
    assert ask(good.chain, good).ok


def test_the_library_is_asked_and_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule of ours that is forgotten is caught by the library, as a broken rule like any other."""
    exhibit = fault("v1-ca")
    monkeypatch.delitem(RULES, "version")
    verdict = exhibit.wrong.verdict()
    assert [step.rule for step in verdict.failures] == [LAST]
    assert not verdict.ok
    search.forget()
    monkeypatch.setattr(search, "library_says", lambda *_: [])
    assert exhibit.wrong.verdict().ok


@pytest.mark.slow
@pytest.mark.parametrize("each", FAULTS, ids=ids)
def test_openssl_verify_agrees(each: Fault, tmp_path: Path) -> None:
    accepted = openssl_verifies(each.wrong, tmp_path)
    assert accepted == (each.openssl != "refuses it too"), each.openssl
    assert openssl_verifies(each.twin, tmp_path)


def openssl_verifies(question: Examination, directory: Path) -> bool:
    """Whether `openssl verify`, at its strictest and at security level 2, accepts the chain."""
    leaf, *rest = (ssl.DER_cert_to_PEM_cert(each) for each in question.chain)
    files = {
        "leaf": leaf.encode(),
        "rest": "".join(rest).encode(),
        "ca": root_pem() if question.ca == "demo" else text_of(question.ca),
        "crl": text_of(question.crl) if question.crl else b"",
    }
    for name, content in files.items():
        (directory / name).write_bytes(content)
    command = [require_program("openssl"), "verify", "-no-CAfile", "-no-CApath", "-x509_strict", "-auth_level", "2"]
    command += [
        "-purpose",
        "sslserver",
        "-attime",
        f"{question.time.timestamp():.0f}",
        "-CAfile",
        str(directory / "ca"),
    ]
    command += ["-verify_ip" if question.host == "127.0.0.1" else "-verify_hostname", question.host]
    command += ["-untrusted", str(directory / "rest")] if rest else []
    command += ["-crl_check", "-CRLfile", str(directory / "crl")] if question.crl else []
    return subprocess.run([*command, str(directory / "leaf")], capture_output=True, timeout=30).returncode == 0


def ask(chain: tuple[bytes, ...], question: Examination, trust: TrustStore | None = None) -> Verdict:
    """The question of an exhibit, asked of another chain."""
    return verify_chain(chain, trust=trust or TrustStore.load("demo"), now=question.time, name=question.host)


def test_a_fault_that_nobody_knows_is_told_with_those_there_are() -> None:
    with pytest.raises(KeyError, match=r"no fault is called 'nonsense'; there are .*expired"):
        fault("nonsense")
