"""The leaf is whom we dialled, and its key may do what is asked (RFC 6125 section 6.4, RFC 5246 section 7.4.2)."""

from __future__ import annotations

import pytest
from cryptography import x509

from minitls.pki.checks import leaf
from tests.pki.chains import der_of, found, key_of, made, name, names, place, read, usage


class TestName:
    def test_it_stands_in_the_alternative_names(self) -> None:
        certificate = made((names("a.test", "localhost"), False))
        assert list(leaf.name(place(certificate))) == [
            (True, {"dialled": "localhost", "certificate": "a.test, localhost"})
        ]
        assert found(leaf.name, place(certificate, name="b.test")) == [False]

    def test_and_never_in_the_common_name(self) -> None:
        """RFC 6125 section 6.4.4; the web has dropped it altogether."""
        certificate = made(subject=name("localhost"))
        ((holds, told),) = leaf.names_present(place(certificate))
        assert not holds and (told["subjectAltName"], told["common name"]) == ("absent", "localhost")
        assert found(leaf.name, place(certificate)) == []
        assert list(leaf.names_present(place(made((names("a.test"), False))))) == [(True, {})]

    def test_of_a_client_none_is_asked(self) -> None:
        assert found(leaf.name, place(made((names("a.test"), False)), name=None)) == []


class TestUsage:
    @pytest.mark.parametrize("need", ["key_encipherment", "digital_signature", "key_agreement"])
    @pytest.mark.parametrize("allowed", ["key_encipherment", "digital_signature", "key_agreement"])
    def test_every_need_is_one_bit(self, need: str, allowed: str) -> None:
        certificate = made((usage(allowed), True))
        assert found(leaf.suite_key_usage, place(certificate, needs=frozenset((need,)))) == [need == allowed]

    def test_several_needs_are_several_findings(self) -> None:
        certificate = made((usage("digital_signature"), True))
        needs = frozenset(("key_encipherment", "digital_signature"))
        assert found(leaf.suite_key_usage, place(certificate, needs=needs)) == [True, False]
        assert found(leaf.suite_key_usage, place(certificate)) == []

    def test_without_the_extension_anything_is_allowed(self) -> None:
        """RFC 5246 section 7.4.2: "if the key usage extension is present"."""
        ((holds, told),) = leaf.suite_key_usage(place(made(), needs=frozenset(("key_encipherment",))))
        assert holds and told["keyUsage"] == "absent: anything"

    @pytest.mark.parametrize(
        ("bits", "spelled"),
        [
            (("key_cert_sign", "crl_sign"), "keyCertSign, cRLSign"),
            (("content_commitment", "data_encipherment"), "contentCommitment, dataEncipherment"),
            ((), "nothing"),
        ],
    )
    def test_spelled_as_in_the_rfc(self, bits: tuple[str, ...], spelled: str) -> None:
        assert leaf.key_usages(usage(*bits)) == spelled


class TestKey:
    @pytest.mark.parametrize(
        ("kind", "encrypts", "strong"),
        [
            ("RSA 2048", True, [True]),
            ("RSA 1024", True, [False]),
            # CA/Browser Forum BR 6.1.5: a multiple of 8 bits.
            ("RSA 2052", True, [False]),
            ("P-256", False, [True]),
            ("P-521", False, [True]),
            ("secp256k1", False, [False]),
            ("Ed25519", False, []),
            ("Ed448", False, []),
        ],
    )
    def test_kind_and_size(self, kind: str, encrypts: bool, strong: list[bool]) -> None:
        certificate = made(key=key_of(kind))
        assert found(leaf.leaf_key_kind, place(certificate)) == [True]
        assert found(leaf.leaf_key_kind, place(certificate, needs=frozenset(("key_encipherment",)))) == [encrypts]
        assert found(leaf.leaf_key_size, place(certificate)) == strong

    @pytest.mark.parametrize(
        ("kind", "spelled"),
        [("RSA 2048", "2048-bit RSA"), ("P-384", "ECDSA on secp384r1"), ("Ed25519", "Ed25519"), ("Ed448", "Ed448")],
    )
    def test_spelled_for_people(self, kind: str, spelled: str) -> None:
        assert leaf.describe_key(made(key=key_of(kind))) == spelled

    def test_of_a_kind_that_nobody_knows(self) -> None:
        """id-ecPublicKey with its last arc changed."""
        known = bytes.fromhex("06072a8648ce3d0201")
        certificate = read(der_of().replace(known, known[:-1] + b"\x7f"))
        assert leaf.describe_key(certificate) == f"unknown kind ({certificate.key_fault})"
        assert found(leaf.leaf_key_kind, place(certificate)) == [False]
        assert found(leaf.leaf_key_size, place(certificate)) == []
        assert certificate.extension(x509.KeyUsage) is None
