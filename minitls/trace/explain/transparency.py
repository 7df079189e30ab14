"""The promises of Certificate Transparency's logs: in certificates, in OCSP responses and in an extension of TLS."""

from __future__ import annotations

from ...wire.grammar import Struct, fixed, inside, opaque, struct, uint, uint8, uint16, vector, wire


class SignedCertificateTimestamp(Struct):
    """RFC 6962 section 3.2, in the presentation language of TLS: a log's promise to publish this certificate."""

    sct_version: int = wire(uint8)
    log_id: bytes = wire(fixed(32))
    timestamp: int = wire(uint(8))
    extensions: bytes = wire(opaque(0, 0xFFFF))
    algorithm: int = wire(uint16)
    signature: bytes = wire(opaque(0, 0xFFFF))


#: RFC 6962 section 3.3: the list, each promise and the whole behind their lengths.
SCTS = vector(inside(struct(SignedCertificateTimestamp), 1, 0xFFFF), 1, 0xFFFF)
