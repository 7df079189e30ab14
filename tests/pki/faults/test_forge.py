"""Forgeries: object identifiers as another encoder writes them, and the cube root that needs no key."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st

from minitls.pki.faults import forge
from tests.handshake import certificates


@pytest.mark.parametrize(
    ("dotted", "encoded"),
    [
        ("2.5.29.17", "0603551d11"),
        ("1.2.840.113549.1.1.11", "06092a864886f70d01010b"),  # RFC 4055 section 5
        ("1.3.6.1.5.5.7.1.1", "06082b06010505070101"),  # RFC 5280 section 4.2.2.1
        ("2.999.3", "0603883703"),  # X.690 section 8.19.5
    ],
)
def test_object_identifiers(dotted: str, encoded: str) -> None:
    assert forge.oid_der(x509.ObjectIdentifier(dotted)).hex() == encoded


@given(st.integers(0, 2**3000))
def test_the_cube_root_is_rounded_up(number: int) -> None:
    root = forge.cube_root_up(number)
    assert root**3 >= number and (root == 0 or (root - 1) ** 3 < number)


def test_a_short_modulus_leaves_no_room_for_a_forgery() -> None:
    """A third of the number must hold the wanted beginning: 62 bytes of 128 are too many."""
    victim = x509.load_der_x509_certificate(certificates.server("localhost")[0])
    short = rsa.generate_private_key(public_exponent=3, key_size=1024).public_key()
    with pytest.raises(ValueError, match="too short for this forgery"):
        forge.forged_without_key(victim, short)
