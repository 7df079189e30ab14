"""Certificate revocation lists: a CA's list of the certificates that it takes back (RFC 5280 section 5).

TLS clients of today ask for no lists by themselves and neither do we: a list is used if it is given.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cryptography import x509

SIZE_LIMIT = 1 << 24


@dataclass(frozen=True, eq=False)
class RevocationList:
    """A list that could be read; whether it can be relied on is for the rules to say."""

    parsed: x509.CertificateRevocationList
    issuer: bytes
    """The DER of the issuer's name."""


def read_crl(data: bytes) -> RevocationList:
    """The list in `data`, DER or PEM. ValueError if there is none."""
    if len(data) > SIZE_LIMIT:
        raise ValueError(f"a revocation list of {len(data):,} bytes; at most {SIZE_LIMIT:,} are read")
    try:
        load = x509.load_pem_x509_crl if b"-----BEGIN" in data else x509.load_der_x509_crl
        parsed = load(data)
        return RevocationList(parsed, parsed.issuer.public_bytes())
    except Exception as fault:  # The library documents no closed list of what malformed DER can raise.
        raise ValueError(f"not a certificate revocation list: {fault or type(fault).__name__}") from fault


def load_crls(path: str | Path) -> tuple[RevocationList, ...]:
    """Every list of a PEM file, or the one of a DER file. ValueError with one sentence if there is none."""
    try:
        data = Path(path).read_bytes()
    except OSError as fault:
        raise ValueError(f"{path}: cannot be read: {fault.strerror or fault}") from fault
    end = b"-----END X509 CRL-----"
    blocks = [block + end for block in data.split(end)[:-1]] or [data]
    try:
        return tuple(read_crl(block) for block in blocks)
    except ValueError as fault:
        raise ValueError(f"{path}: {fault}") from fault
