"""Names and algorithms, which everything else of RFC 5280 is built of."""

from __future__ import annotations

from . import summaries, words
from .grammar import (
    ANY,
    IA5_STRING,
    INTEGER,
    NULL,
    OCTET_STRING,
    OID,
    TEXT,
    by_oid,
    choice,
    explicit,
    implicit,
    optionally,
    primitive,
    sequence,
    sequence_of,
    set_of,
)

# Section 4.1.2.4.
NAME = sequence_of(
    "Name",
    set_of(
        "RelativeDistinguishedName",
        sequence("AttributeTypeAndValue", type=OID, value=TEXT),
    ),
    summaries.name,
)

_OTHER_NAME = sequence(
    "OtherName", summaries.each_of("OtherName.value"), "type_id", type_id=OID, value=explicit(0, ANY)
)
_PARTY = sequence("EDIPartyName", nameAssigner=optionally(explicit(0, TEXT)), partyName=explicit(1, TEXT))

# Section 4.2.1.6.
GENERAL_NAME = choice(
    "GeneralName",
    otherName=implicit(0, _OTHER_NAME),
    rfc822Name=implicit(1, IA5_STRING),
    dNSName=implicit(2, IA5_STRING),
    x400Address=implicit(3, sequence("ORAddress")),
    directoryName=explicit(4, NAME),
    ediPartyName=implicit(5, _PARTY),
    uniformResourceIdentifier=implicit(6, IA5_STRING),
    iPAddress=implicit(7, primitive(4, words.address)),
    registeredID=implicit(8, OID),
)
GENERAL_NAMES = sequence_of("GeneralNames", GENERAL_NAME, summaries.each_of("GeneralName."))

_HASH = sequence("AlgorithmIdentifier", summaries.algorithm, algorithm=OID, parameters=optionally(ANY))
_PSS_PARAMETERS = sequence(
    "RSASSA-PSS-params",
    hashAlgorithm=optionally(explicit(0, _HASH)),
    maskGenAlgorithm=optionally(
        explicit(1, sequence("AlgorithmIdentifier", summaries.algorithm, algorithm=OID, parameters=_HASH))
    ),
    saltLength=optionally(explicit(2, INTEGER)),
    trailerField=optionally(explicit(3, INTEGER)),
)
_CURVE = sequence(
    "SpecifiedECDomain",
    version=INTEGER,
    fieldID=sequence("FieldID", fieldType=OID, parameters=ANY),
    curve=sequence("Curve", a=OCTET_STRING, b=OCTET_STRING, seed=optionally(primitive(3))),
    base=OCTET_STRING,
    order=INTEGER,
    cofactor=optionally(INTEGER),
)

RSA, EC, DSA, PSS = "1.2.840.113549.1.1.1", "1.2.840.10045.2.1", "1.2.840.10040.4.1", "1.2.840.113549.1.1.10"
_PARAMETERS = {
    RSA: NULL,
    EC: choice("EcpkParameters", namedCurve=OID, implicitCurve=NULL, specifiedCurve=_CURVE),
    DSA: sequence("Dss-Parms", p=INTEGER, q=INTEGER, g=INTEGER),
    PSS: _PSS_PARAMETERS,
}

# Section 4.1.1.2, RFC 3279, RFC 4055 and RFC 5480.
ALGORITHM = sequence(
    "AlgorithmIdentifier", summaries.algorithm, algorithm=OID, parameters=optionally(by_oid("algorithm", _PARAMETERS))
)
