"""One line for a shell that reproduces a number of a trace, with other people's programs: openssl and plain Python.

Each prints the value in hex and nothing else. What needs the server's private key reads it from `server.key`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ...crypto.suites import Suite
from ...handshake.derivation import Derivation
from ...handshake.tls12.derivations import (
    ENCRYPTED_PRE_MASTER_SECRET,
    PKCS1_BLOCK,
    PRE_MASTER_SECRET,
    SESSION_HASH,
    declared,
)
from ..file.events import Derive, Protect

_PYTHON = 'python3 -c "{}"'
_OPENSSL_HASH = {"sha256": "SHA2-256", "sha384": "SHA2-384"}


def for_derivation(derive: Derive, inputs: Mapping[str, bytes]) -> str | None:
    """The line that prints the derivation's output; None where that is not possible (a signature)."""
    row = declared(derive.name, inputs)
    if row is None:
        return None
    call = row.prf_call({**derive.parameters, **inputs})
    if call is not None:
        return (
            f"openssl kdf -keylen {call.length} -kdfopt digest:{_OPENSSL_HASH[call.hash_name]} "
            f"-kdfopt hexsecret:{call.secret.hex()} -kdfopt hexseed:{(call.label + call.seed).hex()} TLS1-PRF "
            "| tr -d ':\\n' | tr A-F a-f"
        )
    recipe = next((recipe for each, recipe in _RECIPES if each is row), None)
    return recipe(derive, inputs) if recipe is not None else None


def _hash(derive: Derive, inputs: Mapping[str, bytes]) -> str:
    return for_hash(derive.formula.partition("(")[0], inputs["handshake_messages"])


def _block(derive: Derive, inputs: Mapping[str, bytes]) -> str | None:
    if not isinstance(derive.output, bytes):
        return None
    secret = inputs[PRE_MASTER_SECRET.name]
    padding = derive.output[2 : -len(secret) - 1]
    return _PYTHON.format(f"print('0002' + '{padding.hex()}' + '00' + '{secret.hex()}')")


def _power(derive: Derive, inputs: Mapping[str, bytes]) -> str:
    block, modulus = inputs[PKCS1_BLOCK.name], inputs["n"]
    power = f"pow(0x{block.hex()}, {derive.parameters['e']}, 0x{modulus.hex()})"
    return _PYTHON.format(f"print('%0{2 * len(block)}x' % {power})")


def _decryption(derive: Derive, inputs: Mapping[str, bytes]) -> str:
    encrypted = inputs[ENCRYPTED_PRE_MASTER_SECRET.name]
    return f"{_bytes(encrypted)} | openssl pkeyutl -decrypt -inkey server.key -pkeyopt rsa_padding_mode:pkcs1 | {_HEX}"


#: How to compute what no PRF gives; a signature has no line.
_RECIPES: tuple[tuple[Derivation, Callable[[Derive, Mapping[str, bytes]], str | None]], ...] = (
    (SESSION_HASH, _hash),
    (PKCS1_BLOCK, _block),
    (ENCRYPTED_PRE_MASTER_SECRET, _power),
    (PRE_MASTER_SECRET, _decryption),
)


def for_hash(hash_name: str, data: bytes) -> str:
    """The line that prints the hash of `data`."""
    return _PYTHON.format(f"import hashlib; print(hashlib.{hash_name}(bytes.fromhex('{data.hex()}')).hexdigest())")


def for_mac(suite: Suite, key: bytes, mac_input: bytes) -> str:
    """The line that prints the MAC of a CBC record."""
    arguments = f"bytes.fromhex('{key.hex()}'), bytes.fromhex('{mac_input.hex()}'), '{suite.mac}'"
    return _PYTHON.format(f"import hmac; print(hmac.digest({arguments}).hex())")


def for_encryption(suite: Suite, key: bytes, record: Protect, content: bytes) -> str | None:
    """The line that prints the ciphertext of a record (with GCM, the tag behind it)."""
    if not isinstance(record.nonce, bytes) or not isinstance(record.additional_data, bytes):
        return None
    if suite.mode == "CBC":
        cipher = f"aes-{8 * suite.key_length}-cbc"
        return f"{_bytes(content)} | openssl enc -{cipher} -nopad -K {key.hex()} -iv {record.nonce.hex()} | {_HEX}"
    values = ", ".join(f"bytes.fromhex('{each.hex()}')" for each in (record.nonce, content, record.additional_data))
    return _PYTHON.format(
        "from cryptography.hazmat.primitives.ciphers.aead import AESGCM; "
        f"print(AESGCM(bytes.fromhex('{key.hex()}')).encrypt({values}).hex())"
    )


_HEX = _PYTHON.format("import sys; print(sys.stdin.buffer.read().hex())")


def _bytes(data: bytes) -> str:
    return _PYTHON.format(f"import sys; sys.stdout.buffer.write(bytes.fromhex('{data.hex()}'))")
