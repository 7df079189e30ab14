"""A GCM record, right and wrong (RFC 5288 section 3): nonce, additional data, tag, and what is sent of them."""

from __future__ import annotations

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ....crypto.protection import BLOCK, TAG, DirectionKeys
from .facts import Facts
from .protection_steps import HEADER, ProtectionSteps, content_of, data_of

EXPLICIT_NONCE = 8
#: The longest nonce that the library takes, in bytes.
MAX_NONCE = 128


def gcm_fragment(
    facts: Facts, one: ProtectionSteps, own: DirectionKeys, others: DirectionKeys, plain: bytes, seen: bytes
) -> tuple[bytes, dict[str, int]] | None:
    """The fragment, and other lengths that somebody may write into the header; None if it cannot be made."""
    plaintext = content_of(one, plain)
    if one.padding != "none":
        count = -len(plaintext) % BLOCK or BLOCK
        plaintext += bytes([count if one.padding == "PKCS #7" else count - 1]) * count
    keys = own if one.key == "own" else others
    start = HEADER + {"with the salt": 4, "16 bytes": 8}.get(one.explicit, 0)
    sent = seen[-EXPLICIT_NONCE:] if one.explicit == "at the end" else seen[start : start + EXPLICIT_NONCE]
    if one.explicit in ("not sent", "salt only"):
        sent = (one.sequence % 2**64).to_bytes(EXPLICIT_NONCE, "big")
    if one.explicit == "reversed":
        sent = sent[::-1]
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
    if one.length not in (*sizes, "zero"):
        return None
    nonces = {
        "salt, explicit": salt + explicit,
        "explicit, salt": explicit + salt,
        "XOR": bytes(a ^ b for a, b in zip(salt.ljust(12, b"\0"), bytes(4) + explicit, strict=False)),
        "salt, explicit reversed": salt + explicit[::-1],
        "salt, zeros": salt + bytes(8),
        "explicit alone": explicit,
        "explicit, zeros": explicit + bytes(4),
        "salt twice": salt + salt + salt,
        "salt, explicit, counter": salt + explicit + (1).to_bytes(4, "big"),
        "salt, explicit, zeros": salt + explicit + bytes(4),
        "salt reversed, explicit": salt[::-1] + explicit,
        "reversed": (salt + explicit)[::-1],
        "salt, sequence reversed": salt + (one.sequence % 2**64).to_bytes(8, "little"),
        "salt, text of explicit": salt + one.text_of("explicit nonce", explicit),
        "text": one.text_of("nonce", salt + explicit),
        "salt, sequence": salt + (one.sequence % 2**64).to_bytes(8, "big"),
    }
    if not 8 <= len(nonces[one.nonce]) <= MAX_NONCE:
        return None
    data = data_of(one, sizes)
    match one.data_with:
        case "nonce before":
            data = explicit + data
        case "nonce behind":
            data += explicit
    sealed = AESGCM(keys.key).encrypt(nonces[one.nonce], plaintext, data)
    body, tag = sealed[:-TAG], sealed[-TAG:]
    sealed = {
        "last": sealed,
        "first": tag + body,
        "missing": body,
        "8 bytes": body + tag[:8],
        "12 bytes": body + tag[:12],
        "zeros": body + bytes(TAG),
    }[one.tag]
    fragment = {
        "sent": explicit + sealed,
        "reversed": explicit[::-1] + sealed,
        "with the salt": salt + explicit + sealed,
        "salt only": salt + sealed,
        "16 bytes": bytes(8) + explicit + sealed,
        "not sent": sealed,
        "at the end": sealed + explicit,
    }[one.explicit]
    return fragment, {"plaintext": size, "without IV": len(sealed)}
