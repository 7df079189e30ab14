"""The certificate of RFC 5280 section 4.1, from its first tag to its signature."""

from __future__ import annotations

from ....wire.grammar import Struct, rest, struct, uint8, wire
from . import names, summaries, words
from .extensions import EXTENSIONS
from .grammar import (
    BIT_STRING,
    INTEGER,
    TIME,
    Asn1Type,
    bare,
    by_oid,
    enclosing,
    explicit,
    implicit,
    optionally,
    primitive,
    sequence,
)

VALIDITY = sequence("Validity", summaries.period, notBefore=TIME, notAfter=TIME)


class _Uncompressed(Struct):
    """SEC 1 section 2.3.3: a point of a curve, both coordinates in full."""

    form: int = wire(uint8)
    point: bytes = wire(rest)


def _point(name: str, data: bytes) -> str:
    """The form of a point, and its coordinates."""
    if name == "form":
        forms = {2: "compressed, y even", 3: "compressed, y odd", 4: "uncompressed: x and y"}
        return f"{data.hex()} {forms.get(data[0], 'no form known')}"
    return words.hexadecimal(data)


RSA_PUBLIC_KEY = sequence("RSAPublicKey", modulus=INTEGER, publicExponent=INTEGER)
EC_POINT = bare("ECPoint", struct(_Uncompressed), _point)
KEYS: dict[str, Asn1Type] = {
    names.RSA: enclosing(BIT_STRING, RSA_PUBLIC_KEY, summaries.rsa_key),
    names.PSS: enclosing(BIT_STRING, RSA_PUBLIC_KEY, summaries.rsa_key),
    names.EC: enclosing(BIT_STRING, EC_POINT, summaries.point),
    names.DSA: enclosing(BIT_STRING, INTEGER),
}
SUBJECT_PUBLIC_KEY_INFO = sequence(
    "SubjectPublicKeyInfo",
    summaries.public_key,
    algorithm=names.ALGORITHM,
    subjectPublicKey=by_oid("algorithm", KEYS, BIT_STRING),
)

# RFC 3279 section 2.2: two numbers; RSA and EdDSA signatures are bytes without structure.
_TWO_NUMBERS = enclosing(BIT_STRING, sequence("ECDSA-Sig-Value", r=INTEGER, s=INTEGER), summaries.two_numbers)
SIGNATURES: dict[str, Asn1Type] = {
    **{f"1.2.840.10045.4.3.{number}": _TWO_NUMBERS for number in range(1, 5)},
    "1.2.840.10045.4.1": _TWO_NUMBERS,
    "1.2.840.10040.4.3": _TWO_NUMBERS,
    "2.16.840.1.101.3.4.3.1": _TWO_NUMBERS,
    "2.16.840.1.101.3.4.3.2": _TWO_NUMBERS,
}

SERIAL_NUMBER = primitive(2, words.serial_number)
TBS_CERTIFICATE = sequence(
    "TBSCertificate",
    None,
    version=optionally(explicit(0, primitive(2, words.coded({0: "v1", 1: "v2", 2: "v3"})))),
    serialNumber=SERIAL_NUMBER,
    signature=names.ALGORITHM,
    issuer=names.NAME,
    validity=VALIDITY,
    subject=names.NAME,
    subjectPublicKeyInfo=SUBJECT_PUBLIC_KEY_INFO,
    issuerUniqueID=optionally(implicit(1, BIT_STRING)),
    subjectUniqueID=optionally(implicit(2, BIT_STRING)),
    extensions=optionally(explicit(3, EXTENSIONS)),
)
CERTIFICATE = sequence(
    "Certificate",
    summaries.certificate,
    tbsCertificate=TBS_CERTIFICATE,
    signatureAlgorithm=names.ALGORITHM,
    signatureValue=by_oid("signatureAlgorithm", SIGNATURES, BIT_STRING),
)
