"""Cipher suites as a table: every algorithm choice in minitls is a row here, never an if-ladder.

Sources: RFC 5246 appendix A.5 and C (CBC suites), RFC 5288 (GCM suites). The names of OpenSSL stand beside the
registered ones, because the command lines of real peers want those.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from ..wire.messages import KeyExchange


class Suite(NamedTuple):
    """One cipher suite. Lengths are in bytes."""

    code: int
    name: str
    openssl_name: str
    mode: str
    """"CBC" or "GCM"."""
    key_length: int
    mac: str | None
    """hashlib name of the record MAC; None for AEAD suites, which need none."""
    mac_length: int
    fixed_iv_length: int
    """The implicit part of the nonce, cut from the key block (GCM: 4; CBC in TLS 1.2: 0)."""
    record_iv_length: int
    """What travels in front of each ciphertext: the CBC block or the explicit nonce."""
    prf_hash: str
    key_exchange: KeyExchange | Literal[""] = "RSA"
    """"" for one whose messages have no structs here (`overheard_suites.py`)."""

    @property
    def key_block_length(self) -> int:
        """Bytes that both directions together cut from the key block (section 6.3)."""
        return 2 * (self.mac_length + self.key_length + self.fixed_iv_length)


def _cbc(code: int, name: str, openssl_name: str, key_length: int, mac: str, mac_length: int) -> Suite:
    return Suite(code, name, openssl_name, "CBC", key_length, mac, mac_length, 0, 16, "sha256")


def _gcm(code: int, name: str, openssl_name: str, key_length: int, prf_hash: str) -> Suite:
    return Suite(code, name, openssl_name, "GCM", key_length, None, 0, 4, 8, prf_hash)


#: In order of preference: AEAD before CBC, then the shorter key, which is strong enough.
SUITES: tuple[Suite, ...] = (
    _gcm(0x009C, "TLS_RSA_WITH_AES_128_GCM_SHA256", "AES128-GCM-SHA256", 16, "sha256"),
    _gcm(0x009D, "TLS_RSA_WITH_AES_256_GCM_SHA384", "AES256-GCM-SHA384", 32, "sha384"),
    _cbc(0x003C, "TLS_RSA_WITH_AES_128_CBC_SHA256", "AES128-SHA256", 16, "sha256", 32),
    _cbc(0x003D, "TLS_RSA_WITH_AES_256_CBC_SHA256", "AES256-SHA256", 32, "sha256", 32),
    _cbc(0x002F, "TLS_RSA_WITH_AES_128_CBC_SHA", "AES128-SHA", 16, "sha1", 20),
    _cbc(0x0035, "TLS_RSA_WITH_AES_256_CBC_SHA", "AES256-SHA", 32, "sha1", 20),
)
BY_CODE: dict[int, Suite] = {suite.code: suite for suite in SUITES}
_BY_NAME: dict[str, Suite] = {name.upper(): suite for suite in SUITES for name in (suite.name, suite.openssl_name)}


def suite_named(name: str) -> Suite:
    """The suite of an IANA or OpenSSL name, in any case; ValueError lists the names there are."""
    try:
        return _BY_NAME[name.upper()]
    except KeyError:
        known = ", ".join(suite.name for suite in SUITES)
        raise ValueError(f"unknown cipher suite {name!r}; minitls speaks {known}") from None
