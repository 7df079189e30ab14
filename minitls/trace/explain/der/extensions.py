"""The extensions of a certificate (RFC 5280 section 4.2), each declared as its RFC has it, by object identifier."""

from __future__ import annotations

from datetime import datetime, timedelta

from ..registries import registered
from ..transparency import SCTS
from . import summaries, words
from .grammar import (
    ANY,
    BOOLEAN,
    IA5_STRING,
    INTEGER,
    NULL,
    OCTET_STRING,
    OID,
    TEXT,
    Asn1Type,
    bare,
    by_oid,
    choice,
    enclosing,
    explicit,
    implicit,
    named_bits,
    optionally,
    primitive,
    sequence,
    sequence_of,
)
from .names import GENERAL_NAME, GENERAL_NAMES, NAME

_KEY_IDENTIFIER = primitive(4, bytes.hex, "KeyIdentifier")
_SKIP = primitive(2, name="SkipCerts")

BASIC_CONSTRAINTS = sequence(
    "BasicConstraints", summaries.basic_constraints, cA=optionally(BOOLEAN), pathLenConstraint=optionally(INTEGER)
)
KEY_USAGE = named_bits(
    "KeyUsage",
    "digitalSignature",
    "nonRepudiation",
    "keyEncipherment",
    "dataEncipherment",
    "keyAgreement",
    "keyCertSign",
    "cRLSign",
    "encipherOnly",
    "decipherOnly",
)
EXT_KEY_USAGE = sequence_of("ExtKeyUsage", OID, summaries.each_of("ExtKeyUsage.item"))
AUTHORITY_KEY_IDENTIFIER = sequence(
    "AuthorityKeyIdentifier",
    summaries.key_identifier,
    keyIdentifier=optionally(implicit(0, _KEY_IDENTIFIER)),
    authorityCertIssuer=optionally(implicit(1, GENERAL_NAMES)),
    authorityCertSerialNumber=optionally(implicit(2, primitive(2, words.serial_number))),
)
_REASONS = named_bits(
    "ReasonFlags",
    "unused",
    "keyCompromise",
    "cACompromise",
    "affiliationChanged",
    "superseded",
    "cessationOfOperation",
    "certificateHold",
    "privilegeWithdrawn",
    "aACompromise",
)
_POINT_NAME = choice(
    "DistributionPointName",
    fullName=implicit(0, GENERAL_NAMES),
    nameRelativeToCRLIssuer=implicit(1, NAME.item),
)
CRL_DISTRIBUTION_POINTS = sequence_of(
    "CRLDistributionPoints",
    sequence(
        "DistributionPoint",
        summaries.each_of("GeneralName."),
        distributionPoint=optionally(explicit(0, _POINT_NAME)),
        reasons=optionally(implicit(1, _REASONS)),
        cRLIssuer=optionally(implicit(2, GENERAL_NAMES)),
    ),
    summaries.each_of("GeneralName."),
)
INFORMATION_ACCESS = sequence_of(
    "AuthorityInfoAccess",
    sequence("AccessDescription", summaries.access, accessMethod=OID, accessLocation=GENERAL_NAME),
    summaries.access,
)
_NOTICE = sequence(
    "UserNotice",
    noticeRef=optionally(
        sequence("NoticeReference", organization=TEXT, noticeNumbers=sequence_of("NoticeNumbers", INTEGER))
    ),
    explicitText=optionally(TEXT),
)
CERTIFICATE_POLICIES = sequence_of(
    "CertificatePolicies",
    sequence(
        "PolicyInformation",
        policyIdentifier=OID,
        policyQualifiers=optionally(
            sequence_of(
                "PolicyQualifiers",
                sequence(
                    "PolicyQualifierInfo",
                    policyQualifierId=OID,
                    qualifier=by_oid(
                        "policyQualifierId", {"1.3.6.1.5.5.7.2.1": IA5_STRING, "1.3.6.1.5.5.7.2.2": _NOTICE}
                    ),
                ),
            )
        ),
    ),
    summaries.each_of("PolicyInformation.policyIdentifier"),
)
_SUBTREES = sequence_of(
    "GeneralSubtrees",
    sequence(
        "GeneralSubtree",
        base=GENERAL_NAME,
        minimum=optionally(implicit(0, INTEGER)),
        maximum=optionally(implicit(1, INTEGER)),
    ),
)
NAME_CONSTRAINTS = sequence(
    "NameConstraints",
    summaries.subtrees,
    permittedSubtrees=optionally(implicit(0, _SUBTREES)),
    excludedSubtrees=optionally(implicit(1, _SUBTREES)),
)
POLICY_MAPPINGS = sequence_of(
    "PolicyMappings", sequence("PolicyMapping", issuerDomainPolicy=OID, subjectDomainPolicy=OID)
)
POLICY_CONSTRAINTS = sequence(
    "PolicyConstraints",
    requireExplicitPolicy=optionally(implicit(0, _SKIP)),
    inhibitPolicyMapping=optionally(implicit(1, _SKIP)),
)
PRIVATE_KEY_USAGE_PERIOD = sequence(
    "PrivateKeyUsagePeriod",
    notBefore=optionally(implicit(0, primitive(24))),
    notAfter=optionally(implicit(1, primitive(24))),
)
# RFC 7633: the numbers are of TLS extensions.
TLS_FEATURE = sequence_of(
    "TlsFeature",
    primitive(2, words.coded({5: "status_request", 17: "status_request_v2"})),
    summaries.each_of("TlsFeature.item"),
)
NETSCAPE_TYPE = named_bits(
    "NetscapeCertType",
    "SSL client",
    "SSL server",
    "S/MIME",
    "object signing",
    "reserved",
    "SSL CA",
    "S/MIME CA",
    "object signing CA",
)
QC_STATEMENTS = sequence_of("QCStatements", sequence("QCStatement", statementId=OID, statementInfo=optionally(ANY)))


def _sct(name: str, data: bytes) -> str:
    """A field of a timestamp in words."""
    number = int.from_bytes(data, "big")
    last = name.rpartition(".")[2]
    if last == "length":
        return f"{number:,} {words.follow(number)}"
    if last == "sct_version":
        return f"v{number + 1}"
    if last == "timestamp":
        # Milliseconds; a year that people will see has 13 digits or fewer.
        past = number if number < 10**14 else 0
        when = datetime(1970, 1, 1) + timedelta(milliseconds=past)
        return f"{when:%Y-%m-%d %H:%M:%S} UTC" if past or not number else str(number)
    return f"0x{data.hex()} {registered('signature_schemes', number)}" if last == "algorithm" else data.hex()


SCT_LIST = enclosing(
    OCTET_STRING,
    bare("SignedCertificateTimestampList", SCTS, _sct),
    summaries.count("timestamp", "SignedCertificateTimestampList.log_id"),
)

_BY_NUMBER: dict[str, Asn1Type] = {
    "9": sequence_of("SubjectDirectoryAttributes", ANY),
    "14": _KEY_IDENTIFIER,
    "15": KEY_USAGE,
    "16": PRIVATE_KEY_USAGE_PERIOD,
    "17": GENERAL_NAMES,
    "18": GENERAL_NAMES,
    "19": BASIC_CONSTRAINTS,
    "30": NAME_CONSTRAINTS,
    "31": CRL_DISTRIBUTION_POINTS,
    "32": CERTIFICATE_POLICIES,
    "33": POLICY_MAPPINGS,
    "35": AUTHORITY_KEY_IDENTIFIER,
    "36": POLICY_CONSTRAINTS,
    "37": EXT_KEY_USAGE,
    "46": CRL_DISTRIBUTION_POINTS,
    "54": _SKIP,
}

#: What an extension's value holds, by its object identifier.
STRUCTURES: dict[str, Asn1Type] = {
    **{f"2.5.29.{number}": declared for number, declared in _BY_NUMBER.items()},
    "1.3.6.1.5.5.7.1.1": INFORMATION_ACCESS,
    "1.3.6.1.5.5.7.1.3": QC_STATEMENTS,
    "1.3.6.1.5.5.7.1.11": INFORMATION_ACCESS,
    "1.3.6.1.5.5.7.1.24": TLS_FEATURE,
    "1.3.6.1.5.5.7.48.1.2": OCTET_STRING,
    "1.3.6.1.5.5.7.48.1.5": NULL,
    "1.3.6.1.4.1.11129.2.4.2": SCT_LIST,
    "1.3.6.1.4.1.11129.2.4.3": NULL,
    "1.3.6.1.4.1.11129.2.4.5": SCT_LIST,
    "2.16.840.1.113730.1.1": NETSCAPE_TYPE,
    **{f"2.16.840.1.113730.1.{number}": IA5_STRING for number in (2, 3, 4, 8, 12, 13)},
}

# RFC 5280 section 4.1: an extension nobody knows holds DER all the same.
EXTENSIONS = sequence_of(
    "Extensions",
    sequence(
        "Extension",
        summaries.extension,
        "extnID",
        extnID=OID,
        critical=optionally(BOOLEAN),
        extnValue=by_oid(
            "extnID",
            {oid: enclosing(OCTET_STRING, declared) for oid, declared in STRUCTURES.items()},
            enclosing(OCTET_STRING, ANY),
        ),
    ),
    summaries.count("extension", "Extension.extnID"),
)
