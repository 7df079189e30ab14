"""Every fault of the gallery is told with what was seen, what was allowed and what to do: more than others tell of it.

What must be in the words is written down here by hand, for each fault; nothing is taken from the prose.
"""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from minitls.pki import TrustStore, Verdict, demo, verify_chain
from minitls.pki.advice import advice
from minitls.pki.faults.gallery import Fault, faults
from minitls.pki.verdict import RuleResult
from tests.helpers import assert_for_people
from tests.peers import require_program
from tests.pki.chains import DEMO, INTERMEDIATE, LEAF, ask, der_of, encoded, name, names

#: Fault: what was seen, what is allowed, what to do.
EXPECTED = {
    "expired": ("2025-12-31", "expired: 152 days ago", "renew it"),
    "not-yet-valid": ("2049-01-01", "begins: in 8,249 days", "is the clock here right"),
    "no-san": ("subjectAltName: absent", "a DNS name or IP address", "-addext subjectAltName=DNS:"),
    "wrong-host": ("certificate: other.example", "dialled: localhost", "Dial one of the names"),
    "wildcard-too-deep": ("*.minitls.example", "a.b.minitls.example", "exactly one label"),
    "ip-as-dns-name": ("certificate: 127.0.0.1", "dialled: 127.0.0.1", "openssl: IP:127.0.0.1"),
    "name-with-nul": ("localhost\\x00.attacker.example", "dialled: localhost", "Do not trust"),
    "no-key-encipherment": ("keyUsage: digitalSignature", "needed: keyEncipherment", "issued with that bit"),
    "ecdsa-leaf": ("ECDSA on secp256r1", "usable: RSA", "usable kind of key"),
    "weak-leaf-key": ("1024-bit RSA", "at least: 2048 bits", "openssl genrsa 2048"),
    "mismatched-algorithms": ("sha256WithRSAEncryption", "sha512WithRSAEncryption", "byte for byte"),
    "unknown-critical-extension": (
        "1.3.6.1.4.1.32473.1",
        "allowed: critical ones that we know",
        "without that extension",
    ),
    "negative-serial": ("first: ff", "not negative", "serial number of at most 20 bytes"),
    "wrong-time-encoding": ("UTCTime, GeneralizedTime", "needed: UTCTime, UTCTime", "GeneralizedTime from 2050"),
    "critical-key-identifier": ("critical: authorityKeyIdentifier", "allowed: not critical", "marked not critical"),
    "issuer-by-serial": ("keyIdentifier: absent", "needed: the issuer's subjectKeyIdentifier", "issued with"),
    "client-auth-only": ("extendedKeyUsage: clientAuth", "needed: serverAuth", "that is needed"),
    "critical-san": ("critical: TRUE", "needed: FALSE", "only if the subject is empty"),
    "ca-as-leaf": ("cA: TRUE", "needed: FALSE", "basicConstraints=critical,CA:FALSE"),
    "leaf-may-sign": ("keyCertSign: TRUE", "needed: FALSE", "without keyCertSign"),
    "no-issuer-key-identifier": ("absent", "needed: the key identifier of the issuer", "authorityKeyIdentifier=keyid"),
    "constraining-leaf": ("nameConstraints: present", "allowed: in a CA's", "without nameConstraints"),
    "duplicate-extension": ("2.5.29.19 twice", "an extension stands twice", "each extension once"),
    "name-not-utf8": ("subject", "no certificate", "openssl asn1parse"),
    "expired-intermediate": ("2025-12-31", "expired: 152 days ago", "renew it"),
    "unknown-ca": ("CN=minitls other root", "trusted: 1 root (demo)", "--ca FILE"),
    "self-signed": ("itself (self-signed)", "trusted: 1 root (demo)", "--pin"),
    "missing-intermediate": ("CN=minitls demo intermediate", "trusted: 1 root (demo)", "must send its issuer"),
    "tampered-signature": ("inside: 73921f05", "sha256(TBS): cf1aa7d5", "keys or bytes were exchanged"),
    "impostor-ca": ("at hand: key ae7e33f1", "signed by: key 6b2c18cb", "with the CA that signed it"),
    "forged-signature": ("00 01 ff*8 00", "sha256(TBS)", "as the CA issued it"),
    "sha1-signature": ("sha1WithRSAEncryption", "allowed: RSA or ECDSA with SHA-256", "SHA-256 or better"),
    "md5-signature": ("md5WithRSAEncryption", "allowed: RSA or ECDSA with SHA-256", "SHA-256 or better"),
    "weak-ca-key": ("1024-bit RSA", "at least: 2048 bits", "a key of an allowed size"),
    "v1-ca": ("version: v1", "needed: v3", "version 3"),
    "nameless-issuer": ("issuer: (empty)", "needed: a name", "a CA that has a name"),
    "not-a-ca": ("cA: FALSE", "needed: TRUE", "under the CA that may issue it"),
    "ca-not-critical": ("critical: FALSE", "needed: TRUE", "marked critical"),
    "no-key-cert-sign": ("keyUsage: cRLSign", "needed: keyCertSign", "with keyCertSign"),
    "path-too-long": ("CAs below: 1", "allowed: 0", "a CA higher up"),
    "too-many-names": ("names: 40", "comparisons at most: 10000", "fewer names"),
    "not-permitted": ("name: localhost", "permitted: example", "inside the permitted subtrees"),
    "excluded": ("name: bad.example", "excluded: bad.example", "may speak about this name"),
    "revoked": ("revoked: 2025-01-31", "list of: 2025-01-01", "Make a new key"),
    "stale-list": ("out of date", "a newer one was due 2025-06-01", "--crl FILE"),
}


def told(step: RuleResult) -> str:
    return f"{step.sentence} {advice(step)}"


@pytest.mark.parametrize("fault", faults(), ids=[each.name for each in faults()])
def test_a_fault_is_told_with_what_was_seen_what_was_allowed_and_what_to_do(fault: Fault) -> None:
    (step,) = fault.wrong.verdict().failures
    for words in EXPECTED[fault.name]:
        assert words in told(step), told(step)
    assert step.told.section in told(step)
    assert "{" not in advice(step)
    for words in (told(step), *fault.wrong.verdict().notes):
        assert_for_people(words)


def test_the_advice_of_a_step_does_not_need_the_certificate() -> None:
    for fault in faults():
        (step,) = fault.wrong.verdict().failures
        assert advice(RuleResult.from_dict(step.as_dict())) == advice(step)


# What no fault of the gallery shows.


def alone(*extensions: tuple[x509.ExtensionType, bool], issuer: str = "localhost") -> Verdict:
    """The verdict on a certificate for localhost, signed by whoever has KEY."""
    san = (names("localhost"), False)
    return ask(der_of(san, *extensions, subject=name("localhost"), issuer=name(issuer)), trust=DEMO)


def anchor(verdict: Verdict) -> str:
    (step,) = [step for step in verdict.failures if step.rule == "issuer-at-hand"]
    return told(step)


def test_a_self_signed_ca_is_told_that_trust_alone_will_not_do() -> None:
    words = anchor(alone((x509.BasicConstraints(True, None), True)))
    for each in ("openssl req -x509", "CA:FALSE", "subjectAltName", "--ca FILE", "--pin "):
        assert each in words


def test_the_issuer_that_was_not_sent_is_named_with_where_it_lies() -> None:
    where = x509.UniformResourceIdentifier("http://ca.test/issuer.der")
    access = x509.AccessDescription(x509.AuthorityInformationAccessOID.CA_ISSUERS, where)
    words = anchor(alone((x509.AuthorityInformationAccess([access]), False), issuer="the CA between"))
    assert "send its issuer, CN=the CA between, too" in words and "http://ca.test/issuer.der" in words


def test_a_chain_up_to_an_unknown_root_says_whom_to_trust() -> None:
    words = anchor(
        ask(LEAF, INTERMEDIATE, encoded(x509.load_pem_x509_certificate(demo.root_pem())), trust=TrustStore(()))
    )
    assert "--ca FILE with minitls demo root" in words


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("minitls.example", "neither a name with more labels nor the bare domain"),
        ("10.0.0.1", "openssl: IP:10.0.0.1"),
        ("elsewhere.example", "Dial one of the names"),
        ("example", "Dial one of the names"),
    ],
)
def test_a_name_that_is_missed(host: str, expected: str) -> None:
    (step,) = [
        step for step in ask(der_of((names("*.minitls.example"), False)), name=host).failures if step.rule == "name"
    ]
    assert expected in advice(step)


def test_the_leaf_is_number_two() -> None:
    verdict = ask(INTERMEDIATE, LEAF)
    assert not verdict.ok
    (note,) = [each for each in verdict.notes if "put it first" in each]
    assert note.startswith("certificate 2 of those sent, minitls demo server, is the one for localhost")


def test_a_chain_out_of_order_is_accepted_and_told() -> None:
    root = encoded(x509.load_pem_x509_certificate(demo.root_pem()))
    verdict = ask(LEAF, root, INTERMEDIATE)
    assert verdict.ok and any("numbers 1, 3, 2 of those sent" in each for each in verdict.notes)
    assert not any("order" in each for each in ask(LEAF, INTERMEDIATE, root).notes)


def test_openssls_own_self_signed_leaf_as_the_advice_makes_it_is_accepted(tmp_path: Path) -> None:
    """The command in the advice does what it says, with `openssl req -x509` as it is installed."""
    made = tmp_path / "leaf.pem"
    command = [require_program("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=bench"]
    command += ["-addext", "basicConstraints=critical,CA:FALSE", "-addext", "subjectAltName=DNS:bench"]
    subprocess.run([*command, "-keyout", tmp_path / "key", "-out", made], check=True, capture_output=True)
    der = encoded(x509.load_pem_x509_certificate(made.read_bytes()))
    now = datetime.now(UTC) + timedelta(minutes=1)
    verdict = verify_chain((der,), trust=TrustStore.of([der]), now=now, name="bench")
    assert verdict.ok, verdict.sentence
