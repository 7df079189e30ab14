"""What every certificate must look like (RFC 5280 section 4): each rule with what keeps it and what breaks it.

`cryptography` makes the good ones; what it refuses to write is exchanged in the DER by hand.
"""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from minitls.pki import Purpose
from minitls.pki.checks import form
from tests.pki.chains import der_of, found, made, name, names, place, read, usage, without_version

ECDSA_SHA256 = bytes.fromhex("300a06082a8648ce3d040302")


def test_the_algorithm_is_named_alike_inside_and_outside() -> None:
    data = der_of()
    assert data.count(ECDSA_SHA256) == 2
    inside, outside = data.index(ECDSA_SHA256), data.rindex(ECDSA_SHA256)
    assert found(form.algorithm_named_twice, place(read(data))) == [True]
    for at in (inside, outside):
        # ecdsa-with-SHA384 is the next arc, 3.
        changed = read(data[: at + 11] + b"\x03" + data[at + 12 :])
        ((holds, told),) = form.algorithm_named_twice(place(changed))
        assert not holds and sorted(each.partition(" ")[0] for each in told.values()) == [
            "ecdsa-with-SHA256",
            "ecdsa-with-SHA384",
        ]


class TestCriticalExtensions:
    UNKNOWN = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\0")

    def test_what_is_not_understood_must_not_be_critical(self) -> None:
        assert found(form.critical_extensions, place(made((self.UNKNOWN, False)))) == [True]
        ((holds, told),) = form.critical_extensions(place(made((self.UNKNOWN, True))))
        assert not holds and told["not understood"] == "1.2.3.4" and "keyUsage" in told["allowed"]

    def test_what_is_understood_may_be(self) -> None:
        certificate = made((usage("digital_signature"), True), (names("a.test"), True))
        assert list(form.critical_extensions(place(certificate))) == [(True, {"critical": "2"})]

    @pytest.mark.parametrize(("profile", "holds"), [("web", False), ("rfc5280", True)])
    def test_policies_are_for_rfc_5280_alone(self, profile: str, holds: bool) -> None:
        """Section 6.1.1 (c): the caller asks for any policy; the web's profile has no such processing."""
        policies = x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier("1.2.3"), None)])
        assert found(form.critical_extensions, place(made((policies, True)), profile=profile)) == [holds]


class TestVersion:
    OLD = read(without_version(der_of()))

    def test_the_web_wants_version_3_everywhere(self) -> None:
        assert found(form.version, place(made())) == [True]
        assert list(form.version(place(self.OLD))) == [(False, {"version": "v1", "needed": "v3"})]

    def test_rfc_5280_of_issuers_alone(self) -> None:
        """Section 6.1.4 (k)."""
        path = (self.OLD, self.OLD)
        assert found(form.version, place(*path, profile="rfc5280")) == []
        assert found(form.version, place(*path, at=1, profile="rfc5280")) == [False]


@pytest.mark.parametrize("serial", [1, 0x80, 2**159 - 1])
def test_serial_numbers(serial: int) -> None:
    """Section 4.1.2.2: positive, at most 20 octets."""
    assert found(form.serial_number, place(made(serial=serial))) == [True]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"\x80", {"bytes": "1", "first": "80"}),
        (b"\xff" * 20, {"bytes": "20", "first": "ff"}),
        (b"\x01" * 21, {"bytes": "21", "first": "01"}),
        # The highest bit of a positive number is not set, so 20 octets of one may take 21 bytes. That is one too many.
        (b"\x00" + b"\x80" * 20, {"bytes": "21", "first": "00"}),
    ],
)
def test_serial_numbers_that_are_none(content: bytes, told: dict[str, str]) -> None:
    certificate = copy.copy(made())
    certificate.serial = content  # `cryptography` writes none such.
    allowed = {"allowed": "1 to 20 bytes, the first below 80 (hex): not negative"}
    assert list(form.serial_number(place(certificate))) == [(False, told | allowed)]


def test_the_issuer_has_a_name() -> None:
    assert found(form.issuer_named, place(made())) == [True]
    ((holds, told),) = form.issuer_named(place(made(issuer=x509.Name([]))))
    assert not holds and told == {"issuer": "(empty)", "needed": "a name that is not empty"}


class TestTimeEncoding:
    @pytest.mark.parametrize(("year", "kind"), [(2049, "UTCTime"), (2050, "GeneralizedTime")])
    def test_as_the_year_wants_it(self, year: int, kind: str) -> None:
        """Section 4.1.2.5: UTCTime through 2049, GeneralizedTime from 2050."""
        certificate = made(end=datetime(year, 6, 1, tzinfo=UTC))
        assert list(form.time_encoding(place(certificate))) == [
            (True, {"years": f"2025 to {year}", "written as": f"UTCTime, {kind}"})
        ]

    @pytest.mark.parametrize(
        ("tags", "spelled"), [((0x18, 0x17), "GeneralizedTime, UTCTime"), ((0x17, 0x01), "UTCTime, 01")]
    )
    def test_otherwise(self, tags: tuple[int, int], spelled: str) -> None:
        certificate = copy.copy(made())
        certificate.validity_tags = tags
        ((holds, told),) = form.time_encoding(place(certificate))
        assert not holds and (told["written as"], told["needed"]) == (spelled, "UTCTime, UTCTime")


@pytest.mark.parametrize(
    "extension",
    [
        x509.AuthorityKeyIdentifier(b"k", None, None),
        x509.SubjectKeyIdentifier(b"k"),
        x509.AuthorityInformationAccess(
            [
                x509.AccessDescription(
                    x509.AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier("http://a")
                )
            ]
        ),
        x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]),
    ],
    ids=lambda extension: type(extension).__name__,
)
def test_what_is_never_critical(extension: x509.ExtensionType) -> None:
    assert list(form.never_critical(place(made((extension, False))))) == [(True, {"looked at": "1"})]
    ((holds, told),) = form.never_critical(place(made((extension, True))))
    assert not holds and told.keys() == {"critical", "allowed"}
    assert found(form.never_critical, place(made())) == []


def test_the_issuers_key_is_named_by_its_identifier() -> None:
    by_key = x509.AuthorityKeyIdentifier(b"key", None, None)
    by_name = x509.AuthorityKeyIdentifier(None, [x509.DirectoryName(name("issuer"))], 1)
    assert list(form.issuer_key_identifier(place(made((by_key, False))))) == [(True, {"keyIdentifier": b"key".hex()})]
    ((holds, told),) = form.issuer_key_identifier(place(made((by_name, False))))
    assert not holds and told == {"keyIdentifier": "absent", "needed": "the issuer's subjectKeyIdentifier"}
    assert found(form.issuer_key_identifier, place(made())) == []


class TestPurpose:
    SERVER, CLIENT = ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH
    ANY = ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE

    @pytest.mark.parametrize(
        ("usages", "purpose", "leaf", "ca"),
        [
            ([SERVER], Purpose.server, True, True),
            ([SERVER], Purpose.client, False, False),
            ([CLIENT], Purpose.client, True, True),
            ([CLIENT, SERVER], Purpose.server, True, True),
            # "Any purpose" is enough for a CA; a leaf names its purpose (BR 7.1.2.7.10).
            ([ANY], Purpose.server, False, True),
            ([ANY, SERVER], Purpose.server, True, True),
        ],
    )
    def test_of_leaf_and_ca(self, usages: list[Any], purpose: Purpose, leaf: bool, ca: bool) -> None:
        certificate = made((x509.ExtendedKeyUsage(usages), False))
        path = (certificate, certificate)
        assert [found(form.purpose, place(*path, at=at, purpose=purpose)) for at in (0, 1)] == [[leaf], [ca]]

    def test_without_the_extension_every_purpose_will_do(self) -> None:
        assert found(form.purpose, place(made())) == []
