"""The path ends at a root that we chose to trust (RFC 5280 section 6.1.1 (d))."""

from __future__ import annotations

import hashlib

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID

from minitls import TrustStore
from minitls.pki.checks.anchor import issuer_at_hand
from tests.pki.chains import DEMO, der_of, made, name, names, place, read


def test_a_root_of_the_store_whatever_it_says_of_itself() -> None:
    """Trust is a matter of the store alone: the very certificate counts, not its name."""
    der, twin = (der_of(subject=name("root"), issuer=name("root"), serial=serial) for serial in (1, 2))
    store = TrustStore.of([der], "my roots")
    assert list(issuer_at_hand(place(read(der), trust=store))) == [(True, {"trusted through": "my roots"})]
    ((holds, told),) = issuer_at_hand(place(read(twin), trust=store))
    digest = hashlib.sha256(twin).hexdigest()
    seen = {"issuer": "itself (self-signed)", "trusted": store.summary, "cA": "FALSE", "fingerprint": digest}
    assert not holds and told == seen


def test_an_issuer_that_nobody_has() -> None:
    ((holds, told),) = issuer_at_hand(place(made(issuer=name("nobody")), trust=DEMO))
    assert not holds and told == {"issuer": "CN=nobody", "trusted": DEMO.summary}


def test_where_the_issuers_certificate_lies() -> None:
    """RFC 5280 section 4.2.2.1: caIssuers, and of its addresses those that are URIs."""

    def at(method: x509.ObjectIdentifier, where: x509.GeneralName) -> x509.AccessDescription:
        return x509.AccessDescription(method, where)

    uri, other = x509.UniformResourceIdentifier("http://ca.test/ca.der"), x509.DirectoryName(name("a directory"))
    issuers, ocsp = AuthorityInformationAccessOID.CA_ISSUERS, AuthorityInformationAccessOID.OCSP
    for descriptions, expected in (
        ([at(ocsp, uri), at(issuers, other), at(issuers, uri)], "http://ca.test/ca.der"),
        ([at(ocsp, uri), at(issuers, other)], None),
    ):
        certificate = made((x509.AuthorityInformationAccess(descriptions), False), issuer=name("nobody"))
        ((_, told),) = issuer_at_hand(place(certificate, trust=DEMO))
        assert told.get("issuer's file") == expected


def test_a_root_that_is_there_but_cannot_be_read_is_named() -> None:
    """Else one looks for a root that is before one's eyes."""
    extensions = ((names("a.test"), False), (x509.SubjectKeyIdentifier(b"k" * 20), False))
    root = der_of(*extensions, subject=name("odd"), issuer=name("odd"))
    # subjectKeyIdentifier (2.5.29.14) becomes a second subjectAltName (2.5.29.17): the library loads it all the same.
    store = TrustStore.of([root.replace(bytes.fromhex("0603551d0e"), bytes.fromhex("0603551d11"))])
    ((holds, told),) = issuer_at_hand(place(made(issuer=name("odd")), trust=store))
    assert not holds
    assert told == {"issuer": "CN=odd", "trusted": "1 root (given)", "but unreadable": "2.5.29.17 twice"}
