"""DER taken apart: every byte in one element, whatever the bytes; and values that another library reads, too."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from hypothesis import given
from hypothesis import strategies as st

from minitls.pki import der
from minitls.trace.explain.der.certificate import CERTIFICATE
from minitls.trace.explain.der.grammar import (
    ANY,
    INTEGER,
    OCTET_STRING,
    OID,
    Asn1Type,
    by_oid,
    choice,
    elements,
    enclosing,
    explicit,
    implicit,
    named_bits,
    optionally,
    sequence,
    sequence_of,
)
from minitls.trace.explain.der.names import NAME
from minitls.trace.explain.der.ocsp import OCSP_RESPONSE
from minitls.trace.explain.der.walker import MAX_DEPTH, MAX_ELEMENTS, DerElement
from tests.trace.certificates import gallery, limbo, mozilla, pkits

DEMO = gallery()[0]


def tiles(found: Sequence[DerElement], size: int) -> bool:
    """Whether headers and whole values cover bytes 0 to `size`, each once."""
    at = 0
    for each in found:
        if each.at != at or not each.at <= each.length_at <= each.start <= each.end:
            return False
        at = each.end if each.whole else each.start
    return at == size


def told(data: str, declared: Asn1Type) -> list[tuple[str, str, str]]:
    """(last name, type, value or problem) of every element."""
    return [
        (str(each.path[-1]) if each.path else "", each.type, each.problem or each.value)
        for each in elements(bytes.fromhex(data), declared)
    ]


class TestConstructs:
    """Each construct of ASN.1, by bytes written out by hand."""

    def test_members_in_order_some_absent(self) -> None:
        point = sequence("Point", x=INTEGER, y=optionally(INTEGER), note=optionally(OCTET_STRING))
        assert told("3006 020101 020102", point) == [("", "SEQUENCE", ""), ("x", "INTEGER", "1"), ("y", "INTEGER", "2")]
        assert told("3006 020101 0401aa", point)[2] == ("note", "OCTET STRING", "aa")

    def test_tags_around_and_instead(self) -> None:
        both = sequence("Both", a=explicit(0, INTEGER), b=implicit(1, INTEGER))
        assert told("3008 a003 020107 810108", both)[1:] == [
            ("a", "[0]", "7"),
            ("a", "INTEGER", "7"),
            ("b", "[1]", "8"),
        ]

    def test_many_and_one_of_several(self) -> None:
        many = sequence_of("Many", choice("Either", number=INTEGER, name=implicit(2, OCTET_STRING)))
        assert [each.path for each in elements(bytes.fromhex("3006 020101 8201aa"), many)] == [
            (),
            (0, "number"),
            (1, "name"),
        ]

    def test_what_an_object_identifier_decides(self) -> None:
        pair = sequence(
            "Pair", what=OID, value=by_oid("what", {"2.5.29.15": enclosing(OCTET_STRING, named_bits("Use", "a"))})
        )
        assert told("300b 0603551d0f 0404 03020780", pair)[2:] == [
            ("value", "OCTET STRING", "a"),
            ("Use", "BIT STRING", "a"),
        ]
        assert told("300b 0603551d0e 0404 03020780", pair)[2:] == [("value", "OCTET STRING", "03020780")]


class TestAstray:
    """What is not as declared is said to be so, and taken apart all the same."""

    def test_another_type_takes_the_place_of_a_member_that_must_be_there(self) -> None:
        pair = sequence("Pair", x=INTEGER, y=INTEGER)
        assert told("3006 0401aa 020102", pair)[1:] == [
            ("x", "OCTET STRING", "not what belongs here"),
            ("y", "INTEGER", "2"),
        ]

    def test_more_members_than_declared(self) -> None:
        assert told("3006 020101 020102", sequence("One", x=INTEGER))[2] == ("0", "INTEGER", "no member of One")

    @pytest.mark.parametrize(
        ("data", "reason"),
        [
            ("3005 020101 0205", "a length of 5 where 0 are left"),
            ("3080 0000", "an indefinite length"),
            ("02", "the data end inside a header"),
            ("020101 00", "more than one element"),
        ],
    )
    def test_what_is_no_der_is_one_element_with_the_reason(self, data: str, reason: str) -> None:
        raw = bytes.fromhex(data)
        found = elements(raw, ANY)
        assert tiles(found, len(raw))
        assert found[-1].kind == "unread"
        assert reason in found[-1].problem

    def test_a_length_that_could_be_shorter_is_not_der(self) -> None:
        assert told("028101 05", INTEGER) == [("", "INTEGER", "not DER: a length that could be shorter")]

    def test_depth_has_an_end(self) -> None:
        data = b""
        for _ in range(500):
            data = der.encode(der.SEQUENCE, data)
        found = elements(data, ANY)
        assert tiles(found, len(data)) and max(each.depth for each in found) == MAX_DEPTH + 1
        assert "inside one another" in found[-1].problem

    def test_count_has_an_end(self) -> None:
        data = der.encode(der.SEQUENCE, b"\x05\x00" * (MAX_ELEMENTS + 10))
        found = elements(data, ANY)
        assert tiles(found, len(data)) and len(found) == MAX_ELEMENTS + 1
        assert found[-1].problem == "cannot be read as DER: more than 20,000 elements"


class TestTiles:
    """Every byte is in exactly one element."""

    @pytest.mark.parametrize("certificates", [gallery, mozilla])
    def test_certificates(self, certificates: Callable[[], Sequence[bytes]]) -> None:
        for data in certificates():
            found = elements(data, CERTIFICATE)
            assert tiles(found, len(data))
            assert not [each for each in found if each.problem]

    @pytest.mark.slow
    @pytest.mark.parametrize("certificates", [limbo, pkits])
    def test_certificates_that_verifiers_are_tried_with(self, certificates: Callable[[], Sequence[bytes]]) -> None:
        for data in certificates():
            found = elements(data, CERTIFICATE)
            assert tiles(found, len(data))
            assert not [each for each in found if each.kind == "unread" and "more than one element" not in each.problem]

    @given(st.binary(max_size=200), st.sampled_from((CERTIFICATE, NAME, OCSP_RESPONSE, ANY)))
    def test_any_bytes(self, data: bytes, declared: Asn1Type) -> None:
        assert tiles(elements(data, declared), len(data))

    @given(st.data())
    def test_certificates_with_bytes_changed(self, draw: st.DataObject) -> None:
        data = bytearray(draw.draw(st.sampled_from(gallery())))
        for at in draw.draw(st.lists(st.integers(0, len(data) - 1), min_size=1, max_size=5)):
            data[at] = draw.draw(st.integers(0, 255))
        cut = bytes(data[: draw.draw(st.integers(1, len(data)))])
        assert tiles(elements(cut, CERTIFICATE), len(cut))

    @given(st.data())
    def test_any_der(self, draw: st.DataObject) -> None:
        """Well-formed elements with tags of every kind, where a certificate should stand."""
        leaves = st.builds(der.encode, st.sampled_from((1, 2, 3, 4, 5, 6, 0x17, 0x80, 0x82)), st.binary(max_size=9))
        trees = st.recursive(
            leaves,
            lambda inner: st.builds(
                lambda tag, members: der.encode(tag, *members),
                st.sampled_from((0x30, 0x31, 0xA0, 0xA3)),
                st.lists(inner, max_size=5),
            ),
            max_leaves=20,
        )
        data = draw.draw(trees)
        found = elements(data, CERTIFICATE)
        assert tiles(found, len(data))
        assert found[0].kind != "unread"


def readable() -> Iterator[tuple[x509.Certificate, list[DerElement]]]:
    """Certificates that cryptography reads without complaint, and their elements."""
    for data in (*gallery()[::4], *mozilla()[::4]):
        try:
            certificate = x509.load_der_x509_certificate(data)
            certificate.extensions  # noqa: B018  # It raises for what it cannot read.
        except ValueError:
            continue
        yield certificate, elements(data, CERTIFICATE)


def values(found: Sequence[DerElement], kind: str) -> list[str]:
    return [each.value for each in found if each.kind == kind and each.whole]


@pytest.mark.filterwarnings("ignore:Parsed a serial number")
class TestAgainstCryptography:
    """The values in words are those that another library reads."""

    def test_serial_numbers_dates_and_names(self) -> None:
        for certificate, found in readable():
            assert int(values(found, "TBSCertificate.serialNumber")[0], 16) == certificate.serial_number
            for member, expected in (
                ("notBefore", certificate.not_valid_before_utc),
                ("notAfter", certificate.not_valid_after_utc),
            ):
                said = values(found, f"Validity.{member}")[0]
                assert datetime.strptime(said, "%Y-%m-%d %H:%M:%S UTC").replace(tzinfo=UTC) == expected
            names = [each for each in found if {"issuer", "subject"} & set(each.path) and each.whole]
            types = [each.value.split()[0] for each in names if each.kind == "AttributeTypeAndValue.type"]
            texts = [each.value for each in names if each.kind == "AttributeTypeAndValue.value"]
            expected_names = [*certificate.issuer, *certificate.subject]
            assert types == [each.oid.dotted_string for each in expected_names]
            for text, each in zip(texts, expected_names, strict=True):
                assert text == f'"{each.value}"' or not str(each.value).isprintable()

    def test_keys(self) -> None:
        for certificate, found in readable():
            said = next(each.value for each in found if each.kind == "TBSCertificate.subjectPublicKeyInfo")
            key = certificate.public_key()
            if isinstance(key, RSAPublicKey):
                assert said == f"rsaEncryption, {key.key_size:,} bits"
                assert values(found, "RSAPublicKey.publicExponent") == [str(key.public_numbers().e)]
            elif isinstance(key, EllipticCurvePublicKey):
                assert said == f"id-ecPublicKey, {key.curve.name}, uncompressed: x and y"

    def test_extensions(self) -> None:
        for certificate, found in readable():
            expected = list(certificate.extensions)
            oids = [said.split()[0] for said in values(found, "Extension.extnID")]
            assert oids == [each.oid.dotted_string for each in expected]
            critical = [each.value for each in found if each.kind.split()[0] == "Extension" and each.depth]
            assert [", critical" in said for said in critical] == [each.critical for each in expected]
            for extension in expected:
                body = extension.value
                if isinstance(body, x509.SubjectAlternativeName):
                    hosts = values(found, "GeneralName.dNSName")
                    assert all(f'"{name}"' in hosts for name in body.get_values_for_type(x509.DNSName))
                    addresses = values(found, "GeneralName.iPAddress")
                    assert all(str(ip) in addresses for ip in body.get_values_for_type(x509.IPAddress))
                if isinstance(body, x509.KeyUsage):
                    assert ("keyCertSign" in values(found, "KeyUsage")[0]) == body.key_cert_sign
                    assert ("keyEncipherment" in values(found, "KeyUsage")[0]) == body.key_encipherment
                if isinstance(body, x509.SubjectKeyIdentifier):
                    assert values(found, "KeyIdentifier") == [body.digest.hex()]
                if isinstance(body, x509.BasicConstraints):
                    said = next(each.value for each in found if each.kind == "BasicConstraints")
                    assert said.startswith("a CA") == body.ca
                    assert body.path_length is None or f"at most {body.path_length} more" in said
