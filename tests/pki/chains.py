"""Chains to ask about, and the question that most tests ask of them."""

from __future__ import annotations

from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from minitls.pki import TrustStore, Verdict, demo, verify_chain

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DEMO = TrustStore.load("demo")
LEAF, INTERMEDIATE = demo.server_chain()


def ask(*chain: bytes, name: str = "localhost", trust: TrustStore = DEMO, now: datetime = NOW) -> Verdict:
    return verify_chain(chain, trust=trust, now=now, name=name)


def encoded(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def rules(verdict: Verdict) -> set[str]:
    return {step.rule for step in verdict.failures}
