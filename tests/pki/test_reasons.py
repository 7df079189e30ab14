"""Reasons of the library, as cryptography 45 writes them, and what people read instead."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature

from minitls.pki.reasons import reason_of

FORBIDDEN = "Forbidden signature algorithm: AlgorithmIdentifier { oid: DefinedByMarker(PhantomData<x>), params: Rsa }"


PARSER = "error parsing asn1 value: ParseError"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (PARSER + ' { kind: InvalidValue, location: ["subject"] }', "invalid value, in subject"),
        (PARSER + " { kind: ExtraData }", "extra data"),
        (PARSER + ' { kind: ShortData { needed: 3 }, location: ["a", "b"] }', "short data, in a, b"),
        (f"validation failed: exhausted: {FORBIDDEN} (encountered processing <Certificate(x)>)", "exhausted"),
        ("leaf certificate has no matching subjectAltName", "leaf certificate has no matching subjectAltName"),
    ],
)
def test_reasons_are_for_people(said: str, told: str) -> None:
    reason = reason_of(ValueError(said))
    assert told in reason
    assert not any(name in reason for name in ("ParseError", "AlgorithmIdentifier", "InvalidValue", "(x)", "{"))


def test_without_a_reason_no_class_is_named() -> None:
    assert reason_of(InvalidSignature()) == "the library gives no reason"
    assert reason_of(InvalidSignature(), "it does not verify") == "it does not verify"


def test_what_the_library_says_of_bytes_that_are_no_certificate() -> None:
    for data in (b"", b"\x30\x00", b"no certificate", b"\x30\x03\x02\x01\x01"):
        with pytest.raises(ValueError) as refused:
            x509.load_der_x509_certificate(data)
        assert "ParseError" not in reason_of(refused.value) and reason_of(refused.value)
