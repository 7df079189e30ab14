"""The areas of derived values: PRF, pre-master secret, master secret, key block, Finished (RFC 5246, RFC 7627)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from ....crypto import prf as _prf
from ....crypto.prf import PRF
from ....crypto.suites import suite_named
from ....handshake.tls12 import key_schedule, pre_master
from ....handshake.tls12.derivations import (
    ENCRYPTED_PRE_MASTER_SECRET,
    KEY_BLOCK,
    MASTER_SECRET,
    PKCS1_BLOCK,
    PRE_MASTER_SECRET,
    SESSION_HASH,
)

Given = Mapping[str, Any]


def unhex(given: Given, *names: str) -> Iterator[bytes]:
    """The bytes of several inputs."""
    return (bytes.fromhex(given[name]) for name in names)


def prf(given: Given) -> dict[str, Any]:
    """Every HMAC of PRF(secret, label, seed) and its output."""
    secret, seed = unhex(given, "secret", "seed")
    question = (given["hash"], secret, given["label"].encode(), seed, given["length"])
    steps = {step.name: step.output.hex() for step in _prf.prf_steps(*question)}
    return {**steps, "output": _prf.prf(*question).hex()}


def premaster(given: Given) -> dict[str, Any]:
    """What the client encrypts, or, if a ciphertext is given, what the server makes of it."""
    key = rsa_key(given["private_key"])
    if ENCRYPTED_PRE_MASTER_SECRET.name in given:
        encrypted, fallback = unhex(given, ENCRYPTED_PRE_MASTER_SECRET.name, "fallback")
        return {PRE_MASTER_SECRET.name: pre_master.decrypt(key, encrypted, given["client_version"], fallback).hex()}
    random, padding = unhex(given, "random", "padding")
    draws = iter((random, padding))
    secret = pre_master.pre_master_secret(given["client_version"], lambda size: next(draws))
    block = pre_master.pkcs1_block(secret, (key.key_size + 7) // 8, lambda size: next(draws))
    encrypted = pre_master.encrypt_block(key.public_key(), block)
    return {
        PRE_MASTER_SECRET.name: secret.hex(),
        PKCS1_BLOCK.name: block.hex(),
        ENCRYPTED_PRE_MASTER_SECRET.name: encrypted.hex(),
    }


@lru_cache(maxsize=16)
def rsa_key(pem: str) -> RSAPrivateKey:
    """The RSA key in a PEM text. ValueError if it is none."""
    key = load_pem_private_key(pem.encode(), None)
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("an RSA private key is wanted")
    return key


def master_secret(given: Given) -> dict[str, Any]:
    """The extended master secret if a session hash (or the messages to hash) is given, else the plain one."""
    (pre_master,) = unhex(given, PRE_MASTER_SECRET.name)
    hash_name = given["hash"]
    if "client_random" in given:
        randoms = unhex(given, "client_random", "server_random")
        return {MASTER_SECRET.name: key_schedule.master_secret(PRF(hash_name, pre_master), *randoms).hex()}
    if SESSION_HASH.name in given:
        session_hash = bytes.fromhex(given[SESSION_HASH.name])
    else:
        session_hash = hashlib.new(hash_name, b"".join(map(bytes.fromhex, given["messages"]))).digest()
    extended = key_schedule.extended_master_secret(PRF(hash_name, pre_master), session_hash)
    return {SESSION_HASH.name: session_hash.hex(), MASTER_SECRET.name: extended.hex()}


def key_block(given: Given) -> dict[str, Any]:
    """The key block, and its slices if the case names a suite."""
    master, client_random, server_random = unhex(given, MASTER_SECRET.name, "client_random", "server_random")
    if "suite" not in given:
        block = key_schedule.key_block(PRF(given["hash"], master), client_random, server_random, given["length"])
        return {KEY_BLOCK.name: block.hex()}
    suite = suite_named(given["suite"])
    block = key_schedule.key_block(PRF(suite.prf_hash, master), client_random, server_random, suite.key_block_length)
    cut = key_schedule.cut(block, suite)
    slices = {
        f"{side}_write_{name}": getattr(keys, field).hex()
        for name, field in (("MAC_key", "mac_key"), ("key", "key"), ("IV", "fixed_iv"))
        for side, keys in (("client", cut.client), ("server", cut.server))
    }
    return {KEY_BLOCK.name: block.hex(), **slices}


def finished(given: Given) -> dict[str, Any]:
    """verify_data of one side, from the handshake messages before it."""
    suite = suite_named(given["suite"])
    (master,) = unhex(given, MASTER_SECRET.name)
    handshake_hash = hashlib.new(suite.prf_hash, b"".join(map(bytes.fromhex, given["messages"]))).digest()
    value = key_schedule.verify_data(PRF(suite.prf_hash, master), given["sender"], handshake_hash)
    return {"handshake_hash": handshake_hash.hex(), "verify_data": value.hex()}
