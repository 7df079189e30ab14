"""What each derivation should have used, and what it should have given: one function for each name.

Each returns (inputs, parameters, output) as they follow from what is known so far; `Missing` if they do not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from ...crypto.prf import prf
from ...crypto.signatures import verify
from ...errors import TLSError
from ...handshake.tls12 import key_exchange, key_schedule
from ...wire.codes import SignatureScheme
from ...wire.extensions import ExtendedMasterSecret
from ..events import Derive, Message
from ..intermediates import prf_of

if TYPE_CHECKING:
    from .derivations import Secrets

Values = dict[str, bytes]
Expected = tuple[Values, Mapping[str, str | int], bytes]


class Missing(Exception):
    """Something that a derivation needs has not been derived."""


def _pre_master(secrets: Secrets, given: Values) -> bytes:
    """The client's own: the version that it offered, and the random bytes that it drew."""
    client = secrets.hellos[0]
    draws = secrets.draws.get("pre-master secret")
    if client is None or not draws:
        return given.get("pre_master_secret", b"")
    return client.client_version.to_bytes(2, "big") + draws[-1]


def _expect_block(secrets: Secrets, event: Derive, given: Values) -> Expected:
    secret = secrets.values["pre_master_secret"] = _pre_master(secrets, given)
    key = secrets.public_key("server")
    if not isinstance(key, RSAPublicKey):
        raise Missing("the server's RSA key")
    size = (key.key_size + 7) // 8
    draws = iter(secrets.draws.get("padding", ()))
    try:
        block = key_exchange.pkcs1_block(secret, size, lambda count: next(draws))
    except StopIteration:
        raise Missing("the random padding") from None
    return {"pre_master_secret": secret}, {"size": size}, block


def _expect_encrypted(secrets: Secrets, event: Derive, given: Values) -> Expected:
    key = secrets.public_key("server")
    if not isinstance(key, RSAPublicKey):
        raise Missing("the server's RSA key")
    public, block = key.public_numbers(), secrets.need("pkcs1_block")
    try:
        encrypted = key_exchange.encrypt_block(key, block)
    except OverflowError:
        raise Missing("a block that is shorter than the modulus") from None
    secrets.shared.pre_masters[encrypted] = secrets.need("pre_master_secret")
    return {"pkcs1_block": block, "n": public.n.to_bytes(len(block), "big")}, {"e": public.e}, encrypted


def _expect_pre_master(secrets: Secrets, event: Derive, given: Values) -> Expected:
    _, client, _ = secrets.agreed()
    stand_in = secrets.draws.get("stand-in pre-master secret", [b""])[-1]
    if secrets.shared.server_key is not None:
        key = secrets.shared.server_key
        secret = key_exchange.decrypt(key, secrets.encrypted, client.client_version, stand_in)
    else:
        assert isinstance(event.output, bytes)
        secret = secrets.shared.pre_masters.get(secrets.encrypted, event.output)
    return {"encrypted_pre_master_secret": secrets.encrypted}, {"client_version": client.client_version}, secret


def _expect_session_hash(secrets: Secrets, event: Derive, given: Values) -> Expected:
    suite, _, _ = secrets.agreed()
    return {"handshake_messages": secrets.messages()}, {}, secrets.hash(suite.prf_hash)


def _expect_signature(secrets: Secrets, event: Derive, given: Values) -> Expected:
    """A signature cannot be made again without the private key, but it can be verified."""
    assert isinstance(event.output, bytes)
    content = secrets.messages()
    name = event.formula.partition("(")[0]
    try:
        verify(SignatureScheme[name], secrets.public_key("client"), content, event.output)
    except (TLSError, KeyError) as wrong:
        secrets.shared.differ(event, f"the signature: {wrong}", event.output, "a signature that verifies")
    return {"content": content}, {}, event.output


def _expect_prf(secrets: Secrets, event: Derive, given: Values) -> Expected:
    suite, client, server = secrets.agreed()
    extended = server.extension(ExtendedMasterSecret) is not None
    names = {"session_hash": b""} if extended and event.name == "master_secret" else {}
    used = prf_of(event.name, names)
    assert used is not None
    secret, label, seeds = used
    known: Values = {"client_random": client.random, "server_random": server.random}
    parameters: dict[str, str | int] = {"hash": suite.prf_hash}
    lengths = {"master_secret": key_schedule.MASTER_SECRET_SIZE, "key_block": suite.key_block_length}
    if event.name == "key_block":
        parameters["suite"] = suite.name
        if secret not in secrets.values:
            # A resumed session: its master secret is from another connection. Or a key log gave it.
            secrets.values[secret] = given.get(secret, b"")
    if event.name == "master_secret" and secret not in secrets.values and event.by == "observer":
        # A key log gave it; nothing that travelled says more of it.
        secrets.values[secret] = given.get(secret, b"")
    if event.name.endswith("verify_data"):
        # Finished covers everything before itself, so what was received last does not count if it is that.
        messages = secrets.messages(before_last=_last_is_finished(secrets, event))
        known["handshake_messages"] = messages
        known["handshake_hash"] = hashlib.new(suite.prf_hash, messages).digest()
    inputs = {secret: secrets.need(secret), **{n: known[n] if n in known else secrets.need(n) for n in seeds}}
    length = lengths.get(event.name, key_schedule.VERIFY_DATA_SIZE)
    output = prf(suite.prf_hash, inputs[secret], label, b"".join(inputs[n] for n in seeds), length)
    if "handshake_messages" in known:
        inputs["handshake_messages"] = known["handshake_messages"]
    return inputs, parameters, output


def _last_is_finished(secrets: Secrets, event: Derive) -> bool:
    if not secrets.transcript:
        return False
    last = secrets.trace[secrets.transcript[-1][0]]
    return isinstance(last, Message) and last.type == "Finished" and event.name.startswith(last.sender)


EXPECT: dict[str, Callable[[Secrets, Derive, Values], Expected]] = {
    "pkcs1_block": _expect_block,
    "encrypted_pre_master_secret": _expect_encrypted,
    "pre_master_secret": _expect_pre_master,
    "session_hash": _expect_session_hash,
    "certificate_verify": _expect_signature,
    "master_secret": _expect_prf,
    "key_block": _expect_prf,
    "client_verify_data": _expect_prf,
    "server_verify_data": _expect_prf,
}
