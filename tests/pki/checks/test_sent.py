"""The rules at the two ends of a verdict: declared here, applied by the search, and broken one by one."""

from __future__ import annotations

import pytest
from cryptography import x509

from minitls.errors import AlertDescription
from minitls.pki.checks import RULES
from minitls.pki.rules import Stage
from tests.pki.chains import INTERMEDIATE, LEAF, ask, der_of, names

TWICE = der_of((names("a.test"), False), (x509.SubjectKeyIdentifier(b"k" * 20), False)).replace(
    bytes.fromhex("0603551d0e"), bytes.fromhex("0603551d11")
)


@pytest.mark.parametrize(
    ("chain", "rule"),
    [
        ((), "chain-length"),
        ((LEAF,) * 65, "chain-length"),
        ((LEAF + bytes(1 << 16),), "certificate-size"),
        ((b"no certificate",), "readable"),
        ((TWICE,), "extensions-once"),
    ],
)
def test_what_cannot_be_looked_at_is_refused_by_its_own_rule_alone(chain: tuple[bytes, ...], rule: str) -> None:
    verdict = ask(*chain)
    assert [(step.rule, step.ok) for step in verdict.steps] == [(rule, False)]
    assert verdict.alert == AlertDescription.bad_certificate
    assert RULES[rule].stage is Stage.sent


def test_64_certificates_are_no_burden() -> None:
    assert ask(LEAF, *(INTERMEDIATE,) * 63).ok


def test_the_last_word_is_the_librarys() -> None:
    """Asked where our own rules hold, and only there a step; it belongs to the web's profile."""
    assert ask(LEAF, INTERMEDIATE).steps[-1].rule == "second-opinion"
    assert "second-opinion" not in [step.rule for step in ask(LEAF, INTERMEDIATE, name="elsewhere").steps]
    assert RULES["second-opinion"].profiles == {"web"}


def test_they_count_first_and_last() -> None:
    """So that the alert is theirs whatever else is wrong, and the library's only if nothing else is."""
    stages = [rule.stage for rule in RULES.values()]
    assert min(stages) is Stage.sent and max(stages) is Stage.last
    assert [rule.id for rule in RULES.values() if rule.stage is Stage.last] == ["second-opinion"]
