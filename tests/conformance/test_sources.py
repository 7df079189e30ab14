"""The vectors themselves: what made them agrees with others, and with what lies in the files."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from scapy.config import conf
from scapy.layers.tls.handshake import TLSClientHello, TLSServerHello

from minitls.conformance.vectors.run import run
from minitls.conformance.vectors.vector_files import shipped
from tests.conformance.make import decode, independent
from tests.conformance.make.files import VECTORS
from tests.peers import shared

HANDSHAKES = sorted(VECTORS.glob("9*-handshakes-*.json"))


@pytest.mark.slow
@pytest.mark.parametrize("path", HANDSHAKES, ids=lambda path: path.stem)
def test_an_independent_decoder_finds_the_same_in_every_recording(path: Path) -> None:
    document = json.loads(path.read_bytes())
    for case in document["cases"]:
        given, expect = case["given"], case["expect"]
        records = [(side, bytes.fromhex(record)) for side, record in given["records"]]
        master = bytes.fromhex(given.get("master_secret", ""))
        done = independent.decode(records, document["common"]["private_key"], master)
        assert {**done.values, "messages": done.messages, "plaintexts": done.plaintexts} == expect
        assert (done.suite, done.ems, done.etm) == (
            given["suite"],
            given["extended_master_secret"],
            given["encrypt_then_mac"],
        )


def test_the_recordings_cover_every_mix() -> None:
    """Each program: every suite, with and without extended master secret and encrypt-then-MAC, full and resumed."""
    for path in HANDSHAKES:
        seen = set()
        for case in json.loads(path.read_bytes())["cases"]:
            given = case["given"]
            seen.add(
                (given["suite"], given["extended_master_secret"], given["encrypt_then_mac"], bool(given["resumed"]))
            )
        assert len(seen) == 2 * (2 * 2 + 4 * 4), path.name
    resumed = {case["given"]["resumed"] for path in HANDSHAKES for case in json.loads(path.read_bytes())["cases"]}
    assert resumed == {False, "session ID", "ticket"}


def test_there_are_enough_cases_and_each_file_names_its_source() -> None:
    documents = [json.loads(path.read_bytes()) for path in shipped()]
    assert sum(len(document["cases"]) for document in documents) >= 400
    areas = {"prf", "premaster", "master_secret", "key_block", "finished", "records", "messages", "certificates"}
    assert {document["area"] for document in documents} == areas | {"handshakes"}
    for document in documents:
        assert all(len(document[name]) > 10 for name in ("source", "licence", "obtained", "title"))


def test_the_record_maker_gives_botans_known_answers() -> None:
    """CBC records of Botan, both orders: what makes our record vectors makes them, too."""
    text = shared("vectors/botan-tls/tls_cbc_kat.vec").read_text()
    suites = {(16, 20): "128_CBC_SHA", (32, 20): "256_CBC_SHA", (16, 32): "128_CBC_SHA256", (32, 32): "256_CBC_SHA256"}
    checked = 0
    for block in re.split(r"\n\s*\n", text):
        fields = dict(re.findall(r"^(\w+) *= *(\S+)", block, re.M))
        if "Ciphertext" not in fields or fields["Protocol"] != "TLS":
            continue
        sizes = (int(fields["KeylenCipher"]), int(fields["KeylenMAC"]))
        if not fields["BlockCipher"].startswith("AES") or sizes not in suites:
            continue
        key = bytes.fromhex(fields["Key"])
        data, iv, plaintext, expected = (
            bytes.fromhex(fields[name]) for name in ("AssociatedData", "Nonce", "Plaintext", "Ciphertext")
        )
        if data[9:11] != b"\3\3":
            continue
        etm = fields["EncryptThenMAC"] == "true"
        keys = (key[: sizes[1]], key[sizes[1] :], b"")
        suite = f"TLS_RSA_WITH_AES_{suites[sizes]}"
        sequence = int.from_bytes(data[:8], "big")
        made = independent.seal(suite, keys, sequence, data[8], plaintext, iv, etm)
        assert made["fragment"] == iv.hex() + expected.hex()
        checked += 1
    assert checked >= 4


def test_scapy_reads_the_same_hellos() -> None:
    conf.debug_dissector = False
    checked = 0
    for case in json.loads((VECTORS / "08-messages.json").read_bytes())["cases"]:
        if case["expect"].get("name") not in ("ClientHello", "ServerHello"):
            continue
        data = bytes.fromhex(case["given"]["message"])
        fields = case["expect"]["fields"]
        if case["expect"]["name"] == "ClientHello":
            read: Any = TLSClientHello(data)
            assert list(read.ciphers) == fields["cipher_suites"]
            assert read.version == fields["client_version"]
        else:
            read = TLSServerHello(data)
            assert read.cipher == fields["cipher_suite"]
            assert read.version == fields["server_version"]
        assert (read.gmt_unix_time.to_bytes(4, "big") + read.random_bytes).hex() == fields["random"]
        assert (read.sid or b"").hex() == fields["session_id"]
        assert [e.type for e in read.ext or ()] == [number for number, _ in fields["extensions"] or ()]
        checked += 1
    assert checked > 50


def test_the_decoder_by_hand_refuses_what_the_vectors_say() -> None:
    for case in json.loads((VECTORS / "08-messages.json").read_bytes())["cases"]:
        data, key_exchange = bytes.fromhex(case["given"]["message"]), case["given"].get("key_exchange", "RSA")
        if "error" in case["expect"]:
            with pytest.raises(ValueError):
                decode.message(data, key_exchange)
        else:
            name, fields = decode.message(data, key_exchange)
            assert (name, fields) == (case["expect"]["name"], case["expect"]["fields"])


FOREIGN = {
    "wycheproof/rsa_pkcs1_2048_test.json": 60,
    "wycheproof/aes_gcm_test.json": 100,
    "wycheproof/aes_cbc_pkcs5_test.json": 100,
    "wycheproof/hmac_sha1_test.json": 150,
    "wycheproof/hmac_sha256_test.json": 150,
    "wycheproof/hmac_sha384_test.json": 150,
    "boringssl-acvp/TLS12.bz2": 13,
    "boringssl-acvp/kdf-components.bz2": 2,
}


@pytest.mark.slow
@pytest.mark.parametrize("name", FOREIGN)
def test_files_of_others_are_run_where_they_are(name: str) -> None:
    (report,) = run([shared(f"vectors/{name}")])
    assert report.failures == []
    assert len(report.outcomes) >= FOREIGN[name]


def test_a_wrong_answer_in_a_foreign_file_fails(tmp_path: Path) -> None:
    document = json.loads(shared("vectors/wycheproof/hmac_sha256_test.json").read_bytes())
    document["testGroups"] = document["testGroups"][:1]
    tests = document["testGroups"][0]["tests"]
    valid = next(test for test in tests if test["result"] == "valid")
    valid["tag"] = f"{int(valid['tag'][0], 16) ^ 1:x}{valid['tag'][1:]}"
    path = tmp_path / "hmac.json"
    path.write_text(json.dumps(document))
    (report,) = run([path])
    assert [outcome.case for outcome in report.failures] == [f"tcId {valid['tcId']}"]
