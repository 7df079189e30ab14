"""Mistakes in the master secret, plain (RFC 5246 section 8.1) and extended (RFC 7627 section 4)."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ....handshake.tls12.derivations import PRE_MASTER_SECRET
from .facts import Facts, kind_of, without
from .mistake import Change, each
from .recipe import Recipe, TranscriptHash, master_secret, to_the_end, transcript_hash
from .text import KINDS, randoms_as


def _seed(seed: Callable[[Facts], bytes]) -> Change:
    """Another seed for a plain master secret."""

    def changed(facts: Facts, recipe: Recipe) -> Iterable[Recipe]:
        if recipe.session is None and recipe.master.seed:
            yield recipe._replace(master=recipe.master._replace(seed=seed(facts)))

    return changed


def _plain(label: bytes) -> Change:
    """The plain master secret where the extended one was agreed."""

    def changed(facts: Facts, recipe: Recipe) -> Iterable[Recipe]:
        if recipe.session is not None:
            seed = facts.client_random + facts.server_random
            yield recipe._replace(session=None, master=recipe.master._replace(label=label, seed=seed))

    return changed


def _extended(facts: Facts, recipe: Recipe) -> Iterable[Recipe]:
    """The extended master secret where it was not agreed."""
    if recipe.session is None and facts.to_key_exchange:
        session = TranscriptHash(facts.to_key_exchange, facts.suite.prf_hash)
        master = recipe.master._replace(label=b"extended master secret", seed=b"")
        yield recipe._replace(session=session, master=master)


def _session(pieces: Callable[[Facts], tuple[bytes, ...]], *, label: bytes = b"", seed: bytes = b"") -> Change:
    """Another session hash."""

    def changed(facts: Facts, recipe: Recipe) -> Iterable[Recipe]:
        if recipe.session is not None and recipe.session.pieces:
            master = recipe.master._replace(label=label or recipe.master.label, seed=seed)
            yield recipe._replace(session=recipe.session._replace(pieces=pieces(facts)), master=master)

    return changed


def _session_too_late(facts: Facts, recipe: Recipe) -> Iterable[Recipe]:
    if recipe.session is not None and recipe.session.pieces:
        messages = to_the_end(facts)
        for end in range(len(facts.to_key_exchange) + 1, len(messages) + 1):
            yield recipe._replace(session=recipe.session._replace(pieces=messages[:end]))


def _hash_and_randoms(facts: Facts, recipe: Recipe) -> Iterable[Recipe]:
    if recipe.session is not None and recipe.session.pieces:
        randoms = facts.client_random + facts.server_random
        yield recipe._replace(master=recipe.master._replace(seed=randoms))
        hashed = transcript_hash(recipe.session)
        yield recipe._replace(session=None, master=recipe.master._replace(seed=hashed + randoms))


def _hash_length(facts: Facts, recipe: Recipe) -> Iterable[Recipe]:
    """The session hash cut to another length, or with its length in front, as it stands in no message."""
    if recipe.session is not None and recipe.session.pieces:
        hashed = transcript_hash(recipe.session)
        for seed in (hashed[:32], hashed[:20], hashed[:12], bytes([len(hashed)]) + hashed):
            yield recipe._replace(session=None, master=recipe.master._replace(seed=seed))


def _randoms_as(kind: str) -> Change:
    """The randoms in the seed as text."""
    return lambda facts, recipe: [
        recipe._replace(master=recipe.master._replace(seed=seed))
        for seed in randoms_as(kind, facts.client_random, facts.server_random)
        if recipe.session is None and recipe.master.seed
    ]


def _randoms_off(facts: Facts, recipe: Recipe) -> Iterable[Recipe]:
    """Randoms cut from the hellos at the wrong place: with the version in front, or with the length behind."""
    hellos = [next((m for m in facts.messages if kind_of(m) == kind), b"") for kind in (1, 2)]
    for start in (0, 2, 4, 5, 7, 8, 10):
        client, server = (hello[start : start + 32] for hello in hellos)
        if len(client) == len(server) == 32:
            for one, two in ((client, server), (client, facts.server_random), (facts.client_random, server)):
                expansion = recipe.expansion._replace(seed=two + one)
                if recipe.session is None and recipe.master.seed:
                    master = recipe.master._replace(seed=one + two)
                    yield recipe._replace(master=master, expansion=expansion)
                    yield recipe._replace(master=master)
                yield recipe._replace(expansion=expansion)


def _master_length(facts: Facts, recipe: Recipe) -> Iterable[Recipe]:
    for length in (32, 46, 47, 20, 24, 16, 12, 36, 40, 49, 64):
        if length != recipe.master.length:
            yield recipe._replace(master=recipe.master._replace(length=length))


def _twice(facts: Facts, recipe: Recipe) -> Iterable[Recipe]:
    """The master secret of the master secret."""
    master = master_secret(recipe) if recipe.pre_master is not None else None
    if master is not None:
        yield recipe._replace(pre_master=master)


def _master_label(facts: Facts, recipe: Recipe) -> Iterable[Recipe]:
    labels = (
        "key expansion",
        "client finished",
        "server finished",
        "pre master secret",
        PRE_MASTER_SECRET.name,
        "premaster secret",
        "pre-master secret",
        "master",
        "master key",
        "secret",
        "Master Secret Key",
    )
    for label in labels:
        yield recipe._replace(master=recipe.master._replace(label=label.encode()))


def _master_as(kind: str) -> Change:
    """The master secret goes into what follows as text: into both derivations, or into one."""
    places = ("master for the keys", "master for Finished")
    return lambda facts, recipe: [
        recipe._replace(handed=(*recipe.handed, *((place, form) for place in chosen)))
        for form in KINDS[kind]
        for chosen in (places, places[:1], places[1:])
    ]


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
    "master-randoms-hex-text": _randoms_as("hex-text"),
    "master-randoms-base64-text": _randoms_as("base64-text"),
    "master-randoms-string": _randoms_as("string"),
    "master-randoms-reversed": each(
        _seed(lambda f: f.client_random[::-1] + f.server_random[::-1]),
        _seed(lambda f: (f.client_random + f.server_random)[::-1]),
    ),
    "randoms-cut-elsewhere": _randoms_off,
    "master-other-label": _master_label,
    "master-other-length": _master_length,
    "master-derived-twice": _twice,
    "master-no-randoms": lambda facts, recipe: [
        recipe._replace(session=None, master=recipe.master._replace(label=b"", seed=recipe.master.label))
    ],
    "master-is-premaster": lambda facts, recipe: (
        [recipe._replace(pre_master=None, given_master=recipe.pre_master)] if recipe.pre_master else []
    ),
    "extended-not-agreed": _extended,
    "extended-missing": _plain(b"master secret"),
    "extended-label-with-randoms": _plain(b"extended master secret"),
    "extended-hash-with-plain-label": _session(lambda f: f.to_key_exchange, label=b"master secret"),
    "extended-without-key-exchange": _session(lambda f: f.to_key_exchange[:-1]),
    "extended-hash-too-late": _session_too_late,
    "extended-hash-of-hellos": _session(lambda f: f.messages[:2]),
    "extended-and-randoms": _hash_and_randoms,
    "extended-hash-other-length": _hash_length,
    "extended-without-certificate": _session(lambda f: without(f.to_key_exchange, 11)),
    "master-hex-text": _master_as("hex-text"),
    "master-base64-text": _master_as("base64-text"),
    "master-string": _master_as("string"),
}
