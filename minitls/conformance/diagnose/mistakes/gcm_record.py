"""A GCM record, right and wrong (RFC 5288 section 3): nonce, additional data, tag, and what is sent of them."""

from __future__ import annotations

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ....crypto.protection import TAG, DirectionKeys
from .facts import Facts
from .protection_steps import HEADER, ProtectionSteps, content_of, data_of

EXPLICIT_NONCE = 8


def gcm_fragment(
    facts: Facts, one: ProtectionSteps, own: DirectionKeys, others: DirectionKeys, seen: bytes
) -> tuple[bytes, dict[str, int]] | None:
    """The fragment, and other lengths that somebody may write into the header; None if it cannot be made."""
    plaintext = content_of(one, facts.plaintext or b"")
    keys = own if one.key == "own" else others
    sent = seen[-EXPLICIT_NONCE:] if one.explicit == "at the end" else seen[HEADER : HEADER + EXPLICIT_NONCE]
    if one.explicit == "not sent":
        sent = (one.sequence % 2**64).to_bytes(EXPLICIT_NONCE, "big")
    explicit = facts.iv if facts.iv and len(facts.iv) == EXPLICIT_NONCE else sent
    salt = {"own": own.fixed_iv, "other": others.fixed_iv, "zeros": bytes(4)}[one.fixed_iv]
    if len(explicit) != EXPLICIT_NONCE or len(salt) < 4:
        return None
    size = len(plaintext)
    sizes = {
        "plaintext": size,
        "plaintext and tag": size + TAG,
        "explicit nonce and plaintext": EXPLICIT_NONCE + size,
        "fragment": EXPLICIT_NONCE + size + TAG,
    }
    if one.length not in sizes:
        return None
    nonces = {
        "salt, explicit": salt + explicit,
        "explicit, salt": explicit + salt,
        "XOR": bytes(a ^ b for a, b in zip(salt.ljust(12, b"\0"), bytes(4) + explicit, strict=False)),
        "salt, explicit reversed": salt + explicit[::-1],
        "salt, zeros": salt + bytes(8),
        "salt, sequence": salt + (one.sequence % 2**64).to_bytes(8, "big"),
    }
    sealed = AESGCM(keys.key).encrypt(nonces[one.nonce], plaintext, data_of(one, sizes))
    body, tag = sealed[:-TAG], sealed[-TAG:]
    sealed = {"last": sealed, "first": tag + body, "missing": body, "12 bytes": body + tag[:12]}[one.tag]
    fragment = {"sent": explicit + sealed, "not sent": sealed, "at the end": sealed + explicit}[one.explicit]
    return fragment, {"plaintext": size, "without IV": len(sealed)}
