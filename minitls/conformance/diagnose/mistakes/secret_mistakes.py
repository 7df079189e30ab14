"""Mistakes from the pre-master secret to the slices of the key block (RFC 5246 sections 7.4.7.1, 8.1 and 6.3)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from ....crypto.suites import Suite
from ....handshake.tls12.derivations import PRE_MASTER_SECRET
from .facts import Facts, without
from .mistake import Change, set_
from .recipe import BlockLayout, Recipe, TranscriptHash


def _pre_master(change: Callable[[Facts, bytes], Iterable[bytes]]) -> Change:
    def changed(facts: Facts, recipe: Recipe) -> Iterable[Recipe]:
        if recipe.pre_master is not None:
            for other in change(facts, recipe.pre_master):
                if other != recipe.pre_master:
                    yield replace(recipe, pre_master=other)

    return changed


def _versions(facts: Facts, secret: bytes) -> list[bytes]:
    return [version + secret[2:] for version in (b"\x03\x01", b"\x03\x00", b"\x03\x02", b"\x03\x04", b"\x00\x00")]


def _seed(seed: Callable[[Facts], bytes]) -> Change:
    """Another seed for a plain master secret."""

    def changed(facts: Facts, recipe: Recipe) -> Iterable[Recipe]:
        if recipe.session is None and recipe.master.seed:
            yield replace(recipe, master=replace(recipe.master, seed=seed(facts)))

    return changed


def _plain(label: bytes) -> Change:
    """The plain master secret where the extended one was agreed."""

    def changed(facts: Facts, recipe: Recipe) -> Iterable[Recipe]:
        if recipe.session is not None:
            seed = facts.client_random + facts.server_random
            yield replace(recipe, session=None, master=replace(recipe.master, label=label, seed=seed))

    return changed


def _extended(facts: Facts, recipe: Recipe) -> Iterable[Recipe]:
    """The extended master secret where it was not agreed."""
    if recipe.session is None and facts.to_key_exchange:
        session = TranscriptHash(facts.to_key_exchange, facts.suite.prf_hash)
        master = replace(recipe.master, label=b"extended master secret", seed=b"")
        yield replace(recipe, session=session, master=master)


def _session(pieces: Callable[[Facts], tuple[bytes, ...]], *, label: bytes = b"", seed: bytes = b"") -> Change:
    """Another session hash."""

    def changed(facts: Facts, recipe: Recipe) -> Iterable[Recipe]:
        if recipe.session is not None and recipe.session.pieces:
            master = replace(recipe.master, label=label or recipe.master.label, seed=seed)
            yield replace(recipe, session=replace(recipe.session, pieces=pieces(facts)), master=master)

    return changed


def _session_too_late(facts: Facts, recipe: Recipe) -> Iterable[Recipe]:
    if recipe.session is not None and recipe.session.pieces:
        for end in range(len(facts.to_key_exchange) + 1, len(facts.messages) + 1):
            yield replace(recipe, session=replace(recipe.session, pieces=facts.messages[:end]))


def _hash_and_randoms(facts: Facts, recipe: Recipe) -> Iterable[Recipe]:
    # A PRFCall's seed stands in front of the session hash, so only that order can be told here.
    if recipe.session is not None:
        yield replace(recipe, master=replace(recipe.master, seed=facts.client_random + facts.server_random))


def _expansion(seed: Callable[[Facts], bytes]) -> Change:
    def changed(facts: Facts, recipe: Recipe) -> Iterable[Recipe]:
        if recipe.expansion.seed:
            yield replace(recipe, expansion=replace(recipe.expansion, seed=seed(facts)))

    return changed


def _expansion_label(label: bytes) -> Change:
    return lambda facts, recipe: [replace(recipe, expansion=replace(recipe.expansion, label=label))]


def _layout(change: Callable[[Suite, BlockLayout], Iterable[BlockLayout]]) -> Change:
    def changed(facts: Facts, recipe: Recipe) -> Iterable[Recipe]:
        for layout in change(facts.suite, recipe.layout):
            if layout != recipe.layout:
                length = max(sum(size for _, size in layout), recipe.expansion.length)
                expansion = replace(recipe.expansion, length=length)
                yield replace(recipe, layout=layout, expansion=expansion)

    return changed


def _ordered(*names: str) -> Callable[[Suite, BlockLayout], Iterable[BlockLayout]]:
    """The slices in this order; a name such as "key" is short for the client's and the server's."""
    whole = [
        full
        for name in names
        for full in (
            [name] if name.startswith(("client_", "server_")) else [f"client_write_{name}", f"server_write_{name}"]
        )
    ]
    return lambda suite, layout: [tuple((name, dict(layout)[name]) for name in whole)]


def _swapped(*kinds: str) -> Callable[[Suite, BlockLayout], Iterable[BlockLayout]]:
    """Client and server in the other order, for these kinds of slices."""

    def change(suite: Suite, layout: BlockLayout) -> Iterable[BlockLayout]:
        exchange = {"client": "server", "server": "client"}
        yield tuple((exchange[name[:6]] + name[6:] if name[13:] in kinds else name, size) for name, size in layout)

    return change


def _sized(kind: str, *sizes: int) -> Callable[[Suite, BlockLayout], Iterable[BlockLayout]]:
    """Slices of one kind with another length."""
    return lambda suite, layout: [
        tuple((name, other if name.endswith(f"_write_{kind}") else size) for name, size in layout) for other in sizes
    ]


def _tls10_ivs(suite: Suite, layout: BlockLayout) -> Iterable[BlockLayout]:
    """IVs of a block each in front of the keys or the MAC keys."""
    if suite.mode == "CBC":
        ivs = (("", 16), ("", 16))
        yield (*ivs, *layout)
        yield (*layout[:2], *ivs, *layout[2:])


def _late(suite: Suite, layout: BlockLayout) -> Iterable[BlockLayout]:
    for size in dict.fromkeys((suite.key_length, suite.mac_length, suite.fixed_iv_length)):
        if size:
            yield (("", size), *layout)


def _skipped_between(suite: Suite, layout: BlockLayout) -> Iterable[BlockLayout]:
    yield (*layout[:2], ("", suite.key_length), *layout[2:])
    yield (*layout[:3], ("", suite.key_length), *layout[3:])


_ONE = "client_write_MAC_key", "client_write_key", "client_write_IV"
_TWO = "server_write_MAC_key", "server_write_key", "server_write_IV"

PRE_MASTER_MISTAKES: dict[str, Change] = {
    "premaster-no-version": _pre_master(lambda facts, secret: [secret[2:]]),
    "premaster-negotiated-version": _pre_master(
        lambda facts, secret: [facts.server_version.to_bytes(2, "big") + secret[2:]]
    ),
    "premaster-other-version": _pre_master(_versions),
    "premaster-little-endian": _pre_master(lambda facts, secret: [secret[::-1]]),
    "premaster-length-prefix": _pre_master(
        lambda facts, secret: [len(secret).to_bytes(2, "big") + secret, bytes([len(secret)]) + secret]
    ),
    "premaster-hex-text": _pre_master(lambda facts, secret: [secret.hex().encode(), secret.hex().upper().encode()]),
    "premaster-zeros": _pre_master(lambda facts, secret: [bytes(48), secret[:2] + bytes(46)]),
    "premaster-separator": _pre_master(lambda facts, secret: [b"\0" + secret, b"\0" + secret[:-1]]),
    "premaster-encrypted": _pre_master(
        lambda facts, secret: (
            [message[6:] for message in facts.to_key_exchange[-1:]]
            + [message[4:] for message in facts.to_key_exchange[-1:]]
        )
    ),
    "premaster-c-string": _pre_master(lambda facts, secret: [secret.split(b"\0")[0]]),
}

MASTER_MISTAKES: dict[str, Change] = {
    "master-randoms-swapped": _seed(lambda f: f.server_random + f.client_random),
    "master-client-random-twice": _seed(lambda f: f.client_random * 2),
    "master-server-random-twice": _seed(lambda f: f.server_random * 2),
    "master-client-random-only": _seed(lambda f: f.client_random),
    "master-server-random-only": _seed(lambda f: f.server_random),
    "master-randoms-28": _seed(lambda f: f.client_random[4:] + f.server_random[4:]),
    "master-randoms-time-only-once": lambda facts, recipe: [
        *_seed(lambda f: f.client_random[4:] + f.server_random)(facts, recipe),
        *_seed(lambda f: f.client_random + f.server_random[4:])(facts, recipe),
    ],
    "master-randoms-hex-text": _seed(lambda f: (f.client_random + f.server_random).hex().encode()),
    "master-no-randoms": lambda facts, recipe: [
        replace(recipe, session=None, master=replace(recipe.master, label=b"", seed=recipe.master.label))
    ],
    "master-is-premaster": lambda facts, recipe: (
        [replace(recipe, pre_master=None, given_master=recipe.pre_master)] if recipe.pre_master else []
    ),
    "extended-not-agreed": _extended,
    "extended-missing": _plain(b"master secret"),
    "extended-label-with-randoms": _plain(b"extended master secret"),
    "extended-hash-with-plain-label": _session(lambda f: f.to_key_exchange, label=b"master secret"),
    "extended-without-key-exchange": _session(lambda f: f.to_key_exchange[:-1]),
    "extended-hash-too-late": _session_too_late,
    "extended-hash-of-hellos": _session(lambda f: f.messages[:2]),
    "extended-and-randoms": _hash_and_randoms,
    "extended-without-certificate": _session(lambda f: without(f.to_key_exchange, 11)),
}

BLOCK_MISTAKES: dict[str, Change] = {
    "block-randoms-not-swapped": _expansion(lambda f: f.client_random + f.server_random),
    "block-client-random-only": _expansion(lambda f: f.client_random),
    "block-server-random-only": _expansion(lambda f: f.server_random),
    "block-server-random-twice": _expansion(lambda f: f.server_random * 2),
    "block-label-of-master": _expansion_label(b"master secret"),
    "block-other-label": lambda facts, recipe: [
        new
        for label in (b"key block", b"key_block", b"key material", b"key extension", b"keyexpand")
        for new in _expansion_label(label)(facts, recipe)
    ],
    "block-from-premaster": set_(expansion_secret=PRE_MASTER_SECRET.name),
    "block-is-master": set_(whole_block="secret"),
}

SLICE_MISTAKES: dict[str, Change] = {
    "slices-sides-swapped": _layout(_swapped("MAC_key", "key", "IV")),
    "slices-keys-swapped": _layout(_swapped("key")),
    "slices-mac-keys-swapped": _layout(_swapped("MAC_key")),
    "slices-ivs-swapped": _layout(_swapped("IV")),
    "slices-ivs-first": lambda facts, recipe: [
        *_layout(_ordered("IV", "MAC_key", "key"))(facts, recipe),
        *_layout(_ordered("IV", "key", "MAC_key"))(facts, recipe),
        *_layout(lambda suite, layout: (other for other in _tls10_ivs(suite, layout) if not other[0][0]))(
            facts, recipe
        ),
    ],
    "slices-mac-keys-last": lambda facts, recipe: [
        *_layout(_ordered("key", "MAC_key", "IV"))(facts, recipe),
        *_layout(_ordered("key", "IV", "MAC_key"))(facts, recipe),
    ],
    "slices-side-by-side": lambda facts, recipe: [
        *_layout(_ordered(*_ONE, *_TWO))(facts, recipe),
        *_layout(_ordered(*_TWO, *_ONE))(facts, recipe),
    ],
    "slices-ivs-between": _layout(lambda suite, layout: (other for other in _tls10_ivs(suite, layout) if other[0][0])),
    "slices-mac-key-length": _layout(_sized("MAC_key", 0, 16, 20, 32, 48)),
    "slices-key-length": _layout(_sized("key", 16, 24, 32)),
    "slices-iv-length": lambda facts, recipe: (
        _layout(_sized("IV", 8, 12, 16))(facts, recipe) if facts.suite.mode == "GCM" else []
    ),
    "slices-too-late": _layout(_late),
    "slices-one-key-off": _layout(_skipped_between),
}
