"""What no honest CA makes: certificates rewritten in their DER and signed again, and one signature without a key.

cryptography's builder rightly refuses to make most broken certificates, so each is built well, then one part of
its DER is exchanged, and the CA's key signs the result. Everything here serves the gallery and the tests.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from .. import der
from ..signature import DIGEST_INFO

Edit = Callable[[list[bytes]], list[bytes]]
"""Exchanges fields of the signed part, in RFC 5280 section 4.1's order (see the indices below)."""

VERSION, SERIAL, ALGORITHM, ISSUER, VALIDITY, SUBJECT, KEY_INFO, EXTENSIONS = range(8)

_RSA_ARC = "2a864886f70d0101"
ALGORITHMS: dict[str, bytes] = {
    name: der.encode(der.SEQUENCE, der.encode(der.OBJECT_IDENTIFIER, bytes.fromhex(_RSA_ARC + last)), b"\x05\0")
    for name, last in {"md5": "04", "sha1": "05", "sha256": "0b", "sha384": "0c", "sha512": "0d"}.items()
}
HASHES: dict[str, hashes.HashAlgorithm] = {"md5": hashes.MD5(), "sha1": hashes.SHA1(), "sha256": hashes.SHA256()}


def rewritten(certificate: x509.Certificate, key: rsa.RSAPrivateKey, edit: Edit, hash_name: str = "sha256") -> bytes:
    """The DER of `certificate` with its signed part edited, signed again with `key`."""
    fields = [each.whole for each in der.inside(certificate.tbs_certificate_bytes)]
    fields[ALGORITHM] = ALGORITHMS[hash_name]
    signed = der.encode(der.SEQUENCE, *edit(fields))
    return assembled(signed, key.sign(signed, padding.PKCS1v15(), HASHES[hash_name]), hash_name)


def assembled(signed: bytes, signature: bytes, hash_name: str = "sha256") -> bytes:
    """A certificate of its three parts (RFC 5280 section 4.1)."""
    return der.encode(der.SEQUENCE, signed, ALGORITHMS[hash_name], der.encode(der.BIT_STRING, b"\0", signature))


def with_field(index: int, value: bytes) -> Edit:
    """An edit that puts another DER element into one field."""
    return lambda fields: [*fields[:index], value, *fields[index + 1 :]]


def with_extensions(edit: Edit) -> Edit:
    """An edit of the list of extensions, each one DER element."""

    def change(fields: list[bytes]) -> list[bytes]:
        (explicit,) = der.elements(fields[EXTENSIONS])
        found = [each.whole for each in der.inside(explicit.content)]
        return with_field(EXTENSIONS, der.encode(0xA3, der.encode(der.SEQUENCE, *edit(found))))(fields)

    return change


def with_extension(oid: x509.ObjectIdentifier, value: bytes, *, critical: bool) -> Edit:
    """An edit that exchanges or adds one extension with raw content."""
    flag = b"\x01\x01\xff" if critical else b""
    body = der.encode(der.SEQUENCE, oid_der(oid), flag, der.encode(der.OCTET_STRING, value))
    return with_extensions(lambda found: [*(each for each in found if not is_extension(each, oid)), body])


def without_extension(oid: x509.ObjectIdentifier) -> Edit:
    """An edit that drops one extension."""
    return with_extensions(lambda found: [each for each in found if not is_extension(each, oid)])


def is_extension(extension: bytes, oid: x509.ObjectIdentifier) -> bool:
    """The DER element is the extension of this kind."""
    return der.inside(extension)[0].whole == oid_der(oid)


def oid_der(oid: x509.ObjectIdentifier) -> bytes:
    """An OBJECT IDENTIFIER as DER (X.690 section 8.19)."""
    first, second, *rest = (int(part) for part in oid.dotted_string.split("."))
    content = b""
    for arc in (first * 40 + second, *rest):
        septets = bytes([arc & 0x7F])
        while arc := arc >> 7:
            septets = bytes([0x80 | (arc & 0x7F)]) + septets
        content += septets
    return der.encode(der.OBJECT_IDENTIFIER, content)


def forged_without_key(certificate: x509.Certificate, issuer_key: rsa.RSAPublicKey) -> bytes:
    """The certificate with a signature that nobody made (Bleichenbacher 2006); the issuer's exponent must be 3.

    The cube of the forged number begins as a signature should, 00 01 ff..ff 00 DigestInfo digest, and ends in anything:
    eight bytes of ff instead of all, and a verifier that does not look at what follows the digest is content.
    The number is the cube root, rounded up, of the wanted beginning followed by zeros: no private key is needed.
    """
    digest = hashlib.sha256(certificate.tbs_certificate_bytes).digest()
    wanted = b"\0\1" + b"\xff" * 8 + b"\0" + DIGEST_INFO["sha256"] + digest
    size = issuer_key.key_size // 8
    target = int.from_bytes(wanted + bytes(size - len(wanted)), "big")
    forged = cube_root_up(target)
    if not (forged**3).to_bytes(size, "big").startswith(wanted):
        raise ValueError("the modulus is too short for this forgery")
    return assembled(certificate.tbs_certificate_bytes, forged.to_bytes(size, "big"))


def cube_root_up(number: int) -> int:
    """The smallest integer whose cube is at least `number`."""
    low, high = 0, 1 << (number.bit_length() // 3 + 2)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if middle**3 >= number else (middle + 1, high)
    return low


def tampered(certificate: x509.Certificate) -> bytes:
    """The certificate with the last bit of its signature turned over."""
    data = certificate.public_bytes(Encoding.DER)
    return data[:-1] + bytes([data[-1] ^ 1])
