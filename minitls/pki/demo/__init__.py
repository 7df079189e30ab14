"""The frozen demo PKI: made once by `python -m minitls.pki.faults.freeze`, shipped, the CA keys forgotten.

The private keys here are public: everybody who has minitls has them. `is_demo_key` lets a server refuse to show them to
anybody but this machine.
"""

from __future__ import annotations

import warnings
from functools import lru_cache
from importlib.resources import files

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

PUBLIC_KEYS = ("server.key", "client.key", "gallery/weak-leaf-key.key", "gallery/ecdsa-leaf.key")


def text_of(name: str) -> bytes:
    """A shipped file, such as "server.pem" or "gallery/expired.pem"."""
    return files(__name__).joinpath(name).read_bytes()


def root_pem() -> bytes:
    """The demo root as PEM, for `--ca` and for other programs."""
    return text_of("root.pem")


@lru_cache(maxsize=1)
def root() -> bytes:
    """The demo root as DER."""
    return chain_of(root_pem())[0]


@lru_cache(maxsize=1)
def server_chain() -> list[bytes]:
    """The demo server's certificate and the intermediate above it, as DER, as a server sends them."""
    return chain_of(text_of("server.pem"))


def server_key() -> bytes:
    """The demo server's private key, PEM (PKCS#8)."""
    return text_of("server.key")


@lru_cache(maxsize=1)
def client_chain() -> list[bytes]:
    """The demo client's certificate and the intermediate above it, as DER."""
    return chain_of(text_of("client.pem"))


def client_key() -> bytes:
    """The demo client's private key, PEM (PKCS#8)."""
    return text_of("client.key")


def chain_of(pem: bytes) -> list[bytes]:
    """Every certificate of a PEM text as DER, in order. ValueError if there is none."""
    return [each.public_bytes(Encoding.DER) for each in x509.load_pem_x509_certificates(pem)]


def is_demo_key(certificate: bytes) -> bool:
    """The certificate (DER) is for a key whose private half is shipped with minitls. False for other bytes."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # The gallery's odd serial numbers are no news here.
            return _key_info(x509.load_der_x509_certificate(certificate)) in _public_keys()
    except Exception:  # Bytes of any shape may be asked about; what cannot be read is none of ours.
        return False


def _key_info(certificate: x509.Certificate) -> bytes:
    return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


@lru_cache(maxsize=1)
def _public_keys() -> frozenset[bytes]:
    keys = (load_pem_private_key(text_of(name), None).public_key() for name in PUBLIC_KEYS)
    return frozenset(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) for key in keys)
