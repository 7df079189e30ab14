"""Mistakes in what is hashed, and in Finished (RFC 5246 sections 7.4.9 and 7.4.1.1)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from ....handshake.tls12.derivations import PRE_MASTER_SECRET
from .facts import Facts, kind_of, without
from .mistake import Change, transcripts
from .recipe import Recipe, TranscriptHash


def _pieces(change: Callable[[Facts, tuple[bytes, ...]], Iterable[tuple[bytes, ...]]]) -> Change:
    """Something else than the messages is fed to the hash."""

    def changed(facts: Facts, one: TranscriptHash) -> Iterable[TranscriptHash]:
        return [replace(one, pieces=pieces) for pieces in change(facts, one.pieces) if pieces != one.pieces]

    return transcripts(changed)


def _manner(manner: str) -> Change:
    return transcripts(lambda facts, one: [replace(one, manner=manner)])


def _hash(hash_name: str) -> Change:
    def changed(facts: Facts, one: TranscriptHash) -> Iterable[TranscriptHash]:
        return [] if one.hash == hash_name else [replace(one, hash=hash_name)]

    return transcripts(changed)


def _lacks(kind: int) -> Change:
    return _pieces(lambda facts, pieces: [without(pieces, kind)])


def _record_headers(facts: Facts, pieces: tuple[bytes, ...]) -> Iterable[tuple[bytes, ...]]:
    """A record header before each message, the first perhaps with an older version; or before each flight."""

    def header(piece: bytes, version: bytes) -> bytes:
        return b"\x16" + version + len(piece).to_bytes(2, "big")

    for first in (b"\x03\x01", b"\x03\x03", b"\x03\x00"):
        yield tuple(header(p, b"\x03\x03" if at else first) + p for at, p in enumerate(pieces))
        flights = _flights(pieces)
        yield tuple(header(p, b"\x03\x03" if at else first) + p for at, p in enumerate(flights))


def _flights(pieces: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """The server's messages from ServerHello to ServerHelloDone joined, as one record may carry them."""
    kinds = [kind_of(piece) for piece in pieces]
    if 2 not in kinds or 14 not in kinds:
        return pieces
    begin, end = kinds.index(2), kinds.index(14) + 1
    return (*pieces[:begin], b"".join(pieces[begin:end]), *pieces[end:])


def _change_cipher_spec(facts: Facts, pieces: tuple[bytes, ...]) -> Iterable[tuple[bytes, ...]]:
    places = [at for at, piece in enumerate(pieces) if kind_of(piece) == 20] + [len(pieces)]
    for spec in (b"\x01", b"\x14\x03\x03\x00\x01\x01", b"\x01\x00\x00\x00", b"\x14\x00\x00\x01\x01"):
        yield (*pieces, spec)
        everywhere: list[bytes] = []
        for at in range(len(pieces) + 1):
            everywhere += [spec] * (at in places)
            everywhere += pieces[at : at + 1]
        yield tuple(everywhere)


def _own_finished(facts: Facts, pieces: tuple[bytes, ...]) -> Iterable[tuple[bytes, ...]]:
    if len(facts.messages) > len(pieces):
        yield facts.messages[: len(pieces) + 1]


def _twice(facts: Facts, pieces: tuple[bytes, ...]) -> Iterable[tuple[bytes, ...]]:
    for at in range(len(pieces)):
        yield (*pieces[: at + 1], *pieces[at:])


def _headers(make: Callable[[bytes], bytes]) -> Change:
    return _pieces(lambda facts, pieces: [tuple(make(piece) for piece in pieces)])


def _by_sender(facts: Facts, pieces: tuple[bytes, ...]) -> Iterable[tuple[bytes, ...]]:
    """All that one side sent, then all that the other sent."""
    client = tuple(piece for piece in pieces if kind_of(piece) in (1, 16, 15))
    server = tuple(piece for piece in pieces if kind_of(piece) not in (1, 16, 15))
    yield client + server
    yield server + client


def _other_finished_cut(facts: Facts, pieces: tuple[bytes, ...]) -> Iterable[tuple[bytes, ...]]:
    """The other's Finished without its header."""
    yield tuple(piece[4:] if kind_of(piece) == 20 else piece for piece in pieces)


TRANSCRIPT_MISTAKES: dict[str, Change] = {
    "transcript-no-client-hello": _lacks(1),
    "transcript-no-server-hello": _lacks(2),
    "transcript-no-certificate": _lacks(11),
    "transcript-no-certificate-request": _lacks(13),
    "transcript-no-hello-done": _lacks(14),
    "transcript-no-key-exchange": _lacks(16),
    "transcript-no-certificate-verify": _lacks(15),
    "transcript-no-ticket": _lacks(4),
    "transcript-no-other-finished": _lacks(20),
    "transcript-other-finished-bare": _pieces(_other_finished_cut),
    "transcript-no-ticket-no-finished": _pieces(
        lambda facts, pieces: (
            [without(without(pieces, 4), 20)]
            if 4 in [kind_of(p) for p in pieces] and 20 in [kind_of(p) for p in pieces]
            else []
        )
    ),
    "transcript-last-missing": _pieces(lambda facts, pieces: [pieces[:-1]]),
    "transcript-hello-request": _pieces(
        lambda facts, pieces: [(bytes(4), *pieces), (*pieces, bytes(4)), (pieces[0], bytes(4), *pieces[1:])]
    ),
    "transcript-change-cipher-spec": _pieces(_change_cipher_spec),
    "transcript-own-finished": _pieces(_own_finished),
    "transcript-twice": _pieces(_twice),
    "transcript-by-sender": _pieces(_by_sender),
    "transcript-record-headers": _pieces(_record_headers),
    "transcript-no-headers": _headers(lambda piece: piece[4:]),
    "transcript-headers-type-only": _headers(lambda piece: piece[:1] + piece[4:]),
    "transcript-headers-length-only": _headers(lambda piece: piece[1:]),
    "transcript-headers-zero-length": _headers(lambda piece: piece[:1] + bytes(3) + piece[4:]),
    "transcript-headers-short": _headers(lambda piece: piece[:1] + piece[2:]),
    "transcript-headers-swapped": _headers(lambda piece: piece[:1] + piece[1:4][::-1] + piece[4:]),
    "transcript-hash-of-hash": _manner("hash of hash"),
    "transcript-hash-of-hashes": _manner("hash of hashes"),
    "transcript-last-hash": _manner("last hash"),
    "transcript-hex-text": _manner("hex text"),
    "transcript-messages-hex-text": _manner("hash of hex text"),
    "transcript-not-hashed": _manner("no hash"),
    "transcript-md5-sha1": _manner("MD5 and SHA-1"),
    "transcript-empty": transcripts(lambda facts, one: [replace(one, pieces=(b"",))]),
    "transcript-sha256": _hash("sha256"),
    "transcript-sha384": _hash("sha384"),
    "transcript-sha1": _hash("sha1"),
    "transcript-sha512": _hash("sha512"),
}


def _label(label: Callable[[Facts], bytes]) -> Change:
    return lambda facts, recipe: [replace(recipe, finished=replace(recipe.finished, label=label(facts)))]


def _length(*lengths: int) -> Change:
    return lambda facts, recipe: [
        replace(recipe, finished=replace(recipe.finished, length=length)) for length in lengths
    ]


def _whole_messages(facts: Facts, recipe: Recipe) -> Iterable[Recipe]:
    """What the other side's Finished would be: its label, and the messages before it."""
    pieces = facts.before_finished(facts.other)
    finished = replace(recipe.finished, label=facts.other.encode() + b" finished")
    yield replace(recipe, finished=finished, transcript=replace(recipe.transcript, pieces=pieces))


FINISHED_MISTAKES: dict[str, Change] = {
    "finished-label-of-the-other": _label(lambda f: f.other.encode() + b" finished"),
    "finished-of-the-other": _whole_messages,
    "finished-label-bare": _label(lambda f: b"finished"),
    "finished-label-ssl3": _label(lambda f: b"CLNT" if f.sender == "client" else b"SRVR"),
    "finished-long": _length(32, 48, 36, 64, 20, 16),
    "finished-short": _length(10, 8),
    "finished-from-premaster": lambda facts, recipe: [replace(recipe, finished_secret=PRE_MASTER_SECRET.name)],
    "finished-with-header": lambda facts, recipe: [replace(recipe, dressed="header")],
}
