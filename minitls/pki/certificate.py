"""One certificate, read once: everything the rules look at, or the reason why it cannot be read.

Reading is a pure function of the DER bytes and is remembered for the last few hundred certificates, so a chain that
comes again costs a look-up. Nothing is judged here: an odd serial number is kept, not refused.
"""

from __future__ import annotations

import warnings
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

from . import der
from .reasons import reason_of

SIZE_LIMIT = 1 << 16  # A budget, not a rule of the RFC: the largest honest certificates have some 10 kB.

Body = TypeVar("Body", bound=x509.ExtensionType)


class Certificate:
    """A certificate that could be read; compared by identity. Raw fields are DER as it stands in the certificate."""

    def __init__(self, data: bytes, parsed: x509.Certificate) -> None:
        signed, outer_algorithm, signature = der.inside(data)
        if signature.content[0] != 0:  # The library passes over this byte: one certificate, two encodings.
            raise ValueError("the signature is not a whole number of bytes")
        fields = der.elements(signed.content)
        if fields[0].tag == 0xA0:  # [0] EXPLICIT version; absent means version 1.
            fields = fields[1:]
        serial, inner_algorithm, issuer, validity, subject, key_info = fields[:6]
        not_before, not_after = der.elements(validity.content)

        self.der = data
        self.parsed = parsed
        self.label = short_name(parsed.subject)
        self.subject, self.issuer = subject.whole, issuer.whole
        self.subject_text = parsed.subject.rfc4514_string() or "(empty)"
        self.issuer_text = parsed.issuer.rfc4514_string() or "(empty)"
        # The content octets of the INTEGER (RFC 5280 section 4.1.2.2: positive, at most 20 octets).
        self.serial = serial.content
        # The algorithm is named outside the signed part, where it is used, and inside; the two must be equal.
        self.signature_algorithm, self.signed_signature_algorithm = outer_algorithm.whole, inner_algorithm.whole
        self.validity_tags = not_before.tag, not_after.tag
        self.not_before, self.not_after = parsed.not_valid_before_utc, parsed.not_valid_after_utc
        self.key_info = key_info.whole
        # The key is None for a kind that the library does not know, and `key_fault` says why.
        self.key, self.key_fault = _public_key(parsed)
        self.extensions: dict[x509.ObjectIdentifier, x509.Extension[Any]] = {
            extension.oid: extension for extension in parsed.extensions
        }

    def extension(self, kind: type[Body]) -> x509.Extension[Body] | None:
        """The extension of this kind with its critical flag, None if the certificate has none."""
        return self.extensions.get(kind.oid)

    @property
    def is_ca(self) -> bool:
        """Whether its basicConstraints says that it is a CA."""
        extension = self.extension(x509.BasicConstraints)
        return extension is not None and extension.value.ca

    @property
    def self_issued(self) -> bool:
        """Subject and issuer are the same name (RFC 5280 section 3.2); says nothing about the key."""
        return self.subject == self.issuer


class Unreadable(NamedTuple):
    """Bytes that are no certificate, with the rule that they break and a reason for people."""

    rule: str
    reason: str


@lru_cache(maxsize=128)
def read_certificate(data: bytes) -> Certificate | Unreadable:
    """The certificate that `data` is, or why it is none. Never raises, on any bytes."""
    if len(data) > SIZE_LIMIT:
        return Unreadable("certificate-size", f"{len(data):,} bytes")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # The library warns of serial numbers; our rules refuse them by name.
            return Certificate(data, x509.load_der_x509_certificate(data))
    except x509.DuplicateExtension as fault:
        return Unreadable("extensions-once", f"{fault.oid.dotted_string} twice")
    except Exception as fault:  # The library documents no closed list of what malformed DER can raise.
        return Unreadable("readable", reason_of(fault))


def subject_of(data: bytes) -> bytes:
    """The DER of the subject of a certificate that the library could load, without reading the rest of it."""
    fields = der.elements(der.inside(data)[0].content)
    return fields[5 if fields[0].tag == 0xA0 else 4].whole


def _public_key(parsed: x509.Certificate) -> tuple[CertificatePublicKeyTypes | None, str]:
    try:
        return parsed.public_key(), ""
    except Exception as fault:  # Unknown algorithms, curves and malformed keys each raise something else.
        return None, reason_of(fault)


def short_name(name: x509.Name) -> str:
    """What people call the holder of `name`: its common name, else its last attribute, else "(no name)"."""
    common = name.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    attributes = common or list(name)[-1:]
    return str(attributes[-1].value) if attributes else "(no name)"
