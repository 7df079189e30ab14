"""Certificate revocation lists: a CA's list of the certificates that it takes back (RFC 5280 section 5).

TLS clients of today ask for no lists by themselves and neither do we: a list is used if it is given.
"""

from __future__ import annotations

import warnings
from pathlib import Path

from cryptography import x509

from .reasons import reason_of

SIZE_LIMIT = 1 << 24


class RevocationList:
    """A list that could be read, compared by identity; whether it can be relied on is for the rules to say."""

    def __init__(self, parsed: x509.CertificateRevocationList) -> None:
        entries = list(parsed)
        extensions = [*parsed.extensions, *(extension for entry in entries for extension in entry.extensions)]
        self.parsed = parsed
        self.issuer = parsed.issuer
        self.revoked = {entry.serial_number: entry.revocation_date_utc for entry in entries}
        # Critical extensions, of the list or of an entry, that we do not know (sections 5.2 and 5.3: all of them).
        self.not_understood = tuple(dict.fromkeys(each.oid.dotted_string for each in extensions if each.critical))


def read_crl(data: bytes) -> RevocationList:
    """The list in `data`, DER or PEM. ValueError if there is none."""
    if len(data) > SIZE_LIMIT:
        raise ValueError(f"a revocation list of {len(data):,} bytes; at most {SIZE_LIMIT:,} are read")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Serial numbers that are not positive are warned of; here they are equal.
            load = x509.load_pem_x509_crl if b"-----BEGIN" in data else x509.load_der_x509_crl
            return RevocationList(load(data))
    except Exception as fault:  # The library documents no closed list of what malformed DER can raise.
        raise ValueError(f"not a certificate revocation list: {reason_of(fault)}") from fault


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
