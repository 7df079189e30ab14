"""From the pre-master secret to Finished: against published vectors, connections of OpenSSL, and HMAC by hand.

`vectors/03-` to `05-` say for each case where it comes from: NIST's ACVP samples, or what OpenSSL said to itself. For
what no vector holds (lengths, sides, which argument goes where) the values come from `tests/crypto/by_the_rfc.py`.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minitls.crypto.prf import PRF
from minitls.crypto.suites import SUITES, Suite, suite_named
from minitls.handshake.tls12 import key_schedule
from tests.crypto import by_the_rfc
from tests.peers import ROOT

#: RFC 5246 section 5: SHA-256 unless the suite says otherwise; RFC 5288 section 3: the suite with SHA384 does.
PRF_HASHES = {suite.name: "sha384" if suite.name.endswith("SHA384") else "sha256" for suite in SUITES}
#: (MAC key, key, fixed IV) in bytes, from the tables of RFC 5246 appendix C and RFC 5288 section 3.
SIZES = {
    "TLS_RSA_WITH_AES_128_CBC_SHA": (20, 16, 0),
    "TLS_RSA_WITH_AES_256_CBC_SHA": (20, 32, 0),
    "TLS_RSA_WITH_AES_128_CBC_SHA256": (32, 16, 0),
    "TLS_RSA_WITH_AES_256_CBC_SHA256": (32, 32, 0),
    "TLS_RSA_WITH_AES_128_GCM_SHA256": (0, 16, 4),
    "TLS_RSA_WITH_AES_256_GCM_SHA384": (0, 32, 4),
}
hashes = st.sampled_from(("sha256", "sha384"))
secrets = st.binary(min_size=48, max_size=48)
randoms = st.binary(min_size=32, max_size=32)


def cases(file: str, *given: str) -> Any:
    """The cases of a vector file that are given all of `given`, by their ids."""
    read = json.loads((ROOT / "vectors" / file).read_text(encoding="utf-8"))["cases"]
    chosen = [case for case in read if set(given) <= set(case["given"])]
    assert chosen, f"{file} has no case with {given}"
    return pytest.mark.parametrize(
        ("told", "expected"),
        [(case["given"], case["expect"]) for case in chosen],
        ids=[case["id"] for case in chosen],
    )


def binary(told: dict[str, str], *names: str) -> list[bytes]:
    return [bytes.fromhex(told[name]) for name in names]


class TestMasterSecret:
    @cases("03-master-secret.json", "pre_master_secret", "client_random")
    def test_published_and_recorded(self, told: dict[str, str], expected: dict[str, str]) -> None:
        values = binary(told, "pre_master_secret", "client_random", "server_random")
        secret, *randoms = values
        assert key_schedule.master_secret(PRF(told["hash"], secret), *randoms).hex() == expected["master_secret"]

    @given(hashes, st.binary(max_size=300), randoms, randoms)
    def test_by_hand(self, prf_hash: str, pre_master: bytes, client: bytes, server: bytes) -> None:
        """Section 8.1, for a pre-master secret of any length: only that of RSA always has 48 bytes."""
        expected = by_the_rfc.prf(prf_hash, pre_master, b"master secret", client + server, 48)
        assert key_schedule.master_secret(PRF(prf_hash, pre_master), client, server) == expected


class TestExtendedMasterSecret:
    @cases("03-master-secret.json", "session_hash")
    def test_published(self, told: dict[str, str], expected: dict[str, str]) -> None:
        values = binary(told, "pre_master_secret", "session_hash")
        pre_master, session_hash = values
        assert (
            key_schedule.extended_master_secret(PRF(told["hash"], pre_master), session_hash).hex()
            == expected["master_secret"]
        )

    @cases("03-master-secret.json", "messages")
    def test_recorded(self, told: dict[str, Any], expected: dict[str, str]) -> None:
        session_hash = key_schedule.session_hash(told["hash"], b"".join(map(bytes.fromhex, told["messages"])))
        assert session_hash.hex() == expected["session_hash"]
        (pre_master,) = binary(told, "pre_master_secret")
        got = key_schedule.extended_master_secret(PRF(told["hash"], pre_master), session_hash)
        assert got.hex() == expected["master_secret"]

    @given(hashes, secrets, st.binary(min_size=32, max_size=48))
    def test_by_hand(self, prf_hash: str, pre_master: bytes, session_hash: bytes) -> None:
        """RFC 7627 section 4."""
        expected = by_the_rfc.prf(prf_hash, pre_master, b"extended master secret", session_hash, 48)
        assert key_schedule.extended_master_secret(PRF(prf_hash, pre_master), session_hash) == expected


class TestKeyBlock:
    @cases("04-key-block.json", "length")
    def test_published(self, told: dict[str, Any], expected: dict[str, str]) -> None:
        master, client, server = binary(told, "master_secret", "client_random", "server_random")
        got = key_schedule.key_block(PRF(told["hash"], master), client, server, told["length"])
        assert got.hex() == expected["key_block"]

    @cases("04-key-block.json", "suite")
    def test_recorded(self, told: dict[str, str], expected: dict[str, str]) -> None:
        suite = suite_named(told["suite"])
        master, client, server = binary(told, "master_secret", "client_random", "server_random")
        length = len(expected["key_block"]) // 2
        block = key_schedule.key_block(PRF(PRF_HASHES[suite.name], master), client, server, length)
        assert block.hex() == expected["key_block"]
        keys = key_schedule.cut(block, suite)
        for side in ("client", "server"):
            own = getattr(keys, side)
            assert own.mac_key.hex() == expected[f"{side}_write_MAC_key"]
            assert own.key.hex() == expected[f"{side}_write_key"]
            assert own.fixed_iv.hex() == expected[f"{side}_write_IV"]

    @given(hashes, secrets, randoms, randoms, st.integers(0, 200))
    def test_by_hand(self, prf_hash: str, master: bytes, client: bytes, server: bytes, length: int) -> None:
        """Section 6.3: here the server's random comes first."""
        expected = by_the_rfc.prf(prf_hash, master, b"key expansion", server + client, length)
        assert key_schedule.key_block(PRF(prf_hash, master), client, server, length) == expected


class TestCut:
    @pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.name)
    def test_six_pieces_in_the_order_of_section_6_3(self, suite: Suite) -> None:
        mac, key, iv = SIZES[suite.name]
        # Every byte is another one, so that a piece cut from the wrong place is another piece.
        block = bytes(range(2 * (mac + key + iv)))
        client, server = key_schedule.cut(block, suite)
        pieces = [client.mac_key, server.mac_key, client.key, server.key, client.fixed_iv, server.fixed_iv]
        assert [len(piece) for piece in pieces] == [mac, mac, key, key, iv, iv]
        assert b"".join(pieces) == block

    def test_bytes_beyond_the_keys_are_thrown_away(self) -> None:
        """Section 6.3: generated "until enough output"; the rest belongs to nobody."""
        suite = suite_named("AES128-GCM-SHA256")
        assert key_schedule.cut(bytes(range(40)) + b"more", suite) == key_schedule.cut(bytes(range(40)), suite)


class TestVerifyData:
    @cases("05-finished.json", "sender")
    def test_recorded(self, told: dict[str, Any], expected: dict[str, str]) -> None:
        prf_hash = PRF_HASHES[suite_named(told["suite"]).name]
        transcript = hashlib.new(prf_hash, b"".join(map(bytes.fromhex, told["messages"]))).digest()
        assert transcript.hex() == expected["handshake_hash"]
        (master,) = binary(told, "master_secret")
        got = key_schedule.verify_data(PRF(prf_hash, master), told["sender"], transcript)
        assert got.hex() == expected["verify_data"]

    @given(hashes, secrets, st.binary(min_size=32, max_size=48))
    def test_by_hand(self, prf_hash: str, master: bytes, transcript: bytes) -> None:
        """Section 7.4.9: 12 bytes, and each side has a label of its own."""
        keyed = PRF(prf_hash, master)
        client = by_the_rfc.prf(prf_hash, master, b"client finished", transcript, 12)
        server = by_the_rfc.prf(prf_hash, master, b"server finished", transcript, 12)
        assert key_schedule.verify_data(keyed, "client", transcript) == client
        assert key_schedule.verify_data(keyed, "server", transcript) == server
        assert client != server
