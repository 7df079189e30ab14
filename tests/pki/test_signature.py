"""A signature opened by hand: the numbers that are shown are those that OpenSSL computes."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as some

from minitls.pki import demo
from minitls.pki.certificate import Certificate, read_certificate
from minitls.pki.faults import issue
from minitls.pki.faults.forge import assembled, cube_root_up, forged_without_key
from minitls.pki.signature import opened
from tests.peers import require_program


def read(data: bytes) -> Certificate:
    certificate = read_certificate(data)
    assert isinstance(certificate, Certificate)
    return certificate


LEAF, INTERMEDIATE, ROOT = (read(each) for each in (*demo.server_chain(), demo.root()))


def test_the_values_are_openssls(tmp_path: Path) -> None:
    """`openssl pkeyutl -verifyrecover` without padding gives the block, `dgst` of the signed part the digest."""
    holds, seen = opened(LEAF, INTERMEDIATE)
    assert holds
    key, signature = tmp_path / "key.pem", tmp_path / "signature"
    public = INTERMEDIATE.parsed.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    key.write_bytes(public)
    signature.write_bytes(LEAF.parsed.signature)
    command = [
        require_program("openssl"),
        "pkeyutl",
        "-verifyrecover",
        "-pubin",
        "-inkey",
        str(key),
        "-in",
        str(signature),
    ]
    block = subprocess.run([*command, "-pkeyopt", "rsa_padding_mode:none"], capture_output=True, check=True).stdout
    digest = hashlib.sha256(LEAF.parsed.tbs_certificate_bytes).hexdigest()
    assert block.startswith(b"\0\1" + b"\xff" * 202 + b"\0")
    assert seen["s^e mod n"].startswith(f"00 01 ff*202 00 {block[205:224].hex()}")
    assert seen["inside"] == block[-32:].hex() == seen["sha256(TBS)"] == digest


def test_another_key_does_not_open_it() -> None:
    holds, seen = opened(LEAF, ROOT)
    assert not holds
    assert "not 00 01 ff" in seen["s^e mod n"]


@pytest.mark.parametrize("hash_algorithm", [SHA256(), SHA384(), SHA512()], ids=lambda each: each.name)
@pytest.mark.parametrize("kind", ["pkcs1", "pss", "ecdsa"])
def test_the_library_agrees_on_every_kind(kind: str, hash_algorithm: SHA256 | SHA384 | SHA512) -> None:
    key = ec.generate_private_key(ec.SECP256R1()) if kind == "ecdsa" else issue.new_key()
    pss = padding.PSS(padding.MGF1(hash_algorithm), padding.PSS.DIGEST_LENGTH) if kind == "pss" else None
    name = issue.common_name("x")
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(issue.BEGIN).not_valid_after(issue.END)
    certificate = builder.sign(key, hash_algorithm, rsa_padding=pss)
    own = read(certificate.public_bytes(Encoding.DER))
    assert opened(own, own)[0]
    broken = bytearray(own.der)
    broken[-1] ^= 1
    assert not opened(read(bytes(broken)), own)[0]


def test_a_signature_of_the_wrong_length_is_refused_before_any_power() -> None:
    tbs, signature = LEAF.parsed.tbs_certificate_bytes, LEAF.parsed.signature
    for wrong in (signature[1:], b"\0" + signature, signature + b"\0", b"", b"\xff" * 256):
        holds, seen = opened(read(assembled(tbs, wrong)), INTERMEDIATE)
        assert not holds
        assert set(seen) == {"signature", "modulus"}


@pytest.mark.parametrize(("bits", "exponent"), [(8200, 65537), (2048, (1 << 64) + 1)])
def test_a_key_that_would_take_long_is_not_tried(bits: int, exponent: int) -> None:
    """The moduli are products of nobody's primes: what matters is only that no power is computed with them."""
    key = rsa.RSAPublicNumbers(exponent, (1 << bits) - 1).public_key()
    signer = issue.new_key()
    builder = x509.CertificateBuilder().subject_name(issue.common_name("huge")).issuer_name(issue.common_name("huge"))
    builder = builder.public_key(key).serial_number(1).not_valid_before(issue.BEGIN).not_valid_after(issue.END)
    issuer = read(builder.sign(signer, SHA256()).public_bytes(Encoding.DER))
    holds, seen = opened(read(assembled(LEAF.parsed.tbs_certificate_bytes, bytes(bits // 8))), issuer)
    assert not holds
    assert "not tried" in seen["s^e mod n"]


def test_the_forgery_deceives_a_careless_reader_and_not_us() -> None:
    """Bleichenbacher 2006: a verifier that finds the digest and does not look at what follows accepts it."""
    key = issue.new_key(exponent=3)
    signer = issue.Holder(issue.issue(issue.ca_plan("cubic"), key), key)
    certificate = issue.issue(issue.server_plan("victim", "localhost"), issue.new_key(), signer)
    forged = read(forged_without_key(certificate, key.public_key()))
    numbers = key.public_key().public_numbers()
    block = pow(int.from_bytes(forged.parsed.signature, "big"), 3, numbers.n).to_bytes(256, "big")
    careless = block.startswith(b"\0\1\xff") and hashlib.sha256(certificate.tbs_certificate_bytes).digest() in block
    assert careless
    assert not opened(forged, read(signer.certificate.public_bytes(Encoding.DER)))[0]


@given(some.integers(0, 1 << 2048))
def test_cube_roots_are_rounded_up(number: int) -> None:
    root = cube_root_up(number)
    assert (root - 1) ** 3 < number <= root**3 or number == root == 0
