"""Fields that hold DER, opened as far as somebody wants to see; at each of these the fields tile the same bytes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import get_args

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from hypothesis import given
from hypothesis import strategies as st

from minitls import prose
from minitls.pki.der import SEQUENCE, encode
from minitls.trace.explain import annotate
from minitls.trace.explain.annotate import AnnotatedField
from minitls.trace.explain.der.extensions import STRUCTURES
from minitls.trace.explain.der.words import oid_name
from minitls.trace.explain.explanations import explain
from minitls.trace.explain.opened import Detail, detail_of, opened
from minitls.wire.key_exchange_messages import CertificateStatus
from minitls.wire.messages import Certificate, CertificateRequest
from tests.peers import ROOT
from tests.trace.certificates import gallery, mozilla, read_certificates
from tests.trace.test_annotate import tiles

pytestmark = pytest.mark.filterwarnings("ignore:Parsed a serial number")

DETAILS = get_args(Detail)
details = pytest.mark.parametrize("detail", DETAILS)
CHAIN = [read_certificates(ROOT / "minitls/pki/demo" / f"{name}.pem")[0] for name in ("server", "intermediate")]


def fields(data: bytes, detail: Detail) -> list[AnnotatedField]:
    found = opened(data, annotate.handshake(data), detail)
    assert tiles(found, len(data))
    return found


def said(found: Sequence[AnnotatedField]) -> dict[str, str]:
    """What fields say, by the end of their names."""
    return {".".join(str(part) for part in field.path[-2:]): field.said for field in found}


@details
def test_any_certificates_at_any_depth(detail: Detail) -> None:
    for certificates in (gallery()[::3], mozilla()[::3]):
        fields(Certificate(certificates).encode(), detail)


@given(st.lists(st.binary(min_size=1, max_size=60), max_size=3), st.sampled_from(DETAILS))
def test_any_bytes_in_their_place(blobs: list[bytes], detail: Detail) -> None:
    fields(Certificate(tuple(blobs)).encode(), detail)
    fields(CertificateRequest((1,), (0x0401,), tuple(blobs)).encode(), detail)


def test_closed_is_what_the_message_says() -> None:
    data = Certificate(tuple(CHAIN)).encode()
    assert fields(data, "closed") == annotate.handshake(data)


def test_an_outline_is_short_and_says_what_matters() -> None:
    found = fields(Certificate((CHAIN[0],)).encode(), "outline")
    assert len(found) < 26
    demo = x509.load_der_x509_certificate(CHAIN[0])
    told = said(found)
    assert told["tbsCertificate.serialNumber"] == f"{demo.serial_number:#x}"
    assert told["tbsCertificate.version"] == "2 v3"
    assert told["tbsCertificate.validity"] == "2025-01-01 00:00:00 UTC to 2049-12-31 23:59:59 UTC"
    assert told["tbsCertificate.subjectPublicKeyInfo"] == "rsaEncryption, 2,048 bits"
    assert "keyUsage, critical: digitalSignature, keyEncipherment" in told.values()


def test_elements_are_deeper_than_what_holds_them() -> None:
    found = fields(Certificate((CHAIN[0],)).encode(), "elements")
    assert [field.depth for field in found][:8] == [0, 0, 0, 0, 1, 2, 3, 4]
    assert all(field.kind.startswith("der.") == (field.depth > 0) for field in found)


def test_bytes_are_tags_lengths_and_values() -> None:
    """X.690: 30 is a SEQUENCE, 82 03 75 a length in two bytes; a0 03 02 01 02 is [0] { INTEGER 2 }."""
    found = [field for field in fields(Certificate((CHAIN[0],)).encode(), "bytes") if field.depth]
    assert [(str(field.path[-1]), field.said) for field in found[:9]] == [
        ("tag", "SEQUENCE (universal, constructed)"),
        ("length", "885 bytes follow"),
        ("tag", "SEQUENCE (universal, constructed)"),
        ("length", "605 bytes follow"),
        ("tag", "[0] (context-specific, constructed)"),
        ("length", "3 bytes follow"),
        ("tag", "INTEGER (universal, primitive)"),
        ("length", "1 byte follows"),
        ("version", "2 v3"),
    ]


def test_what_is_wrong_inside_shows_in_an_outline() -> None:
    broken = bytearray(CHAIN[0])
    # The tag of notBefore becomes an INTEGER's.
    broken[broken.index(b"\x17\x0d")] = 0x02
    told = said(fields(Certificate((bytes(broken),)).encode(), "outline"))
    assert told["tbsCertificate.validity"].endswith("not what belongs here")


def test_names_of_authorities() -> None:
    name = x509.Name([x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "Acme")])
    data = CertificateRequest((1,), (0x0401,), (name.public_bytes(),)).encode()
    assert fields(data, "outline")[-1].said == "O=Acme"
    assert fields(data, "elements")[-1].said == 'UTF8String "Acme"'


KEY = ec.generate_private_key(ec.SECP256R1())


def signer() -> x509.Certificate:
    """A certificate for the key that signs OCSP responses."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "signer")])
    day = datetime(2026, 1, 1)
    builder = x509.CertificateBuilder(name, name, KEY.public_key(), 1, day, day.replace(year=2027))
    return builder.sign(KEY, SHA256())


def response(status: ocsp.OCSPCertStatus) -> bytes:
    """An OCSP response that cryptography makes, about the demo's server."""
    leaf, issuer = map(x509.load_der_x509_certificate, CHAIN)
    revoked = status == ocsp.OCSPCertStatus.REVOKED
    when = datetime(2026, 1, 2, tzinfo=UTC)
    builder = ocsp.OCSPResponseBuilder().add_response(
        leaf, issuer, SHA1(), status, when, when.replace(day=9), when if revoked else None,
        x509.ReasonFlags.key_compromise if revoked else None,
    )  # fmt: skip
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, signer())
    return builder.sign(KEY, SHA256()).public_bytes(Encoding.DER)


def test_an_ocsp_response() -> None:
    serial = f"{x509.load_der_x509_certificate(CHAIN[0]).serial_number:#x}"
    for status, words in (
        (ocsp.OCSPCertStatus.GOOD, "good"),
        (ocsp.OCSPCertStatus.REVOKED, "revoked since 2026-01-02 00:00:00 UTC, keyCompromise"),
    ):
        data = CertificateStatus((1, response(status))).encode()
        for detail in DETAILS:
            found = fields(data, detail)
            assert not [field for field in found if field.kind == "der.unread"]
        told = said(fields(data, "elements"))
        assert told["tbsResponseData.responses"].endswith(f": {serial} {words}")


def test_enough_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """A message may hold certificates without number; all bytes tile, and what comes late stays closed."""
    monkeypatch.setattr("minitls.trace.explain.opened.MOST", 500)
    nulls = encode(SEQUENCE, b"\x05\x00" * 150)
    found = fields(Certificate((nulls,) * 6).encode(), "elements")
    assert sum(field.kind == "Certificate.certificate_list" for field in found) == 2


def test_options_choose_how_far() -> None:
    assert [detail_of(der, everything) for der in (False, True) for everything in (False, True)] == [
        "outline",
        "outline",
        "elements",
        "bytes",
    ]


class TestExplanations:
    def test_every_structure_of_an_extension_has_a_row(self) -> None:
        table = prose.rows("der")
        for oid in STRUCTURES:
            name = oid_name(oid).partition(" ")[0]
            assert name, oid
            texts = name == "id-pkix-ocsp-nonce" or (name.startswith("netscape") and name != "netscapeCertType")
            assert texts or name[0].upper() + name[1:] in table, name

    def test_every_element_of_real_certificates_is_explained_by_more_than_its_tag(self) -> None:
        found = fields(Certificate(gallery()).encode(), "elements")
        kinds = {field.kind for field in found if field.kind.startswith("der.")}
        own = explain("der.element")
        assert {kind for kind in kinds if explain(kind) == own} <= {"der.element"}
        assert all(len(part) > 4 for kind in kinds for part in explain(kind)[:4])

    def test_rows_are_whole_or_of_a_member(self) -> None:
        table = prose.rows("der")
        for key, row in table.items():
            structure, _, member = key.partition(".")
            assert set(row) >= {"what", "why", "without", "section"} or (member and structure in table), key
            for part in ("what", "why", "without"):
                assert row.get(part, "X.").rstrip('"').endswith((".", "?", ")")), (key, part)


def test_an_outline_of_thousands_of_extensions_is_one_walk() -> None:
    """Each row looks for problems within itself alone: 6,000 extensions took seconds."""
    extension = bytes.fromhex("3006 06022a03 0400")
    names = encode(SEQUENCE, b"")
    algorithm = encode(SEQUENCE, bytes.fromhex("06022a03"))
    extensions = encode(0xA3, encode(SEQUENCE, extension * 6000))
    dates = encode(SEQUENCE, b"\x17\x0d200101000000Z" * 2)
    key = encode(SEQUENCE, algorithm + b"\x03\x01\x00")
    body = bytes.fromhex("a003020102 020101") + algorithm + names + dates + names + key + extensions
    der = encode(SEQUENCE, encode(SEQUENCE, body) + algorithm + b"\x03\x01\x00")
    before = time.process_time()
    assert len(fields(Certificate((der,)).encode(), "outline")) > 6000
    assert time.process_time() - before < 2
