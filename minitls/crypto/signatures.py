"""Signatures over handshake messages (RFC 5246 section 4.7) as a table of signature schemes.

PSS schemes mean in TLS 1.2 what RFC 8446 section 4.2.3 says (salt as long as the hash); Ed25519 is RFC 8422's.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, SHA384, SHA512, HashAlgorithm

from ..errors import DecryptError, IllegalParameter
from ..wire.codes import SignatureScheme, name_of

PublicKey = Any
"""A public key object of `cryptography`, of any kind: certificates bring whatever they bring."""
PrivateKey = Any


class Scheme(NamedTuple):
    """How one scheme signs: which keys it fits, and the arguments that key's sign and verify take after the data."""

    code: SignatureScheme
    public: Any
    private: Any
    arguments: tuple[Any, ...]
    hash_name: str
    min_key_size: int = 0
    """The bits an RSA key must have for the encoded hash to fit into its modulus."""


def _rsa(code: SignatureScheme, algorithm: HashAlgorithm, pss: bool) -> Scheme:
    size = algorithm.digest_size
    how = padding.PSS(padding.MGF1(algorithm), size) if pss else padding.PKCS1v15()
    # RFC 8017 sections 9.1.1 (hash, salt, 2 bytes, in one bit less than the modulus) and 9.2 (hash and 30 bytes).
    bits = 8 * (2 * size + 2) - 6 if pss else 8 * (size + 30) - 7
    return Scheme(code, rsa.RSAPublicKey, rsa.RSAPrivateKey, (how, algorithm), algorithm.name, bits)


def _ecdsa(code: SignatureScheme, algorithm: HashAlgorithm) -> Scheme:
    return Scheme(code, ec.EllipticCurvePublicKey, ec.EllipticCurvePrivateKey, (ec.ECDSA(algorithm),), algorithm.name)


#: In order of preference. SHA-1 comes last, only because RFC 5246 peers may have nothing else.
SCHEMES: tuple[Scheme, ...] = (
    _rsa(SignatureScheme.rsa_pss_rsae_sha256, SHA256(), pss=True),
    _rsa(SignatureScheme.rsa_pss_rsae_sha384, SHA384(), pss=True),
    _rsa(SignatureScheme.rsa_pss_rsae_sha512, SHA512(), pss=True),
    _rsa(SignatureScheme.rsa_pkcs1_sha256, SHA256(), pss=False),
    _rsa(SignatureScheme.rsa_pkcs1_sha384, SHA384(), pss=False),
    _rsa(SignatureScheme.rsa_pkcs1_sha512, SHA512(), pss=False),
    _ecdsa(SignatureScheme.ecdsa_secp256r1_sha256, SHA256()),
    _ecdsa(SignatureScheme.ecdsa_secp384r1_sha384, SHA384()),
    _ecdsa(SignatureScheme.ecdsa_secp521r1_sha512, SHA512()),
    Scheme(SignatureScheme.ed25519, ed25519.Ed25519PublicKey, ed25519.Ed25519PrivateKey, (), "intrinsic"),
    Scheme(SignatureScheme.ed448, ed448.Ed448PublicKey, ed448.Ed448PrivateKey, (), "intrinsic"),
    _rsa(SignatureScheme.rsa_pkcs1_sha1, SHA1(), pss=False),
    _ecdsa(SignatureScheme.ecdsa_sha1, SHA1()),
)
#: Their codes, as both sides list them.
SIGNATURE_ALGORITHMS = tuple(int(scheme.code) for scheme in SCHEMES)
BY_CODE: dict[int, Scheme] = {int(scheme.code): scheme for scheme in SCHEMES}


#: The kinds of keys that people meet, public or private.
_KINDS: tuple[tuple[Any, str], ...] = (
    (rsa.RSAPublicKey | rsa.RSAPrivateKey, "an RSA key"),
    (ec.EllipticCurvePublicKey | ec.EllipticCurvePrivateKey, "an ECDSA key"),
    (ed25519.Ed25519PublicKey | ed25519.Ed25519PrivateKey, "an Ed25519 key"),
    (ed448.Ed448PublicKey | ed448.Ed448PrivateKey, "an Ed448 key"),
)


def kind_of_key(key: PublicKey | PrivateKey) -> str:
    """What kind of key it is, for a sentence: "an RSA key"."""
    return next((told for kind, told in _KINDS if isinstance(key, kind)), "a key of another kind")


def choose_scheme(key: PrivateKey, offered: tuple[int, ...], deterministic: bool = False) -> Scheme | None:
    """The first of the peer's `offered` schemes that `key` can sign with, in our order; None if there is none.

    `deterministic` puts PSS last: its salt is drawn inside the library.
    """
    fitting = [
        scheme
        for scheme in SCHEMES
        if scheme.code in offered
        and isinstance(key, scheme.private)
        and (not scheme.min_key_size or key.key_size >= scheme.min_key_size)
    ]
    if deterministic:
        fitting.sort(key=lambda scheme: "pss" in scheme.code.name)
    return fitting[0] if fitting else None


def sign(scheme: Scheme, key: PrivateKey, content: bytes, deterministic: bool = False) -> bytes:
    """The signature of `content` (it is hashed here). `deterministic`: ECDSA takes its nonce from RFC 6979."""
    arguments = scheme.arguments
    if deterministic and scheme.private is ec.EllipticCurvePrivateKey:
        arguments = (ec.ECDSA(arguments[0].algorithm, deterministic_signing=True),)
    signature: bytes = key.sign(content, *arguments)
    return signature


def verify(code: int, key: PublicKey, content: bytes, signature: bytes) -> None:
    """Check a signature over `content`. DecryptError if it is wrong, IllegalParameter if the key is of another kind."""
    scheme = BY_CODE.get(code)
    name = name_of(SignatureScheme, code)
    if scheme is None or not isinstance(key, scheme.public):
        raise IllegalParameter(f"{name} cannot be checked with {kind_of_key(key)} (RFC 5246 section 7.4.8)")
    try:
        key.verify(signature, content, *scheme.arguments)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        raise DecryptError(f"the {name} signature does not verify (RFC 5246 section 7.4.8)") from None
