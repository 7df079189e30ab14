"""A CA's public key opens the signature, and the digest inside is the certificate's: the whole idea in one step.

An RSA signature (RFC 8017 section 8.2.2) is opened by hand, so that it can be shown: s^e mod n must be exactly
00 01 ff..ff 00 DigestInfo, with as many ff as fill the modulus. The whole block is compared, never parsed: parsers that
skipped the padding are how signatures were forged without a key (Bleichenbacher 2006, e = 3). Other kinds of keys
are left to the library. Opening is a pure function of two certificates and is remembered.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import SignatureAlgorithmOID as Algorithm

from .certificate import Certificate
from .reasons import reason_of

RSA_HASHES = {
    Algorithm.RSA_WITH_MD5: "md5",
    Algorithm.RSA_WITH_SHA1: "sha1",
    Algorithm.RSA_WITH_SHA256: "sha256",
    Algorithm.RSA_WITH_SHA384: "sha384",
    Algorithm.RSA_WITH_SHA512: "sha512",
}
DIGEST_INFO = {
    "md5": bytes.fromhex("3020300c06082a864886f70d020505000410"),
    "sha1": bytes.fromhex("3021300906052b0e03021a05000414"),
    "sha256": bytes.fromhex("3031300d060960864801650304020105000420"),
    "sha384": bytes.fromhex("3041300d060960864801650304020205000430"),
    "sha512": bytes.fromhex("3051300d060960864801650304020305000440"),
}
"""The DER of DigestInfo up to the digest itself (RFC 8017 section 9.2, note 1; RFC 1321's MD5 likewise)."""

# A power with a modulus and an exponent of a peer's choice could take seconds; these take about a millisecond.
MODULUS_LIMIT, EXPONENT_LIMIT = 8192, 33
BUDGET = f"not tried: at most {MODULUS_LIMIT} and {EXPONENT_LIMIT} bits"


@lru_cache(maxsize=256)
def opened(certificate: Certificate, issuer: Certificate) -> tuple[bool, dict[str, str]]:
    """Whether the issuer's key made the certificate's signature, and the values that show it."""
    algorithm = certificate.parsed.signature_algorithm_oid
    if algorithm in RSA_HASHES and isinstance(issuer.key, rsa.RSAPublicKey):
        return _opened_rsa(certificate.parsed, issuer.key, RSA_HASHES[algorithm])
    try:
        certificate.parsed.verify_directly_issued_by(issuer.parsed)
    except Exception as fault:  # InvalidSignature, but also whatever an unknown key or a parameter raises.
        return False, {
            "algorithm": algorithm_name(algorithm),
            "library": reason_of(fault, "the signature does not verify"),
        }
    return True, {"algorithm": algorithm_name(algorithm), "library": "the signature verifies"}


def _opened_rsa(certificate: x509.Certificate, key: rsa.RSAPublicKey, hash_name: str) -> tuple[bool, dict[str, str]]:
    numbers, size = key.public_numbers(), (key.key_size + 7) // 8
    digest = hashlib.new(hash_name, certificate.tbs_certificate_bytes, usedforsecurity=False).digest()
    tail = b"\0" + DIGEST_INFO[hash_name] + digest
    expected = b"\0\1" + b"\xff" * (size - 2 - len(tail)) + tail
    signature = int.from_bytes(certificate.signature, "big")
    if len(certificate.signature) != size or signature >= numbers.n:
        return False, {"signature": f"{len(certificate.signature)} bytes", "modulus": f"{size} bytes"}
    if key.key_size > MODULUS_LIMIT or numbers.e.bit_length() > EXPONENT_LIMIT:
        return False, {"modulus": f"{key.key_size} bits", "e": f"{numbers.e.bit_length()} bits", "s^e mod n": BUDGET}
    block = pow(signature, numbers.e, numbers.n).to_bytes(size, "big")
    return block == expected, {
        "e": str(numbers.e),
        "s^e mod n": shown_block(block),
        "inside": block[-len(digest) :].hex(),
        f"{hash_name}(TBS)": digest.hex(),
    }


def shown_block(block: bytes) -> str:
    """The opened block for people: its first bytes, how many ff follow, and what stands before the digest."""
    filled = len(block[2:]) - len(block[2:].lstrip(b"\xff"))
    if block[:2] == b"\0\1" and filled:
        after = block[2 + filled :]
        return f"00 01 ff*{filled} {after[:1].hex()} {after[1:20].hex()}.."
    return f"{block[:8].hex()}.. (not 00 01 ff)"


def algorithm_name(algorithm: x509.ObjectIdentifier) -> str:
    """The name of a signature algorithm, its dotted number if it has none."""
    return algorithm._name if algorithm._name != "Unknown OID" else algorithm.dotted_string
