"""The OCSP response of RFC 6960 section 4.2.1, as a server staples it (RFC 6066 section 8)."""

from __future__ import annotations

from . import names, summaries, words
from .certificate import CERTIFICATE, SERIAL_NUMBER, SIGNATURES
from .extensions import EXTENSIONS
from .grammar import (
    BIT_STRING,
    NULL,
    OCTET_STRING,
    OID,
    by_oid,
    choice,
    enclosing,
    explicit,
    implicit,
    optionally,
    primitive,
    sequence,
    sequence_of,
)

_TIME = primitive(24)
_HASH = primitive(4, bytes.hex)
_STATUSES = {
    0: "successful",
    1: "malformedRequest",
    2: "internalError",
    3: "tryLater",
    5: "sigRequired",
    6: "unauthorized",
}
_REASONS = {
    0: "unspecified",
    1: "keyCompromise",
    2: "cACompromise",
    3: "affiliationChanged",
    4: "superseded",
    5: "cessationOfOperation",
    6: "certificateHold",
    8: "removeFromCRL",
    9: "privilegeWithdrawn",
    10: "aACompromise",
}

CERT_ID = sequence(
    "CertID",
    hashAlgorithm=names.ALGORITHM,
    issuerNameHash=_HASH,
    issuerKeyHash=_HASH,
    serialNumber=SERIAL_NUMBER,
)
CERT_STATUS = choice(
    "CertStatus",
    good=implicit(0, NULL),
    revoked=implicit(
        1,
        sequence(
            "RevokedInfo",
            summaries.revoked,
            revocationTime=_TIME,
            revocationReason=optionally(explicit(0, primitive(10, words.coded(_REASONS)))),
        ),
    ),
    unknown=implicit(2, NULL),
)
SINGLE_RESPONSE = sequence(
    "SingleResponse",
    summaries.single_response,
    certID=CERT_ID,
    certStatus=CERT_STATUS,
    thisUpdate=_TIME,
    nextUpdate=optionally(explicit(0, _TIME)),
    singleExtensions=optionally(explicit(1, EXTENSIONS)),
)
RESPONSE_DATA = sequence(
    "ResponseData",
    version=optionally(explicit(0, primitive(2, words.coded({0: "v1"})))),
    responderID=choice("ResponderID", byName=explicit(1, names.NAME), byKey=explicit(2, _HASH)),
    producedAt=_TIME,
    responses=sequence_of("Responses", SINGLE_RESPONSE, summaries.each_of("SingleResponse")),
    responseExtensions=optionally(explicit(1, EXTENSIONS)),
)
BASIC_RESPONSE = sequence(
    "BasicOCSPResponse",
    summaries.each_of("SingleResponse"),
    tbsResponseData=RESPONSE_DATA,
    signatureAlgorithm=names.ALGORITHM,
    signature=by_oid("signatureAlgorithm", SIGNATURES, BIT_STRING),
    certs=optionally(explicit(0, sequence_of("Certificates", CERTIFICATE))),
)
OCSP_RESPONSE = sequence(
    "OCSPResponse",
    summaries.response,
    responseStatus=primitive(10, words.coded(_STATUSES)),
    responseBytes=optionally(
        explicit(
            0,
            sequence(
                "ResponseBytes",
                responseType=OID,
                response=by_oid(
                    "responseType",
                    {"1.3.6.1.5.5.7.48.1.1": enclosing(OCTET_STRING, BASIC_RESPONSE)},
                    OCTET_STRING,
                ),
            ),
        )
    ),
)
