"""Vector files of others, run where they are: Wycheproof (C2SP) and ACVP (NIST).

A file is known by its shape. Its tests become cases like our own; what minitls has no use for (nonces of other
lengths, hashes that no suite names) is left out. ACVP keeps answers in a file of their own: beside `prompt.json` lies
`expectedResults.json`, beside `NAME` BoringSSL puts `NAME.expected`; either may be compressed with bzip2.
"""

from __future__ import annotations

import bz2
import hmac
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ...crypto.prf import PRF
from ...handshake.tls12 import key_schedule, pre_master
from ...handshake.tls12.derivations import KEY_BLOCK, MASTER_SECRET, PRE_MASTER_SECRET
from .. import record_parts
from .areas import Compute
from .areas.secrets import Given, rsa_key
from .vector_files import BadVectorFile, Case, VectorFile, read_json

_HASHES = {"SHA2-256": "sha256", "SHA2-384": "sha384"}
_BLOCK = 16


def recognise(path: Path) -> tuple[VectorFile, Compute] | None:
    """The cases of a foreign file, and what computes them; None if it is none that is known.

    BadVectorFile if it is one, but cannot be used.
    """
    document = _document(path)
    try:
        if isinstance(document, dict) and "testGroups" in document and document.get("algorithm") in _WYCHEPROOF:
            algorithm = document["algorithm"]
            read, compute = _WYCHEPROOF[algorithm]
            cases = tuple(case for group in document["testGroups"] for case in read(group))
            return VectorFile(path, algorithm, "Wycheproof", cases), compute
        sets = [part for part in document if "testGroups" in part] if isinstance(document, list) else [document]
        if sets and isinstance(sets[0], dict) and sets[0].get("algorithm") in ("TLS-v1.2", "kdf-components"):
            return VectorFile(path, "TLS KDF", "ACVP", tuple(_acvp(path, sets[0]))), _kdf
    except (KeyError, TypeError, AttributeError) as fault:
        raise BadVectorFile(f"{path}: it looks like Wycheproof or ACVP, but {fault!r} is missing or odd") from None
    return None


def _document(path: Path) -> Any:
    if path.suffix != ".bz2":
        return read_json(path)
    try:
        return json.loads(bz2.decompress(path.read_bytes()))
    except OSError as fault:
        raise BadVectorFile(f"{path}: cannot be read: {fault.strerror or fault}") from None
    except ValueError as fault:
        raise BadVectorFile(f"{path}: this is no JSON: {fault}") from None


# Wycheproof: "result" is "valid", "invalid", or "acceptable", which either answer fits.


def _tests(group: Given) -> Iterator[tuple[str, Given, bool]]:
    for test in group["tests"]:
        if test["result"] != "acceptable":
            yield f"tcId {test['tcId']}", test, test["result"] == "valid"


def _decryptions(group: Given) -> Iterator[Case]:
    for id, test, valid in _tests(group):
        expect = {"message": test["msg"]} if valid else {PRE_MASTER_SECRET.name: "00" * 48}
        yield Case(id, {"key": group["privateKeyPem"], "ciphertext": test["ct"], "valid": valid}, expect)


def _decryption(given: Given) -> dict[str, Any]:
    """A valid ciphertext gives its message; an invalid one must lead to the fallback, here zeros."""
    key, ciphertext = rsa_key(given["key"]), bytes.fromhex(given["ciphertext"])
    if given["valid"]:
        return {"message": key.decrypt(ciphertext, PKCS1v15()).hex()}
    return {PRE_MASTER_SECRET.name: pre_master.decrypt(key, ciphertext, 0x0303, bytes(48)).hex()}


def _sealings(group: Given) -> Iterator[Case]:
    if (group["ivSize"], group["tagSize"]) == (96, 128) and group["keySize"] in (128, 256):
        for id, test, valid in _tests(group):
            yield Case(id, test, {"message": test["msg"] if valid else "refused"})


def _gcm(given: Given) -> dict[str, Any]:
    key, iv, aad, ct, tag = (bytes.fromhex(given[name]) for name in ("key", "iv", "aad", "ct", "tag"))
    try:
        return {"message": AESGCM(key).decrypt(iv, ct + tag, aad).hex()}
    except InvalidTag:
        return {"message": "refused"}


def _paddings(group: Given) -> Iterator[Case]:
    if group["keySize"] in (128, 256):
        for id, test, valid in _tests(group):
            yield Case(id, test, {"message": test["msg"] if valid else "refused"})


def _cbc(given: Given) -> dict[str, Any]:
    key, iv, ct = (bytes.fromhex(given[name]) for name in ("key", "iv", "ct"))
    content = record_parts.uncbc(key, iv, ct) if ct and len(ct) % _BLOCK == 0 else b""
    count = content[-1] if content else 0
    if not 1 <= count <= _BLOCK or content[-count:] != bytes([count]) * count:
        return {"message": "refused"}
    return {"message": content[:-count].hex()}


def _macs(hash_name: str) -> Callable[[Given], Iterator[Case]]:
    def cases(group: Given) -> Iterator[Case]:
        for id, test, valid in _tests(group):
            yield Case(id, {**test, "hash": hash_name, "size": group["tagSize"] // 8}, {"right": valid})

    return cases


def _mac(given: Given) -> dict[str, Any]:
    key, message, tag = (bytes.fromhex(given[name]) for name in ("key", "msg", "tag"))
    return {"right": hmac.compare_digest(hmac.digest(key, message, given["hash"])[: given["size"]], tag)}


_WYCHEPROOF: dict[str, tuple[Callable[[Given], Iterator[Case]], Compute]] = {
    "RSAES-PKCS1-v1_5": (_decryptions, _decryption),
    "AES-GCM": (_sealings, _gcm),
    "AES-CBC-PKCS5": (_paddings, _cbc),
    "HMACSHA1": (_macs("sha1"), _mac),
    "HMACSHA256": (_macs("sha256"), _mac),
    "HMACSHA384": (_macs("sha384"), _mac),
}


# ACVP: the TLS 1.2 key derivation of SP 800-135, and its extended form of RFC 7627.


def _acvp(path: Path, document: Given) -> Iterator[Case]:
    answers = _answers(path)
    for group in document["testGroups"]:
        hash_name = _HASHES.get(group["hashAlg"])
        if hash_name is None or group.get("tlsVersion", "v1.2") != "v1.2":
            continue
        for test in group["tests"]:
            answer = answers.get((group["tgId"], test["tcId"]), test)
            expect = {MASTER_SECRET.name: answer["masterSecret"].lower(), KEY_BLOCK.name: answer["keyBlock"].lower()}
            yield Case(f"tcId {test['tcId']}", {**test, "hash": hash_name, "bits": group["keyBlockLength"]}, expect)


def _answers(path: Path) -> dict[tuple[int, int], Given]:
    """The answers beside the questions; none if they stand in the same file, as in internalProjection.json."""
    stem = path.name.removesuffix(".bz2")
    packed = path.name[len(stem) :]
    beside = (f"{stem}.expected{packed}", f"expectedResults.json{packed}" if stem == "prompt.json" else "")
    for other in (path.with_name(name) for name in beside if name):
        if other.exists():
            document = _document(other)
            parts = document if isinstance(document, list) else [document]
            groups = [group for part in parts for group in part.get("testGroups", ())]
            return {(group["tgId"], test["tcId"]): test for group in groups for test in group["tests"]}
    return {}


def _kdf(given: Given) -> dict[str, Any]:
    names = ("preMasterSecret", "clientRandom", "serverRandom")
    secret, client_random, server_random = (bytes.fromhex(given[name]) for name in names)
    if "sessionHash" in given:
        session_hash = bytes.fromhex(given["sessionHash"])
        master = key_schedule.extended_master_secret(PRF(given["hash"], secret), session_hash)
    else:
        randoms = (bytes.fromhex(given[name]) for name in ("clientHelloRandom", "serverHelloRandom"))
        master = key_schedule.master_secret(PRF(given["hash"], secret), *randoms)
    block = key_schedule.key_block(PRF(given["hash"], master), client_random, server_random, given["bits"] // 8)
    return {MASTER_SECRET.name: master.hex(), KEY_BLOCK.name: block.hex()}
