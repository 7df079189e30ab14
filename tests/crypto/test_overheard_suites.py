"""Suites that are only overheard, against the registry's names, and that none of them is spoken."""

from __future__ import annotations

import json
import re

import pytest

from minitls.crypto.overheard_suites import OVERHEARD, any_suite, any_suite_named
from minitls.crypto.suites import BY_CODE, SUITES, suite_named
from tests.peers import ROOT

#: IANA's names by number, as the explanations of bytes have them.
REGISTERED: dict[str, str] = json.loads((ROOT / "minitls/trace/explain/registries.json").read_text())["cipher_suites"]


def test_every_registered_suite_of_aes_in_cbc_or_gcm_is_there_under_its_number() -> None:
    wanted = {
        int(code, 16): name
        for code, name in REGISTERED.items()
        if re.search(r"_WITH_AES_(128|256)_(CBC|GCM)_SHA", name) and int(code, 16) not in BY_CODE
    }
    known = {suite.code: suite.name for suite in OVERHEARD}
    assert wanted.items() <= known.items()
    assert len(known) == len(OVERHEARD)
    # OpenSSL, whose list that is, has no static (EC)DH any more: RFC 5246 appendix A.5, RFC 5289 section 3.
    assert {known[code] for code in known.keys() - wanted.keys()} <= {
        f"TLS_{way}_WITH_AES_{rest}"
        for way in ("DH_RSA", "DH_DSS", "ECDH_RSA", "ECDH_ECDSA", "ECDHE_PSK")
        for rest in (
            "128_CBC_SHA",
            "256_CBC_SHA",
            "128_CBC_SHA256",
            "256_CBC_SHA256",
            "256_CBC_SHA384",
            "128_GCM_SHA256",
            "256_GCM_SHA384",
        )
    }


@pytest.mark.parametrize(
    ("code", "block", "prf_hash", "structs"),
    [
        # RFC 5246 section 6.3 and appendix C: MAC keys, keys, implicit nonces, twice each.
        (0xC02F, 2 * (16 + 4), "sha256", "ECDHE"),
        (0xC030, 2 * (32 + 4), "sha384", "ECDHE"),
        (0xC013, 2 * (20 + 16), "sha256", "ECDHE"),
        (0xC028, 2 * (48 + 32), "sha384", "ECDHE"),
        (0x0067, 2 * (32 + 16), "sha256", "DHE"),
        (0x00A6, 2 * (16 + 4), "sha256", ""),
        (0x00AF, 2 * (48 + 32), "sha384", ""),
    ],
)
def test_lengths_and_hashes_follow_from_the_name(code: int, block: int, prf_hash: str, structs: str) -> None:
    suite = any_suite(code)
    assert suite is not None
    assert (suite.key_block_length, suite.prf_hash, suite.key_exchange) == (block, prf_hash, structs)


def test_none_of_them_is_spoken() -> None:
    assert not {suite.code for suite in OVERHEARD} & BY_CODE.keys()
    with pytest.raises(ValueError, match="minitls speaks"):
        suite_named("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256")
    assert any_suite_named("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256").code == 0xC02F
    assert all(any_suite(suite.code) is suite is any_suite_named(suite.name) for suite in SUITES)
    assert any_suite(0x1301) is None
