"""The table of suites against OpenSSL's and against what the registered names say."""

from __future__ import annotations

import re
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minitls.crypto.suites import BY_CODE, SUITES, Suite, suite_named
from tests.peers import require_program

EACH = pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.name)

#: RFC 5246 appendix A.5 and RFC 5288 section 5.
REGISTERED = {
    "TLS_RSA_WITH_AES_128_CBC_SHA": 0x002F,
    "TLS_RSA_WITH_AES_256_CBC_SHA": 0x0035,
    "TLS_RSA_WITH_AES_128_CBC_SHA256": 0x003C,
    "TLS_RSA_WITH_AES_256_CBC_SHA256": 0x003D,
    "TLS_RSA_WITH_AES_128_GCM_SHA256": 0x009C,
    "TLS_RSA_WITH_AES_256_GCM_SHA384": 0x009D,
}


def test_the_six_suites_of_rsa_key_exchange_are_there() -> None:
    spoken = {suite.name: suite.code for suite in SUITES if suite.key_exchange == "RSA"}
    assert spoken == REGISTERED


@EACH
def test_lengths_follow_from_the_name(suite: Suite) -> None:
    """RFC 5246 appendix C; RFC 5288 section 3: salt 4, explicit nonce 8."""
    match = re.fullmatch(r"TLS_(\w+)_WITH_AES_(128|256)_(CBC|GCM)_(SHA|SHA256|SHA384)", suite.name)
    assert match is not None
    key_exchange, bits, mode, hash_name = match.groups()
    assert suite.key_exchange == {"RSA": "RSA", "ECDHE_RSA": "ECDHE", "ECDHE_ECDSA": "ECDHE"}[key_exchange]
    assert suite.mode == mode
    assert suite.key_length == int(bits) // 8
    if mode == "GCM":
        assert (suite.mac, suite.mac_length, suite.fixed_iv_length, suite.record_iv_length) == (None, 0, 4, 8)
        assert suite.prf_hash == hash_name.lower()
    else:
        assert (suite.mac, suite.mac_length) == {"SHA": ("sha1", 20), "SHA256": ("sha256", 32)}[hash_name]
        assert (suite.fixed_iv_length, suite.record_iv_length) == (0, 16)
        assert suite.prf_hash == "sha256"


@pytest.mark.parametrize(
    ("name", "length"),
    [
        ("TLS_RSA_WITH_AES_128_CBC_SHA", 2 * (20 + 16)),
        ("TLS_RSA_WITH_AES_256_CBC_SHA", 2 * (20 + 32)),
        # RFC 5246 section 6.3: "requires 2 x 32 byte keys and 2 x 32 byte MAC keys, for a total 128 bytes".
        ("TLS_RSA_WITH_AES_256_CBC_SHA256", 128),
        ("TLS_RSA_WITH_AES_128_GCM_SHA256", 2 * (16 + 4)),
        ("TLS_RSA_WITH_AES_256_GCM_SHA384", 2 * (32 + 4)),
    ],
)
def test_key_block_lengths(name: str, length: int) -> None:
    assert suite_named(name).key_block_length == length


@EACH
def test_openssl_has_the_same_numbers_and_names(suite: Suite) -> None:
    openssl = require_program("openssl")
    told = subprocess.run(
        [openssl, "ciphers", "-V", "-stdname", "-tls1_2", f"{suite.openssl_name}:@SECLEVEL=0"],
        capture_output=True,
        text=True,
        check=True,
    )
    high, low = divmod(suite.code, 256)
    assert f"0x{high:02X},0x{low:02X} - {suite.name} " in re.sub(r" +", " ", told.stdout)


@EACH
@given(data=st.data())
def test_a_suite_is_found_by_either_name_in_any_case(suite: Suite, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from((suite.name, suite.openssl_name)))
    assert suite_named("".join(data.draw(st.sampled_from((c.lower(), c.upper()))) for c in name)) is suite
    assert BY_CODE[suite.code] is suite


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="unknown cipher suite 'RC4-MD5'; minitls speaks TLS_RSA_WITH_AES"):
        suite_named("RC4-MD5")


def test_aead_is_preferred() -> None:
    modes = [suite.mode for suite in SUITES if suite.key_exchange == "RSA"]
    assert modes == sorted(modes, reverse=True)
    assert len(BY_CODE) == len(SUITES)
