"""Every value that TLS 1.2 derives, each declared in one row: what it is made of, who may see it, what carries it.

    pre_master_secret --> pkcs1_block --> encrypted_pre_master_secret        what the client locks to the server's key
    encrypted_pre_master_secret --> pre_master_secret                        what the server gets out again
    pre_master_secret (+ session_hash) --> master_secret --> key_block       RFC 5246 sections 8.1 and 6.3, RFC 7627
    master_secret --> client_verify_data, server_verify_data                 section 7.4.9
    certificate_verify                                                       section 7.4.8

No other module of the package spells out the name of a derived value (a test counts). What a row means is told in
`handshake.derivation`; the formulas are the functions of `key_schedule` and `pre_master`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...crypto.suites import Suite
from ...observe import Side
from ..derivation import (
    Derivation,
    FromCertificate,
    FromDerivation,
    FromKey,
    FromMessage,
    FromRandom,
    FromSuite,
    FromTranscript,
    KeyLogLine,
    Slice,
)
from . import key_schedule, pre_master

#: The purpose for which the client draws what is random in the pre-master secret, and what pads it.
PRE_MASTER_RANDOM = "pre-master secret"
PADDING = "padding"
#: What a server draws before it decrypts, and goes on with if that fails.
FALLBACK = "stand-in pre-master secret"

_CLIENT_RANDOM = FromMessage("ClientHello", "random", "client")
_SERVER_RANDOM = FromMessage("ServerHello", "random", "server")
_HASH = FromSuite("prf_hash")


def _block_slices(inputs: Mapping[str, Any], block: bytes) -> tuple[Slice, ...]:
    """00 02 | padding | 00 | client_version | random (RFC 8017 section 7.2.1, RFC 5246 section 7.4.7.1)."""
    padding = ("padding", len(block) - pre_master.PRE_MASTER_SIZE - 3)
    return ("block type", 2), padding, ("separator", 1), *_secret_slices(inputs, block)


def _secret_slices(inputs: Mapping[str, Any], secret: bytes) -> tuple[Slice, ...]:
    return ("client_version", 2), ("random", pre_master.PRE_MASTER_SIZE - 2)


def _key_slices(inputs: Mapping[str, Any], block: bytes) -> tuple[Slice, ...]:
    """In the order of RFC 5246 section 6.3."""
    suite = _suite(inputs["suite"])
    sizes = (("MAC_key", suite.mac_length), ("key", suite.key_length), ("IV", suite.fixed_iv_length))
    return tuple((f"{side}_write_{part}", size) for part, size in sizes for side in ("client", "server"))


def _suite(suite: Suite | str) -> Suite:
    if isinstance(suite, Suite):
        return suite
    # Only a trace names its suite, maybe one that is overheard and not spoken; a connection loads no such table.
    from ...crypto.overheard_suites import any_suite_named

    return any_suite_named(str(suite))


PRE_MASTER_SECRET = Derivation(
    name="pre_master_secret",
    formula="unpad(encrypted_pre_master_secret ^ d mod n)",
    inputs={
        "encrypted_pre_master_secret": FromMessage("ClientKeyExchange", "encrypted_pre_master_secret", "client"),
        "client_version": FromMessage("ClientHello", "client_version", "client"),
    },
    untold={"d": FromKey("server")},
    slices=_secret_slices,
    key_log=KeyLogLine("RSA", "encrypted_pre_master_secret", 8, "pre_master_secret"),
)
PKCS1_BLOCK = Derivation(
    name="pkcs1_block",
    formula="00 02 padding 00 pre_master_secret",
    inputs={"pre_master_secret": FromDerivation("pre_master_secret"), "size": FromCertificate("server", "size")},
    untold={"padding": FromRandom(PADDING)},
    function=pre_master.pkcs1_block,
    arguments=("pre_master_secret", "size", "padding"),
    slices=_block_slices,
)
ENCRYPTED_PRE_MASTER_SECRET = Derivation(
    name="encrypted_pre_master_secret",
    formula="pkcs1_block ^ e mod n",
    inputs={
        "pkcs1_block": FromDerivation("pkcs1_block"),
        "e": FromCertificate("server", "e"),
        "n": FromCertificate("server", "n"),
    },
    function=pre_master.rsaep,
    arguments=("pkcs1_block", "e", "n"),
    exposure="public",
    carried_by=FromMessage("ClientKeyExchange", "encrypted_pre_master_secret", "client"),
    key_log=KeyLogLine("RSA", "encrypted_pre_master_secret", 8, "pre_master_secret"),
)
SESSION_HASH = Derivation(
    name="session_hash",
    formula="{prf_hash}(handshake_messages)",
    inputs={"handshake_messages": FromTranscript(hashed=False)},
    untold={"prf_hash": _HASH},
    function=key_schedule.session_hash,
    arguments=("prf_hash", "handshake_messages"),
    exposure="public",
)
MASTER_SECRET = Derivation(
    name="master_secret",
    formula='PRF(pre_master_secret, "master secret", client_random + server_random)',
    inputs={
        "hash": _HASH,
        "pre_master_secret": FromDerivation("pre_master_secret"),
        "client_random": _CLIENT_RANDOM,
        "server_random": _SERVER_RANDOM,
    },
    function=key_schedule.master_secret,
    keyed_by="pre_master_secret",
    arguments=("client_random", "server_random"),
)
EXTENDED_MASTER_SECRET = Derivation(
    name="master_secret",
    formula='PRF(pre_master_secret, "extended master secret", session_hash)',
    inputs={
        "hash": _HASH,
        "pre_master_secret": FromDerivation("pre_master_secret"),
        "session_hash": FromDerivation("session_hash"),
    },
    function=key_schedule.extended_master_secret,
    keyed_by="pre_master_secret",
    arguments=("session_hash",),
)
KEY_BLOCK = Derivation(
    name="key_block",
    formula='PRF(master_secret, "key expansion", server_random + client_random)',
    inputs={
        "hash": _HASH,
        "master_secret": FromDerivation("master_secret"),
        "server_random": _SERVER_RANDOM,
        "client_random": _CLIENT_RANDOM,
        "suite": FromSuite("name"),
    },
    function=lambda master, client_random, server_random, suite: key_schedule.key_block(
        master, client_random, server_random, _suite(suite).key_block_length
    ),
    keyed_by="master_secret",
    arguments=("client_random", "server_random", "suite"),
    slices=_key_slices,
    key_log=KeyLogLine("CLIENT_RANDOM", "client_random", 32, "master_secret"),
)


def _verify_data(sender: Side) -> Derivation:
    return Derivation(
        name=f"{sender}_verify_data",
        formula=f'PRF(master_secret, "{sender} finished", Hash(handshake_messages))',
        inputs={
            "hash": _HASH,
            "master_secret": FromDerivation("master_secret"),
            "handshake_hash": FromTranscript(hashed=True),
        },
        function=lambda master, handshake_hash: key_schedule.verify_data(master, sender, handshake_hash),
        keyed_by="master_secret",
        arguments=("handshake_hash",),
        exposure="protected",
        carried_by=FromMessage("Finished", "verify_data", sender),
    )


CLIENT_VERIFY_DATA = _verify_data("client")
SERVER_VERIFY_DATA = _verify_data("server")
VERIFY_DATA: dict[Side, Derivation] = {"client": CLIENT_VERIFY_DATA, "server": SERVER_VERIFY_DATA}
CERTIFICATE_VERIFY = Derivation(
    name="certificate_verify",
    formula="{algorithm}(handshake_messages)",
    inputs={"content": FromTranscript(hashed=False)},
    untold={"algorithm": FromMessage("CertificateVerify", "algorithm", "client"), "d": FromKey("client")},
    exposure="public",
    carried_by=FromMessage("CertificateVerify", "signature", "client"),
)

#: How each key exchange comes to its pre-master secret, in the order of the handshake.
EXCHANGED: dict[str, tuple[Derivation, ...]] = {
    "RSA": (PKCS1_BLOCK, ENCRYPTED_PRE_MASTER_SECRET, PRE_MASTER_SECRET),
}
DERIVATIONS: tuple[Derivation, ...] = (
    *(row for rows in EXCHANGED.values() for row in rows),
    SESSION_HASH,
    MASTER_SECRET,
    EXTENDED_MASTER_SECRET,
    KEY_BLOCK,
    CLIENT_VERIFY_DATA,
    SERVER_VERIFY_DATA,
    CERTIFICATE_VERIFY,
)


def declared(name: str, inputs: Iterable[str] = ()) -> Derivation | None:
    """The row of a derived value; of two with one name, the one that takes an input of these alone.

    None if TLS 1.2 derives nothing of this name.
    """
    rows = [row for row in DERIVATIONS if row.name == name]
    given = set(inputs)
    return max(rows, key=lambda row: len(given & row.inputs.keys()), default=None)
