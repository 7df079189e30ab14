"""minitls as a program that can be graded: `python -m minitls.conformance.reference`.

The reference solution of demo/grade_me, and the proof that the questions can be answered: the tests grade it like
anybody else's program.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Mapping
from typing import Any

from ..crypto.prf import PRF, prf
from ..crypto.protection import DirectionKeys
from ..crypto.suites import suite_named
from ..errors import TLSError
from ..handshake.tls12 import key_schedule, pre_master
from ..handshake.tls12.derivations import KEY_BLOCK, MASTER_SECRET, PRE_MASTER_SECRET, SESSION_HASH
from ..wire.extensions import UnknownExtension
from ..wire.messages import ClientHello, ServerHello, parse
from . import record_parts
from .grade.operations import raw_extensions
from .vectors.areas.certificates import certificates
from .vectors.areas.records import records

Inputs = Mapping[str, Any]


def _bytes(inputs: Inputs, name: str) -> bytes:
    return bytes.fromhex(inputs[name])


def _prf(inputs: Inputs) -> str:
    secret, seed = _bytes(inputs, "secret"), _bytes(inputs, "seed")
    return prf(inputs["hash"], secret, inputs["label"].encode(), seed, inputs["length"]).hex()


def _premaster_block(inputs: Inputs) -> str:
    random, padding = _bytes(inputs, "random"), _bytes(inputs, "padding")
    secret = pre_master.pre_master_secret(inputs["client_version"], lambda size: random)
    return pre_master.pkcs1_block(secret, 3 + len(padding) + len(secret), lambda size: padding).hex()


def _master_secret(inputs: Inputs) -> str:
    pre_master_secret = PRF(inputs["hash"], _bytes(inputs, PRE_MASTER_SECRET.name))
    randoms = _bytes(inputs, "client_random"), _bytes(inputs, "server_random")
    return key_schedule.master_secret(pre_master_secret, *randoms).hex()


def _extended_master_secret(inputs: Inputs) -> str:
    pre_master_secret = PRF(inputs["hash"], _bytes(inputs, PRE_MASTER_SECRET.name))
    return key_schedule.extended_master_secret(pre_master_secret, _bytes(inputs, SESSION_HASH.name)).hex()


def _key_block(inputs: Inputs) -> str:
    master = PRF(inputs["hash"], _bytes(inputs, MASTER_SECRET.name))
    randoms = _bytes(inputs, "client_random"), _bytes(inputs, "server_random")
    return key_schedule.key_block(master, *randoms, inputs["length"]).hex()


def _verify_data(inputs: Inputs) -> str:
    master = PRF(inputs["hash"], _bytes(inputs, MASTER_SECRET.name))
    digest = hashlib.new(inputs["hash"], _bytes(inputs, "handshake_messages")).digest()
    return key_schedule.verify_data(master, inputs["sender"], digest).hex()


def _seal(inputs: Inputs) -> str:
    keys = DirectionKeys(*(_bytes(inputs, name) for name in ("mac_key", "key", "fixed_iv")))
    suite, plaintext = suite_named(inputs["suite"]), _bytes(inputs, "plaintext")
    fragment = record_parts.seal(
        suite, keys, inputs["sequence"], inputs["type"], plaintext, _bytes(inputs, "iv"), inputs["encrypt_then_mac"]
    ).fragment
    return (bytes([inputs["type"], 3, 3]) + len(fragment).to_bytes(2, "big") + fragment).hex()


def _open(inputs: Inputs) -> str:
    plaintext: str = records(inputs)["plaintext"]
    return plaintext


def _encode_client_hello(inputs: Inputs) -> str:
    extensions = inputs["extensions"]
    return (
        ClientHello(
            client_version=inputs["client_version"],
            random=_bytes(inputs, "random"),
            session_id=_bytes(inputs, "session_id"),
            cipher_suites=tuple(inputs["cipher_suites"]),
            compression_methods=tuple(inputs["compression_methods"]),
            extensions=None
            if extensions is None
            else tuple(UnknownExtension(number, bytes.fromhex(body)) for number, body in extensions),
        )
        .encode()
        .hex()
    )


def _parse_server_hello(inputs: Inputs) -> dict[str, Any]:
    hello = parse(_bytes(inputs, "message"))
    if not isinstance(hello, ServerHello):
        raise ValueError("this is no ServerHello")
    return {
        "server_version": hello.server_version,
        "random": hello.random.hex(),
        "session_id": hello.session_id.hex(),
        "cipher_suite": hello.cipher_suite,
        "compression_method": hello.compression_method,
        "extensions": None if hello.extensions is None else raw_extensions(inputs["message"]),
    }


def _verify_chain(inputs: Inputs) -> bool:
    verdict = certificates(inputs)
    if not verdict["accepted"]:
        raise ValueError(f"{verdict['alert']}: {verdict['rule']}")
    return True


ANSWERS: dict[str, Callable[[Inputs], Any]] = {
    "prf": _prf,
    "premaster_block": _premaster_block,
    MASTER_SECRET.name: _master_secret,
    "extended_master_secret": _extended_master_secret,
    KEY_BLOCK.name: _key_block,
    "verify_data": _verify_data,
    "seal": _seal,
    "open": _open,
    "encode_client_hello": _encode_client_hello,
    "parse_server_hello": _parse_server_hello,
    "verify_chain": _verify_chain,
}


def answer(request: Inputs) -> dict[str, Any]:
    """The answer to one request."""
    operation = ANSWERS.get(request["operation"])
    if operation is None:
        return {"id": request["id"], "unsupported": True}
    try:
        return {"id": request["id"], "result": operation(request)}
    except TLSError as fault:
        return {"id": request["id"], "error": fault.alert.name if fault.alert is not None else str(fault)}
    except ValueError as fault:
        return {"id": request["id"], "error": str(fault)}


def main() -> None:
    """Answer until the input ends."""
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
