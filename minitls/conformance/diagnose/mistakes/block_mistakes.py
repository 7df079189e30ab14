"""Mistakes in the key block and in how it is cut (RFC 5246 section 6.3)."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ....crypto.suites import Suite
from ....handshake.tls12.derivations import PRE_MASTER_SECRET
from .facts import Facts
from .mistake import Change, handed, set_
from .recipe import BlockLayout, Recipe, transcript_hash
from .text import randoms_as


def _expansion(seed: Callable[[Facts], bytes]) -> Change:
    def changed(facts: Facts, recipe: Recipe) -> Iterable[Recipe]:
        if recipe.expansion.seed:
            yield recipe._replace(expansion=recipe.expansion._replace(seed=seed(facts)))

    return changed


def _expansion_label(label: bytes) -> Change:
    return lambda facts, recipe: [recipe._replace(expansion=recipe.expansion._replace(label=label))]


def _layout(change: Callable[[Suite, BlockLayout], Iterable[BlockLayout]]) -> Change:
    def changed(facts: Facts, recipe: Recipe) -> Iterable[Recipe]:
        for layout in change(facts.suite, recipe.layout):
            if layout != recipe.layout:
                length = max(sum(size for _, size in layout), recipe.expansion.length)
                expansion = recipe.expansion._replace(length=length)
                yield recipe._replace(layout=layout, expansion=expansion)

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


def _from_the_end(suite: Suite, layout: BlockLayout) -> Iterable[BlockLayout]:
    """The last slice first, in a block as long as is needed."""
    yield layout[::-1]


def _all_from_the_start(suite: Suite, layout: BlockLayout) -> Iterable[BlockLayout]:
    """Every slice, or every one of a side, is cut from the beginning."""
    yield tuple(entry for name, size in layout for entry in ((name, size), ("", -size)))
    one = sum(size for name, size in layout if name in _ONE)
    sides = [tuple((name, size) for name, size in layout if name in side) for side in (_ONE, _TWO)]
    yield (*sides[0], ("", -one), *sides[1])


def _one_for_both(suite: Suite, layout: BlockLayout) -> Iterable[BlockLayout]:
    """Both sides write with the same: slices of one size for two names."""
    kinds = {name[13:]: size for name, size in layout}
    yield tuple(
        entry
        for kind, size in kinds.items()
        for entry in ((f"client_write_{kind}", size), ("", -size), (f"server_write_{kind}", size))
    )
    yield tuple(
        entry
        for kind, size in kinds.items()
        for entry in ((f"client_write_{kind}", size), ("", -size), (f"server_write_{kind}", size), ("", size))
    )


_ONE = "client_write_MAC_key", "client_write_key", "client_write_IV"
_TWO = "server_write_MAC_key", "server_write_key", "server_write_IV"


def _expansion_of_hash(facts: Facts, recipe: Recipe) -> Iterable[Recipe]:
    """A hash of messages as the seed of the key expansion."""
    for hashed in (recipe.session, recipe.transcript):
        if hashed is not None and hashed.pieces:
            yield recipe._replace(expansion=recipe.expansion._replace(seed=transcript_hash(hashed)))


def _randoms_as(kind: str) -> Change:
    """The randoms in the seed as text."""
    return lambda facts, recipe: [
        recipe._replace(expansion=recipe.expansion._replace(seed=seed))
        for seed in randoms_as(kind, facts.server_random, facts.client_random)
        if recipe.expansion.seed
    ]


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
    "block-reversed": set_(whole_block="reversed"),
    "block-seed-is-hash": _expansion_of_hash,
    "block-no-randoms": lambda facts, recipe: [
        recipe._replace(expansion=recipe.expansion._replace(label=b"", seed=recipe.expansion.label))
    ],
    "block-randoms-hex-text": _randoms_as("hex-text"),
    "block-randoms-base64-text": _randoms_as("base64-text"),
    "block-randoms-string": _randoms_as("string"),
    "block-hex-text": handed("key block", "hex-text"),
    "block-base64-text": handed("key block", "base64-text"),
    "block-string": handed("key block", "string"),
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
    "slices-from-the-end": _layout(_from_the_end),
    "slices-all-from-the-start": _layout(_all_from_the_start),
    "slices-one-for-both": _layout(_one_for_both),
    "slices-off-by-one": _layout(lambda suite, layout: [(("", 1), *layout), (("", 4), *layout)]),
}
