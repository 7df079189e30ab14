"""The frozen demo PKI: what it gives out belongs together."""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from minitls.pki import demo


def test_the_servers_key_is_that_of_its_certificate() -> None:
    certificate = x509.load_der_x509_certificate(demo.server_chain()[0])
    key = load_pem_private_key(demo.server_key(), None)
    assert key.public_key() == certificate.public_key()
