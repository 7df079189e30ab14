"""The leaf is an end entity and no more: each rule with what keeps it and what breaks it."""

from __future__ import annotations

import pytest
from cryptography import x509

from minitls.pki.checks import leaf_form
from tests.pki.chains import found, made, name, names, place, usage


@pytest.mark.parametrize("empty", [True, False])
@pytest.mark.parametrize("critical", [True, False])
def test_alternative_names_are_critical_exactly_if_they_are_the_only_name(empty: bool, critical: bool) -> None:
    """RFC 5280 section 4.2.1.6."""
    certificate = made((names("a.test"), critical), subject=x509.Name([]) if empty else name("a"))
    ((holds, told),) = leaf_form.names_critical(place(certificate))
    assert holds == (empty == critical)
    seen = {"critical": str(critical).upper(), "subject empty": str(empty).upper()}
    assert told == (seen if holds else {**seen, "needed": str(empty).upper()})


def test_without_alternative_names_that_is_another_rules_business() -> None:
    assert found(leaf_form.names_critical, place(made())) == []


@pytest.mark.parametrize(("ca", "holds"), [(True, False), (False, True), (None, True)])
def test_no_ca(ca: bool | None, holds: bool) -> None:
    extensions = [] if ca is None else [(x509.BasicConstraints(ca, None), True)]
    assert found(leaf_form.leaf_no_ca, place(made(*extensions))) == [holds]


@pytest.mark.parametrize(("bit", "holds"), [("key_cert_sign", False), ("digital_signature", True)])
def test_no_key_that_signs_certificates(bit: str, holds: bool) -> None:
    assert found(leaf_form.leaf_signs_nothing, place(made((usage(bit), True)))) == [holds]
    assert found(leaf_form.leaf_signs_nothing, place(made())) == []


def test_it_names_its_issuers_key() -> None:
    """RFC 5280 section 4.2.1.1: MUST, but for self-signed ones."""
    named = made((x509.AuthorityKeyIdentifier(b"k", None, None), False))
    assert [found(leaf_form.leaf_names_issuer_key, place(each)) for each in (named, made())] == [[True], [False]]


def test_it_constrains_nobody() -> None:
    """RFC 5280 section 4.2.1.10: MUST be used only in a CA certificate."""
    constraining = made((x509.NameConstraints([x509.DNSName("test")], None), True))
    assert list(leaf_form.leaf_constrains_nobody(place(constraining))) == [
        (False, {"nameConstraints": "present", "allowed": "in a CA's certificate alone"})
    ]
    assert list(leaf_form.leaf_constrains_nobody(place(made()))) == [(True, {"nameConstraints": "absent"})]
