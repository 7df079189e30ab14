"""The path ends at a root that we chose to trust (RFC 5280 section 6.1.1 (d))."""

from __future__ import annotations

from cryptography import x509

from minitls import TrustStore
from minitls.pki.checks.anchor import issuer_at_hand
from tests.pki.chains import DEMO, der_of, made, name, names, place, read


def test_a_root_of_the_store_whatever_it_says_of_itself() -> None:
    """Trust is a matter of the store alone: the very certificate counts, not its name."""
    der, twin = (der_of(subject=name("root"), issuer=name("root"), serial=serial) for serial in (1, 2))
    store = TrustStore.of([der], "my roots")
    assert list(issuer_at_hand(place(read(der), trust=store))) == [(True, {"trusted through": "my roots"})]
    ((holds, told),) = issuer_at_hand(place(read(twin), trust=store))
    assert not holds and told == {"issuer": "itself (self-signed)", "trusted": store.summary}


def test_an_issuer_that_nobody_has() -> None:
    ((holds, told),) = issuer_at_hand(place(made(issuer=name("nobody")), trust=DEMO))
    assert not holds and told == {"issuer": "CN=nobody", "trusted": DEMO.summary}


def test_a_root_that_is_there_but_cannot_be_read_is_named() -> None:
    """Else one looks for a root that is before one's eyes."""
    extensions = ((names("a.test"), False), (x509.SubjectKeyIdentifier(b"k" * 20), False))
    root = der_of(*extensions, subject=name("odd"), issuer=name("odd"))
    # subjectKeyIdentifier (2.5.29.14) becomes a second subjectAltName (2.5.29.17): the library loads it all the same.
    store = TrustStore.of([root.replace(bytes.fromhex("0603551d0e"), bytes.fromhex("0603551d11"))])
    ((holds, told),) = issuer_at_hand(place(made(issuer=name("odd")), trust=store))
    assert not holds
    assert told == {"issuer": "CN=odd", "trusted": "1 root (given)", "but unreadable": "2.5.29.17 twice"}
