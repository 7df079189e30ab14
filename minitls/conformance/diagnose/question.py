"""A question to `diagnose`, as JSON: what is known of a connection, and the values that somebody computed.

What the hellos say need not be said again: randoms, suite, version and extensions are taken from the messages.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from ...crypto.protection import DirectionKeys
from ...crypto.suites import SUITES, Suite, suite_named
from ...errors import DecodeError
from ...handshake.tls12.derivations import MASTER_SECRET, PRE_MASTER_SECRET
from ...handshake.tls12.replay import Replay
from ...observe import Side
from ...wire.codes import HandshakeType
from ...wire.messages import HEADER_SIZE
from ...wire.records import HandshakeBuffer
from ..vectors.areas.secrets import rsa_key
from ..vectors.vector_files import BadVectorFile, check, read_json
from .mistakes.facts import Facts, without
from .mistakes.pre_master_mistakes import decrypted
from .mistakes.prf_call import PRFCall

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator


def read(path: Path) -> tuple[Facts, dict[str, bytes]]:
    """The facts and the values of a JSON file. BadVectorFile names the field that does not fit."""
    return from_document(read_json(path), str(path))


def from_document(document: Any, name: str = "the question") -> tuple[Facts, dict[str, bytes]]:
    """The facts and the values of a question. BadVectorFile names the field that does not fit."""
    check(document, _validator(), name)
    try:
        return _facts(document), {key: unhex(given) for key, given in document["values"].items()}
    except DecodeError as fault:
        raise BadVectorFile(f"{name}: field messages: {fault}") from None
    except ValueError as fault:
        raise BadVectorFile(f"{name}: {fault}") from None


@lru_cache(maxsize=1)
def _validator() -> Draft202012Validator:
    from jsonschema import Draft202012Validator  # 60 ms that only those who ask should pay.

    return Draft202012Validator(json.loads((Path(__file__).parent / "question.schema.json").read_bytes()))


def unhex(text: str) -> bytes:
    """Bytes from hex with colons or white space in it."""
    return bytes.fromhex(text.replace(":", " "))


def split(transcript: bytes) -> tuple[bytes, ...]:
    """Joined handshake messages, cut at their lengths. ValueError if the last one is not whole."""
    buffer = HandshakeBuffer()
    buffer.feed(transcript)
    messages = []
    while message := buffer.take():
        messages.append(message)
    if buffer.pending:
        raise ValueError("field transcript: the last handshake message is not whole")
    return tuple(messages)


def _facts(document: Mapping[str, Any]) -> Facts:
    messages = tuple(map(unhex, document.get("messages", ()))) or split(unhex(document.get("transcript", "")))
    messages = without(messages, 0)
    known = {**from_hellos(messages), **_given(document)}
    if "suite" not in known:
        raise ValueError('field suite: name the cipher suite, or give "messages" that hold the ServerHello')
    if "key" in document:
        known["keys"] = _keys(document, known["suite"])
    key = rsa_key(document["private_key"]) if "private_key" in document else None
    public = _public_key(document["certificate"]) if "certificate" in document else None
    return unlocked(Facts(messages=messages, private_key=key, public_key=public, **known))


def unlocked(facts: Facts) -> Facts:
    """The facts with the block that the server's key gets out of ClientKeyExchange, if there are both."""
    exchange = facts.to_key_exchange[-1][HEADER_SIZE + 2 :] if facts.to_key_exchange else b""
    return replace(facts, block=decrypted(facts.private_key, exchange)) if exchange else facts


def _keys(document: Mapping[str, Any], suite: Suite) -> DirectionKeys:
    wanted = {"mac_key": suite.mac_length, "key": suite.key_length, "fixed_iv": suite.fixed_iv_length}
    keys = {name: unhex(document.get(name, "")) for name in wanted}
    for name, length in wanted.items():
        if len(keys[name]) != length:
            raise ValueError(f"field {name}: {len(keys[name])} bytes, but {suite.name} has {length}")
    return DirectionKeys(**keys)


def _given(document: Mapping[str, Any]) -> dict[str, Any]:
    names = {PRE_MASTER_SECRET.name: "pre_master", MASTER_SECRET.name: "master", "type": "content_type"}
    known: dict[str, Any] = {}
    for name, item in document.items():
        match name:
            case "suite":
                known[name] = suite_named(item)
            case "client_version" | "server_version":
                known[name] = int(item, 16)
            case "client_random" | "server_random" | "plaintext" | "iv" | "previous_record":
                known[name] = unhex(item)
            case PRE_MASTER_SECRET.name | MASTER_SECRET.name:
                known[names[name]] = unhex(item)
            case "records":
                known[name] = tuple(map(unhex, item))
            case "prf":
                known["call_secret"] = unhex(item["secret"])
                known["call"] = PRFCall(item["label"].encode(), unhex(item["seed"]), item["length"], item["hash"])
                known.setdefault("suite", next(suite for suite in SUITES if suite.prf_hash == item["hash"]))
            case "extended_master_secret" | "encrypt_then_mac" | "sequence":
                known[name] = item
            case "type":
                known[names[name]] = item
            case "sender":
                known[name] = cast(Side, item)
    return known


_HELLOS = (bytes((HandshakeType.client_hello,)), bytes((HandshakeType.server_hello,)))


def from_hellos(messages: tuple[bytes, ...]) -> dict[str, Any]:
    """What the hellos among the messages agree on, as fields of `Facts`."""
    replay = Replay()
    for data in messages:
        if data[:1] in _HELLOS:
            # Which side said it is of no consequence for a hello.
            replay.message("client", data)
    known: dict[str, Any] = {}
    client, server = replay.client_hello, replay.server_hello
    if client is not None:
        known |= {"client_random": client.random, "client_version": client.client_version}
    if server is not None:
        known |= {"server_random": server.random, "server_version": server.server_version}
        known |= {"extended_master_secret": replay.extended, "encrypt_then_mac": replay.encrypt_then_mac}
    if replay.suite is not None:
        known["suite"] = replay.suite
    return known


def _public_key(pem: str) -> RSAPublicKey:
    key = x509.load_pem_x509_certificate(pem.encode()).public_key()
    if not isinstance(key, RSAPublicKey):
        raise ValueError("field certificate: an RSA certificate is wanted")
    return key
