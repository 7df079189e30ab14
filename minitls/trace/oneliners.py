"""One line for a shell that reproduces a number of a trace, with other people's programs: openssl and plain Python.

Each prints the value in hex and nothing else. What needs the server's private key reads it from `server.key`.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..crypto.suites import Suite
from .events import Derive, Protect
from .intermediates import prf_of

_PYTHON = 'python3 -c "{}"'
_OPENSSL_HASH = {"sha256": "SHA2-256", "sha384": "SHA2-384"}


def for_derivation(derive: Derive, inputs: Mapping[str, bytes], length: int) -> str | None:
    """The line that prints the derivation's output; None where that is not possible (a signature)."""
    used = prf_of(derive.name, inputs)
    if used is not None:
        secret, label, seeds = used
        seed = label + b"".join(inputs[name] for name in seeds)
        digest = _OPENSSL_HASH[str(derive.parameters["hash"])]
        return (
            f"openssl kdf -keylen {length} -kdfopt digest:{digest} -kdfopt hexsecret:{inputs[secret].hex()} "
            f"-kdfopt hexseed:{seed.hex()} TLS1-PRF | tr -d ':\\n' | tr A-F a-f"
        )
    match derive.name:
        case "session_hash":
            return for_hash(derive.formula.partition("(")[0], inputs["handshake_messages"])
        case "pkcs1_block" if isinstance(derive.output, bytes):
            secret_value = inputs["pre_master_secret"]
            padding = derive.output[2 : -len(secret_value) - 1]
            return _PYTHON.format(f"print('0002' + '{padding.hex()}' + '00' + '{secret_value.hex()}')")
        case "encrypted_pre_master_secret":
            block, modulus = inputs["pkcs1_block"], inputs["n"]
            power = f"pow(0x{block.hex()}, {derive.parameters['e']}, 0x{modulus.hex()})"
            return _PYTHON.format(f"print('%0{2 * len(block)}x' % {power})")
        case "pre_master_secret":
            encrypted = inputs["encrypted_pre_master_secret"]
            return (
                f"{_bytes(encrypted)} | openssl pkeyutl -decrypt -inkey server.key -pkeyopt rsa_padding_mode:pkcs1 | "
                f"{_HEX}"
            )
    return None


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
