"""A credential: a certificate chain and the private key of its first certificate, with which a side proves its name."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from ..crypto.signatures import PrivateKey
from ..wire.messages import Certificate


@dataclass(frozen=True)
class Credential:
    """`chain` is DER, the own certificate first; `ocsp_response` (DER) is stapled when a client asks for it."""

    chain: tuple[bytes, ...]
    private_key: PrivateKey
    ocsp_response: bytes = b""

    def __post_init__(self) -> None:
        if not self.chain:
            raise ValueError("a credential needs at least one certificate")

    @classmethod
    def load(
        cls, certificate_file: str | Path, key_file: str | Path, ocsp_file: str | Path | None = None
    ) -> Credential:
        """Read PEM files. ValueError, in a sentence that names the file, for anything that cannot be used."""
        shown, secret = _read(certificate_file), _read(key_file)
        try:
            chain = tuple(
                certificate.public_bytes(Encoding.DER) for certificate in x509.load_pem_x509_certificates(shown)
            )
        except ValueError:
            raise ValueError(f"{certificate_file} holds no PEM certificate (-----BEGIN CERTIFICATE-----)") from None
        try:
            key = load_pem_private_key(secret, password=None)
        except TypeError:
            raise ValueError(f"{key_file} is encrypted; give a key without a passphrase") from None
        except (ValueError, UnsupportedAlgorithm):
            raise ValueError(f"{key_file} holds no PEM private key (-----BEGIN PRIVATE KEY-----)") from None
        credential = cls(chain, key, _read(ocsp_file) if ocsp_file else b"")
        try:
            credential.check()
        except ValueError as wrong:
            raise ValueError(f"{certificate_file} and {key_file}: {wrong}") from None
        return credential

    def check(self) -> None:
        """ValueError unless the private key belongs to the first certificate. `load` has called it already."""
        try:
            certified = self.certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        except (ValueError, UnsupportedAlgorithm) as wrong:
            raise ValueError(f"the first certificate cannot be used: {wrong}") from None
        public = self.private_key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        if certified != public:
            raise ValueError("key and certificate do not match: the certificate is for another public key")

    @cached_property
    def certificate(self) -> x509.Certificate:
        """The own certificate, parsed once."""
        return x509.load_der_x509_certificate(self.chain[0])

    @cached_property
    def message(self) -> bytes:
        """The Certificate handshake message, encoded once for all connections."""
        return Certificate(self.chain).encode()

    @cached_property
    def dns_names(self) -> tuple[str, ...]:
        """The DNS names of the own certificate, in lower case; wildcards as they stand."""
        try:
            names = self.certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        except (ValueError, x509.ExtensionNotFound, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
            return ()  # A certificate of any shape may be served, to see it refused.
        return tuple(name.lower() for name in names.get_values_for_type(x509.DNSName))

    @property
    def is_rsa(self) -> bool:
        """Whether the key can decrypt a pre-master secret."""
        return isinstance(self.private_key, RSAPrivateKey)

    def serves(self, server_name: str) -> bool:
        """Whether the certificate is for `server_name`; a leftmost ``*`` stands for exactly one label (RFC 6125)."""
        name = server_name.lower()
        return name in self.dns_names or "*." + name.partition(".")[2] in self.dns_names


def _read(file: str | Path) -> bytes:
    try:
        return Path(file).read_bytes()
    except OSError as wrong:
        raise ValueError(f"cannot read {file}: {wrong.strerror or wrong}") from None
