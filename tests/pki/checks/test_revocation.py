"""Why a revocation list cannot be relied on (RFC 5280 sections 5 and 6.3.3): one fault each, and the control."""

from __future__ import annotations

import copy
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed448, x25519
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

from minitls.pki.certificate import Certificate, read_certificate
from minitls.pki.checks.revocation import fault_of, signed_by
from minitls.pki.revocation import RevocationList
from minitls.pki.rules import Place, Purpose, Question
from tests.handshake import certificates
from tests.helpers import NOW, trust

DAY = timedelta(days=1)


def named(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def listed(
    key: Any = certificates._ROOT_KEY, since: timedelta = -DAY, until: timedelta = DAY, number: bool = True
) -> Any:
    builder = x509.CertificateRevocationListBuilder().issuer_name(named("test root"))
    builder = builder.last_update(NOW + since).next_update(NOW + until)
    if number:
        builder = builder.add_extension(x509.CRLNumber(1), critical=False)
    return builder.sign(key, SHA256())


@pytest.fixture
def place() -> Place:
    path = tuple(map(read_certificate, (certificates.server("localhost")[0], certificates.root())))
    leaf, root = path
    assert isinstance(leaf, Certificate) and isinstance(root, Certificate)
    question = Question(trust(), None, Purpose.server, frozenset(), "web", ())
    return Place(question, (leaf, root), 0)


@pytest.mark.parametrize(
    ("crl", "told"),
    [
        (listed(), ""),
        (listed(since=DAY, until=2 * DAY), "it is of the future: 2026-03-02"),
        (listed(since=-2 * DAY, until=-DAY), "it is out of date: a newer one was due 2026-02-28"),
        (listed(number=False), "it has no number (cRLNumber)"),
        (listed(key=ec.derive_private_key(99, ec.SECP256R1())), "no key of the issuer's opens its signature"),
    ],
)
def test_faults(place: Place, crl: x509.CertificateRevocationList, told: str) -> None:
    fault = fault_of(RevocationList(crl), place, NOW)
    assert fault.startswith(told) and bool(fault) == bool(told)


@pytest.mark.parametrize("key", [x25519.X25519PrivateKey.generate(), ed448.Ed448PrivateKey.generate()])
def test_a_key_of_another_kind_has_not_signed(place: Place, key: Any) -> None:
    """One cannot sign at all, the other can, with another algorithm; neither may raise."""
    issuer = place.path[1]
    assert signed_by(listed(), issuer)
    other = copy.copy(issuer)
    other.key = key.public_key()
    assert not signed_by(listed(), other)
