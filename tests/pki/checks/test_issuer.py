"""What gives a certificate the right to sign another one (RFC 5280 section 6.1.4), rule by rule.

How names and constraints compare is tested in `../test_names.py`, against `cryptography`.
"""

from __future__ import annotations

from typing import Any

import pytest
from cryptography import x509

from minitls.pki.certificate import Certificate
from minitls.pki.checks import issuer
from tests.pki.chains import der_of, found, made, name, names, place, read, usage, without_version

OLD = read(without_version(der_of()))
LEAF = made((names("a.test"), False))


def ca(length: int | None = None, *, critical: bool = True, **given: Any) -> Certificate:
    return made((x509.BasicConstraints(True, length), critical), **given)


class TestBasicConstraints:
    def test_ca_is_true(self) -> None:
        assert found(issuer.ca, place(LEAF, ca(), at=1)) == [True]
        assert list(issuer.ca(place(LEAF, made(), at=1))) == [(False, {"cA": "absent", "needed": "TRUE"})]
        no = made((x509.BasicConstraints(False, None), True))
        assert list(issuer.ca(place(LEAF, no, at=1))) == [(False, {"cA": "FALSE", "needed": "TRUE"})]

    def test_critically(self) -> None:
        """Section 4.2.1.9: MUST mark as critical."""
        assert found(issuer.ca_critical, place(LEAF, ca(), at=1)) == [True]
        assert found(issuer.ca_critical, place(LEAF, ca(critical=False), at=1)) == [False]
        assert found(issuer.ca_critical, place(LEAF, made(), at=1)) == []

    def test_a_certificate_of_version_1_cannot_say_it(self) -> None:
        """The rule "version" refuses it; these have nothing to add."""
        where = place(LEAF, OLD, at=1)
        assert found(issuer.ca, where) == found(issuer.ca_key_usage, where) == []


class TestKeyUsage:
    def test_key_cert_sign(self) -> None:
        """Section 6.1.4 (n)."""
        assert found(issuer.ca_key_usage, place(LEAF, made((usage("key_cert_sign"), True)), at=1)) == [True]
        ((holds, told),) = issuer.ca_key_usage(place(LEAF, made((usage("crl_sign"), True)), at=1))
        assert not holds and told == {"needed": "keyCertSign", "keyUsage": "cRLSign"}

    @pytest.mark.parametrize(("profile", "expected"), [("web", [False]), ("rfc5280", [])])
    def test_absent(self, profile: str, expected: list[bool]) -> None:
        """RFC 5280: "if a key usage extension is present"; the web wants one (BR 7.1.2.10.7)."""
        assert found(issuer.ca_key_usage, place(LEAF, made(), at=1, profile=profile)) == expected


class TestPathLength:
    @pytest.mark.parametrize("allowed", [0, 1, 2])
    @pytest.mark.parametrize("below", [0, 1, 2])
    def test_how_many_cas_may_stand_below(self, allowed: int, below: int) -> None:
        """Section 4.2.1.9: CAs between this one and the leaf, the leaf not counted."""
        path = (LEAF, *[ca(subject=name(f"{each}")) for each in range(below)], ca(allowed))
        ((holds, told),) = issuer.path_length(place(*path, at=below + 1))
        assert holds == (below <= allowed)
        assert told == {"CAs below": str(below), "allowed": str(allowed)}

    @pytest.mark.parametrize(("profile", "holds"), [("web", False), ("rfc5280", True)])
    def test_self_issued_ones(self, profile: str, holds: bool) -> None:
        """RFC 5280 section 6.1.4 (l) does not count them; the web counts every one."""
        rollover = ca(subject=name("a"), issuer=name("a"))
        assert found(issuer.path_length, place(LEAF, rollover, ca(0), at=2, profile=profile)) == [holds]

    def test_without_a_limit_there_is_nothing_to_say(self) -> None:
        assert found(issuer.path_length, place(LEAF, ca(), at=1)) == []
        assert found(issuer.path_length, place(LEAF, made(), at=1)) == []


def constraining(permitted: list[str], excluded: list[str], *extensions: Any, **given: Any) -> Certificate:
    subtrees = [[x509.DNSName(each) for each in bases] or None for bases in (permitted, excluded)]
    return made((x509.NameConstraints(*subtrees), True), *extensions, **given)


class TestNameConstraints:
    @pytest.mark.parametrize(
        ("permitted", "excluded", "because"),
        [
            (["test"], [], ""),
            (["example"], [], "inside no permitted subtree"),
            (["example", "a.test"], [], ""),
            ([], ["test"], "inside an excluded subtree"),
            ([], ["example"], ""),
            # What is excluded stays so whatever is permitted (section 4.2.1.10).
            (["test"], ["a.test"], "inside an excluded subtree"),
        ],
    )
    def test_the_leafs_names(self, permitted: list[str], excluded: list[str], because: str) -> None:
        ((holds, told),) = issuer.name_constraints(place(LEAF, constraining(permitted, excluded), at=1))
        assert holds == (not because) and told.get("because", "") == because

    def test_a_name_of_a_kind_that_no_subtree_is_of(self) -> None:
        """Section 4.2.1.10: restrictions apply only when the name form is present; another form is not restricted."""
        mail = made((x509.SubjectAlternativeName([x509.RFC822Name("a@b.test")]), False))
        assert found(issuer.name_constraints, place(mail, constraining(["example"], ["test"]), at=1)) == [True]

    def test_what_cannot_be_compared_is_refused(self) -> None:
        odd = made((x509.SubjectAlternativeName([x509.UniformResourceIdentifier("http://a.test")]), False))
        constraint = made((x509.NameConstraints([x509.UniformResourceIdentifier(".test")], None), True))
        ((holds, told),) = issuer.name_constraints(place(odd, constraint, at=1))
        assert not holds and "not supported" in told["not understood"]

    @pytest.mark.parametrize(("profile", "holds"), [("web", False), ("rfc5280", True)])
    def test_whether_it_binds_itself(self, profile: str, holds: bool) -> None:
        """RFC 5280 binds subsequent certificates; the web's verifiers hold the CA to its own constraints as well."""
        own = constraining(["test"], [], (names("ca.example"), False))
        assert found(issuer.name_constraints, place(LEAF, own, at=1, profile=profile)) == [holds]

    def test_self_issued_cas_between_are_not_bound_but_a_self_issued_leaf_is(self) -> None:
        """Section 6.1.3 (b): self-issued and not the final certificate."""
        elsewhere = (names("b.example"), False)
        rollover = made(elsewhere, subject=name("a"), issuer=name("a"))
        above = constraining(["test"], [], subject=name("top"))
        assert found(issuer.name_constraints, place(LEAF, rollover, above, at=2)) == [True]
        assert found(issuer.name_constraints, place(rollover, above, at=1)) == [False]
        other = made(elsewhere, subject=name("a"), issuer=name("b"))
        assert found(issuer.name_constraints, place(LEAF, other, above, at=2)) == [False]

    def test_without_constraints(self) -> None:
        where = place(LEAF, ca(), at=1)
        assert found(issuer.name_constraints, where) == found(issuer.names_budget, where) == []
        assert issuer.names_and_constraints(where) == (0, 0)


class TestBudget:
    @pytest.mark.parametrize(("count", "holds"), [(100, True), (101, False)])
    def test_so_many_names_times_so_many_constraints(self, count: int, holds: bool) -> None:
        """Ten thousand comparisons and not one more: beyond that the names are not looked at at all."""
        leaf = made((names(*(f"{each}.test" for each in range(count))), False))
        where = place(leaf, constraining(["test"] * 50, ["example"] * 50, subject=name("ca")), at=1)
        ((ok, told),) = issuer.names_budget(where)
        assert ok == holds
        assert told == {"names": str(count), "constraints": "100", "comparisons at most": "10000"}
        assert found(issuer.name_constraints, where) == ([True] if holds else [])
