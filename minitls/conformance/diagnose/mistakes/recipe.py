"""How one gets from the facts to a value: a recipe, step by step, of which every step can be done wrongly.

    pre-master secret -> master secret -> key block -> slices -> MAC -> record
                                       -> verify_data <- transcript

`Recipe.right(facts)` is the RFC's. A mistake is a change of it (see `mistakes/__init__.py`), and `value` follows any
recipe to any value. Because a recipe covers the whole way, a wrong verify_data can be traced to a mistake made three
steps before it, and two mistakes are simply two changes.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from ....crypto.protection import DirectionKeys
from ....handshake.tls12.derivations import (
    ENCRYPTED_PRE_MASTER_SECRET,
    KEY_BLOCK,
    MASTER_SECRET,
    PKCS1_BLOCK,
    PRE_MASTER_SECRET,
    SESSION_HASH,
)
from ....observe import Side
from ....wire.codes import ContentType, HandshakeType
from .facts import Facts, kind_of
from .prf_call import PRFCall, derive
from .protect import mac_of, record_of
from .protection_steps import ProtectionSteps
from .text import as_text

#: The output of a call of the PRF by itself.
OUTPUT = "prf_output"
#: The values that can be asked for, in the order in which they are computed.
VALUES = (
    PRE_MASTER_SECRET.name,
    PKCS1_BLOCK.name,
    ENCRYPTED_PRE_MASTER_SECRET.name,
    SESSION_HASH.name,
    MASTER_SECRET.name,
    KEY_BLOCK.name,
    "client_write_MAC_key",
    "server_write_MAC_key",
    "client_write_key",
    "server_write_key",
    "client_write_IV",
    "server_write_IV",
    "handshake_hash",
    "verify_data",
    "mac",
    "record",
    OUTPUT,
)
SLICES = frozenset(name for name in VALUES if "_write_" in name)

BlockLayout = tuple[tuple[str, int], ...]

#: The handshake header of every Finished.
FINISHED = b"\x14\x00\x00\x0c"


class TranscriptHash(NamedTuple):
    """What is hashed and how: the messages as somebody fed them to the hash, the hash's name, and the manner."""

    pieces: tuple[bytes, ...]
    hash: str
    manner: str = "hash"
    form: str = ""
    """The form of text (`text.py`), if the manner has to do with text."""


class Recipe(NamedTuple):
    """Every step. None where the facts do not suffice."""

    pre_master: bytes | None
    given_master: bytes | None
    master: PRFCall
    session: TranscriptHash | None
    """What the extended master secret covers; its hash is the seed. None: the seed stands in `master`."""
    expansion: PRFCall
    expansion_secret: str
    layout: BlockLayout
    """The slices in the order in which they are cut from the key block."""
    whole_block: str
    transcript: TranscriptHash
    finished: PRFCall
    finished_secret: str
    dressed: str
    """What is put around verify_data or in its place: nothing, if done right."""
    protect: ProtectionSteps
    call: PRFCall | None
    """A call of the PRF that stands by itself."""
    handed: tuple[tuple[str, str], ...] = ()
    """What is handed over as text, and in which form: "master for the keys", "key block", "MAC key", ..."""

    @classmethod
    def right(cls, facts: Facts) -> Recipe:
        """RFC 5246 sections 8.1, 6.3, 7.4.9 and 6.2.3, RFC 7627 section 4."""
        suite = facts.suite
        ems = facts.extended_master_secret
        randoms = facts.client_random + facts.server_random
        label = b"extended master secret" if ems else b"master secret"
        layout = tuple(
            (f"{side}_write_{name}", size)
            for name, size in (
                ("MAC_key", suite.mac_length),
                ("key", suite.key_length),
                ("IV", suite.fixed_iv_length),
            )
            for side in ("client", "server")
        )
        return cls(
            pre_master=facts.secret,
            given_master=facts.master,
            master=PRFCall(label, b"" if ems else randoms, 48, suite.prf_hash),
            session=TranscriptHash(facts.to_key_exchange, suite.prf_hash) if ems else None,
            expansion=PRFCall(
                b"key expansion",
                facts.server_random + facts.client_random,
                facts.key_block_length or suite.key_block_length,
                suite.prf_hash,
            ),
            expansion_secret=MASTER_SECRET.name,
            layout=layout,
            whole_block="derived",
            transcript=TranscriptHash(facts.before_finished(facts.sender), suite.prf_hash),
            finished=PRFCall(facts.sender.encode() + b" finished", b"", 12, suite.prf_hash),
            finished_secret=MASTER_SECRET.name,
            dressed="",
            protect=ProtectionSteps.right(facts),
            call=facts.call,
        )

    def text_of(self, what: str, data: bytes) -> bytes:
        """The bytes as they are handed over."""
        for place, form in self.handed:
            if place == what:
                data = as_text(form, data)
        return data


def value(facts: Facts, recipe: Recipe, name: str, seen: bytes = b"") -> bytes | None:
    """The value `name` (one of VALUES) by this recipe; None if the facts do not suffice.

    `seen` is somebody's value of the same name: what is random in a record (its IV) is taken from there.
    """
    match name:
        case PRE_MASTER_SECRET.name:
            return recipe.pre_master
        case SESSION_HASH.name:
            return transcript_hash(recipe.session) if recipe.session and recipe.session.pieces else None
        case "handshake_hash":
            return transcript_hash(recipe.transcript) if recipe.transcript.pieces else None
        case MASTER_SECRET.name:
            return master_secret(recipe)
        case KEY_BLOCK.name:
            return key_block(facts, recipe)
        case "verify_data":
            return verify_data(recipe)
        case "mac" | "record":
            return _protected(facts, recipe, name, seen)
        case _ if name == OUTPUT:
            return derive(facts.call_secret, recipe.call) if recipe.call else None
    if name in SLICES:
        block = key_block(facts, recipe)
        return slices(recipe.text_of("key block", block), recipe.layout).get(name) if block is not None else None
    return None


def master_secret(recipe: Recipe) -> bytes | None:
    """48 bytes."""
    if recipe.pre_master is None:
        return recipe.given_master
    one = recipe.master
    if recipe.session is not None:
        if not recipe.session.pieces:
            return recipe.given_master
        one = one._replace(seed=one.seed + transcript_hash(recipe.session))
    elif not one.seed:
        return recipe.given_master
    return derive(recipe.pre_master, one)


def _secret(recipe: Recipe, which: str, purpose: str) -> bytes | None:
    secret = recipe.pre_master if which == PRE_MASTER_SECRET.name else master_secret(recipe)
    return recipe.text_of(purpose, secret) if secret is not None else None


def key_block(facts: Facts, recipe: Recipe) -> bytes | None:
    """The key block; or what is cut in its place."""
    secret = _secret(recipe, recipe.expansion_secret, "master for the keys")
    if secret is None or not recipe.expansion.seed:
        return None
    match recipe.whole_block:
        case "secret":
            return secret
        case "reversed":
            return derive(secret, recipe.expansion)[::-1]
    return derive(secret, recipe.expansion)


def slices(block: bytes, layout: BlockLayout) -> dict[str, bytes]:
    """The block cut in the order of `layout`; entries that are skipped bear the name "", and may lead back."""
    cut: dict[str, bytes] = {}
    at = 0
    for name, size in layout:
        if name:
            cut[name] = block[at : at + size]
        at += size
    return cut


def verify_data(recipe: Recipe) -> bytes | None:
    """12 bytes."""
    secret = _secret(recipe, recipe.finished_secret, "master for Finished")
    if secret is None or (not recipe.transcript.pieces and recipe.transcript.manner == "hash"):
        return None
    out = derive(secret, recipe.finished._replace(seed=recipe.finished.seed + transcript_hash(recipe.transcript)))
    match recipe.dressed:
        case "header":
            out = FINISHED + out
        case "reversed":
            out = out[::-1]
        case "the hash":
            out = transcript_hash(recipe.transcript)[: len(out)]
    # As many characters as there should be bytes: hexdigest()[:12].
    cut = recipe.text_of("verify_data, cut", out)[: len(out)]
    return recipe.text_of("verify_data", cut)


@lru_cache(maxsize=2048)
def transcript_hash(one: TranscriptHash) -> bytes:
    """The handshake messages, made into what the PRF takes as its seed."""

    def digest(data: bytes) -> bytes:
        return hashlib.new(one.hash, data).digest()

    content = b"".join(one.pieces)
    match one.manner:
        case "hash of hash":
            return digest(digest(content))
        case "hash of hashes":
            return digest(b"".join(map(digest, one.pieces)))
        case "chain":
            carried = b""
            for piece in one.pieces:
                carried = digest(carried + piece)
            return carried
        case "last hash":
            return digest(one.pieces[-1]) if one.pieces else digest(b"")
        case "text of hash":
            return as_text(one.form, digest(content))
        case "hash of text":
            return digest(as_text(one.form, content))
        case "hash of texts":
            return digest(b"".join(as_text(one.form, piece) for piece in one.pieces))
        case "MD5 and SHA-1":
            return hashlib.md5(content, usedforsecurity=False).digest() + hashlib.sha1(content).digest()
        case "no hash":
            return content
    return digest(content)


@lru_cache(maxsize=16)
def to_the_end(facts: Facts) -> tuple[bytes, ...]:
    """The messages, and both Finished behind them where they have not been told: they can be computed."""
    messages = facts.messages
    while sum(kind_of(message) == HandshakeType.finished for message in messages) < 2:
        done = sum(kind_of(message) == HandshakeType.finished for message in messages)
        sender: Side = "client" if (done == 0) != facts.resumed else "server"
        right = Recipe.right(replace(facts, messages=messages, sender=sender))
        finished = verify_data(right)
        if finished is None:
            break
        messages = (*messages, FINISHED + finished)
    return messages


def keys_of(recipe: Recipe, block: bytes | None, told: DirectionKeys | None, side: Side) -> DirectionKeys | None:
    """What `side` writes with. `told`: keys that are known by themselves."""
    if block is not None:
        cut = slices(recipe.text_of("key block", block), recipe.layout)
        keys = DirectionKeys(*(cut.get(f"{side}_write_{name}", b"") for name in ("MAC_key", "key", "IV")))
    elif told is not None:
        # Keys that are told by themselves have no other side to be taken for.
        keys = told
    else:
        return None
    if not recipe.handed:
        return keys
    names = (("MAC key", keys.mac_key), ("key", keys.key), ("fixed IV", keys.fixed_iv))
    # As many characters as there should be bytes, or all of them.
    sized = [(name, recipe.text_of(f"{name}, cut", key)[: len(key)]) for name, key in names]
    return DirectionKeys(*(recipe.text_of(name, key) for name, key in sized))


def _protected(facts: Facts, recipe: Recipe, name: str, seen: bytes) -> bytes | None:
    inputs = _inputs(facts, recipe._replace(protect=_ANY_PROTECTION))
    if inputs is None:
        return None
    own, others, plaintext = inputs
    tls10_iv = _tls10_iv(facts, recipe) if "key block" in recipe.protect.iv else b""
    build = mac_of if name == "mac" else record_of
    return build(facts, recipe.protect, own, others, plaintext, seen, tls10_iv)


#: Stands for any, where the protection does not matter: most mistakes in a record are made in it alone.
_ANY_PROTECTION = ProtectionSteps(0, 0, "", "", "", "")


@lru_cache(maxsize=512)
def _inputs(facts: Facts, recipe: Recipe) -> tuple[DirectionKeys, DirectionKeys, bytes] | None:
    """The keys of both sides, and what is to be protected."""
    block = key_block(facts, recipe)
    own, others = (keys_of(recipe, block, facts.keys, side) for side in (facts.sender, facts.other))
    if own is None or others is None:
        return None
    if facts.plaintext is not None:
        return own, others, facts.plaintext
    # The first record under new keys holds Finished, and so depends on everything before it.
    inside = verify_data(recipe)
    if inside is None or facts.sequence or facts.content_type != ContentType.handshake:
        return None
    header = b"" if recipe.dressed == "header" else FINISHED[:3] + bytes([len(inside) % 256])
    return own, others, header + inside


def _tls10_iv(facts: Facts, recipe: Recipe) -> bytes:
    """The IV that TLS 1.0 would cut from the key block, behind the keys; the block must be longer for that."""
    start = sum(size for _, size in recipe.layout)
    secret = master_secret(recipe)
    if facts.suite.mode != "CBC" or secret is None:
        return b""
    longer = derive(secret, recipe.expansion._replace(length=start + 32))
    return longer[start : start + 16] if facts.sender == "client" else longer[start + 16 : start + 32]
