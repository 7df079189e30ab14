"""Your TLS 1.2, function by function: fill one in, then `minitls vectors grade -- python3 mine.py`.

hmac and hashlib are all that the first six need; for AES take any library, such as `cryptography`.
"""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Callable
from typing import Any

Extensions = list[tuple[int, bytes]] | None


class Refused(Exception):
    """Raise it for input that must be refused; its text is the alert, such as "bad_record_mac"."""


def prf(hash: str, secret: bytes, label: str, seed: bytes, length: int) -> bytes:
    """RFC 5246 section 5. `hash` is "sha256" or "sha384"."""
    raise NotImplementedError


def premaster_block(client_version: int, random: bytes, padding: bytes) -> bytes:
    """RFC 8017 section 7.2.1, around the PreMasterSecret of RFC 5246 section 7.4.7.1.

    `random` are the 46 bytes of the secret, `padding` the bytes without zero to pad with.
    """
    raise NotImplementedError


def master_secret(hash: str, pre_master_secret: bytes, client_random: bytes, server_random: bytes) -> bytes:
    """RFC 5246 section 8.1: 48 bytes."""
    raise NotImplementedError


def extended_master_secret(hash: str, pre_master_secret: bytes, session_hash: bytes) -> bytes:
    """RFC 7627 section 4: 48 bytes."""
    raise NotImplementedError


def key_block(hash: str, master_secret: bytes, client_random: bytes, server_random: bytes, length: int) -> bytes:
    """RFC 5246 section 6.3: `length` bytes."""
    raise NotImplementedError


def verify_data(hash: str, master_secret: bytes, sender: str, handshake_messages: bytes) -> bytes:
    """RFC 5246 section 7.4.9: 12 bytes. `sender` is "client" or "server"; the messages are not hashed yet."""
    raise NotImplementedError


def seal(
    suite: str,
    encrypt_then_mac: bool,
    mac_key: bytes,
    key: bytes,
    fixed_iv: bytes,
    iv: bytes,
    sequence: int,
    type: int,
    plaintext: bytes,
) -> bytes:
    """RFC 5246 section 6.2.3, RFC 5288, RFC 7366: the whole record, header included.

    `suite` is a name such as "TLS_RSA_WITH_AES_128_CBC_SHA"; `iv` is what is sent in front of the ciphertext: the 16
    bytes of a CBC record's IV or the 8 of a GCM record's explicit nonce.
    """
    raise NotImplementedError


def open_record(
    suite: str, encrypt_then_mac: bool, mac_key: bytes, key: bytes, fixed_iv: bytes, sequence: int, record: bytes
) -> bytes:
    """The plaintext of a whole record. Refused("bad_record_mac") for whatever is wrong with it."""
    raise NotImplementedError


def encode_client_hello(
    client_version: int,
    random: bytes,
    session_id: bytes,
    cipher_suites: list[int],
    compression_methods: list[int],
    extensions: Extensions,
) -> bytes:
    """RFC 5246 section 7.4.1.2: the whole message, its 4-byte header included. No extensions at all are None."""
    raise NotImplementedError


def parse_server_hello(message: bytes) -> dict[str, Any]:
    """RFC 5246 section 7.4.1.3. Refused("decode_error") if the message is malformed in any way.

    {"server_version": int, "random": bytes, "session_id": bytes, "cipher_suite": int, "compression_method": int,
    "extensions": Extensions}
    """
    raise NotImplementedError


def verify_chain(chain: list[bytes], roots: list[bytes], time: str, name: str, needs: list[str]) -> bool:
    """RFC 5280 section 6: True, or Refused("unknown_ca") and the like.

    Certificates are DER, the leaf first; `time` is ISO 8601, `name` the host that was dialled, `needs` what the leaf's
    key must be allowed to do, such as "key_encipherment".
    """
    raise NotImplementedError


# What follows reads requests and writes answers. There is nothing to be done here.

OPERATIONS: dict[str, Callable[..., Any]] = {
    "prf": prf,
    "premaster_block": premaster_block,
    "master_secret": master_secret,
    "extended_master_secret": extended_master_secret,
    "key_block": key_block,
    "verify_data": verify_data,
    "seal": seal,
    "open": open_record,
    "encode_client_hello": encode_client_hello,
    "parse_server_hello": parse_server_hello,
    "verify_chain": verify_chain,
}
TEXT = {"hash", "label", "sender", "suite", "time", "name", "needs"}


def decoded(name: str, value: Any) -> Any:
    """Hex becomes bytes, also inside lists; everything else stays."""
    if isinstance(value, list):
        return [decoded(name, item) for item in value]
    return bytes.fromhex(value) if isinstance(value, str) and name not in TEXT else value


def encoded(value: Any) -> Any:
    """Bytes become hex, also inside lists and dicts."""
    if isinstance(value, dict):
        return {name: encoded(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [encoded(item) for item in value]
    return value.hex() if isinstance(value, bytes | bytearray) else value


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """One answer to one request."""
    operation = OPERATIONS.get(request["operation"])
    if operation is None:
        return {"unsupported": True}
    wanted = inspect.signature(operation).parameters
    inputs = {name: decoded(name, value) for name, value in request.items() if name in wanted}
    try:
        return {"result": encoded(operation(**inputs))}
    except NotImplementedError:
        return {"unsupported": True}
    except Refused as refused:
        return {"error": str(refused)}


def main() -> None:
    """Answer until the input ends."""
    for line in sys.stdin:
        request = json.loads(line)
        print(json.dumps({"id": request["id"], **answer(request)}), flush=True)


if __name__ == "__main__":
    main()
