"""Suites that minitls does not speak, and whose records it opens for who knows the master secret.

A listener with a key log needs no key exchange: from the master secret on, TLS 1.2 is the same for all of them. What a
suite does with records follows from the second half of its name, so a row here is a key exchange and the numbers of its
suites. Sources: RFC 5246 appendix A.5, RFC 5288, 5289, 4492 (EC), 4279, 5487, 5489 (pre-shared keys), 5054 (SRP), 8492
(ECCPWD).
"""

from __future__ import annotations

from ..wire.messages import KeyExchange
from .suites import BY_CODE, SUITES, Suite, suite_named

#: The second half of the names, in the order of the numbers below.
_RECORDS = (
    "AES_128_CBC_SHA",
    "AES_256_CBC_SHA",
    "AES_128_CBC_SHA256",
    "AES_256_CBC_SHA256",
    "AES_256_CBC_SHA384",
    "AES_128_GCM_SHA256",
    "AES_256_GCM_SHA384",
)
_NUMBERS: dict[str, tuple[int | None, ...]] = {
    "DHE_DSS": (0x0032, 0x0038, 0x0040, 0x006A, None, 0x00A2, 0x00A3),
    "DHE_RSA": (0x0033, 0x0039, 0x0067, 0x006B, None, 0x009E, 0x009F),
    "DH_DSS": (0x0030, 0x0036, 0x003E, 0x0068, None, 0x00A4, 0x00A5),
    "DH_RSA": (0x0031, 0x0037, 0x003F, 0x0069, None, 0x00A0, 0x00A1),
    "DH_anon": (0x0034, 0x003A, 0x006C, 0x006D, None, 0x00A6, 0x00A7),
    "ECDH_ECDSA": (0xC004, 0xC005, 0xC025, None, 0xC026, 0xC02D, 0xC02E),
    "ECDHE_ECDSA": (0xC009, 0xC00A, 0xC023, None, 0xC024, 0xC02B, 0xC02C),
    "ECDH_RSA": (0xC00E, 0xC00F, 0xC029, None, 0xC02A, 0xC031, 0xC032),
    "ECDHE_RSA": (0xC013, 0xC014, 0xC027, None, 0xC028, 0xC02F, 0xC030),
    "ECDH_anon": (0xC018, 0xC019, None, None, None, None, None),
    "PSK": (0x008C, 0x008D, 0x00AE, None, 0x00AF, 0x00A8, 0x00A9),
    "DHE_PSK": (0x0090, 0x0091, 0x00B2, None, 0x00B3, 0x00AA, 0x00AB),
    "RSA_PSK": (0x0094, 0x0095, 0x00B6, None, 0x00B7, 0x00AC, 0x00AD),
    "SRP_SHA": (0xC01D, 0xC020, None, None, None, None, None),
    "SRP_SHA_RSA": (0xC01E, 0xC021, None, None, None, None, None),
    "SRP_SHA_DSS": (0xC01F, 0xC022, None, None, None, None, None),
    "ECCPWD": (None, None, None, None, None, 0xC0B0, 0xC0B1),
    "ECDHE_PSK": (0xC035, 0xC036, 0xC037, None, 0xC038, 0xD001, 0xD002),
}
#: Whose structs the two sides send. Of the others none is declared: their key exchange messages stay bytes.
_STRUCTS: dict[str, KeyExchange] = {
    "DHE_DSS": "DHE",
    "DHE_RSA": "DHE",
    "ECDHE_ECDSA": "ECDHE",
    "ECDHE_RSA": "ECDHE",
}
_MAC_LENGTHS = {"SHA": 20, "SHA256": 32, "SHA384": 48}


def _suite(code: int, key_exchange: str, records: str) -> Suite:
    """What the two halves of a name say. The PRF is that of the name's hash, at least SHA-256 (RFC 5246 section 5)."""
    _, bits, mode, digest = records.split("_")
    hash_name = {"SHA": "sha1", "SHA256": "sha256", "SHA384": "sha384"}[digest]
    is_cbc = mode == "CBC"
    return Suite(
        code=code,
        name=f"TLS_{key_exchange}_WITH_{records}",
        openssl_name="",
        mode=mode,
        key_length=int(bits) // 8,
        mac=hash_name if is_cbc else None,
        mac_length=_MAC_LENGTHS[digest] if is_cbc else 0,
        fixed_iv_length=0 if is_cbc else 4,
        record_iv_length=16 if is_cbc else 8,
        prf_hash="sha384" if digest == "SHA384" else "sha256",
        key_exchange=_STRUCTS.get(key_exchange, ""),
    )


#: Sorted by key exchange. None of them is spoken, offered or chosen.
OVERHEARD: tuple[Suite, ...] = tuple(
    _suite(code, key_exchange, records)
    for key_exchange, codes in _NUMBERS.items()
    for records, code in zip(_RECORDS, codes, strict=True)
    if code is not None and code not in BY_CODE
)
_BY_CODE = {suite.code: suite for suite in OVERHEARD}
_BY_NAME = {suite.name: suite for suite in (*OVERHEARD, *SUITES)}


def any_suite(code: int) -> Suite | None:
    """The suite of a number, spoken or only overheard; None if its records cannot be opened here."""
    return BY_CODE.get(code) or _BY_CODE.get(code)


def any_suite_named(name: str) -> Suite:
    """The suite of an IANA name, spoken or only overheard; ValueError as of `suite_named`."""
    return _BY_NAME.get(name) or suite_named(name)
