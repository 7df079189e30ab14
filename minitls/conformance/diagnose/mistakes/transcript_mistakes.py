"""Mistakes in what is hashed, and in Finished (RFC 5246 sections 7.4.9 and 7.4.1.1)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import replace

from ....handshake.tls12.derivations import PRE_MASTER_SECRET
from ....observe import Side
from ....wire.codes import HandshakeType
from .facts import Facts, kind_of, speakers, without
from .mistake import Change, each, handed, transcripts
from .protection_steps import HEADER as RECORD_HEADER
from .recipe import Recipe, TranscriptHash, to_the_end, value
from .text import KINDS


def _pieces(change: Callable[[Facts, tuple[bytes, ...]], Iterable[tuple[bytes, ...]]]) -> Change:
    """Something else than the messages is fed to the hash."""

    def changed(facts: Facts, one: TranscriptHash) -> Iterable[TranscriptHash]:
        return [one._replace(pieces=pieces) for pieces in change(facts, one.pieces) if pieces != one.pieces]

    return transcripts(changed)


def _manner(manner: str) -> Change:
    return transcripts(lambda facts, one: [one._replace(manner=manner)])


def _hash(hash_name: str) -> Change:
    def changed(facts: Facts, one: TranscriptHash) -> Iterable[TranscriptHash]:
        return [] if one.hash == hash_name else [one._replace(hash=hash_name)]

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
    messages = to_the_end(facts)
    if len(messages) > len(pieces) and kind_of(messages[len(pieces)]) == HandshakeType.finished:
        yield messages[: len(pieces) + 1]


def _too_long(facts: Facts, recipe: Recipe) -> Iterable[Recipe]:
    """What Finished covers goes on even after that Finished."""
    pieces, messages = recipe.transcript.pieces, to_the_end(facts)
    for end in range(len(pieces) + 1, len(messages) + 1):
        if end > len(pieces) + 1 or kind_of(messages[end - 1]) != HandshakeType.finished:
            yield recipe._replace(transcript=recipe.transcript._replace(pieces=messages[:end]))


def _too_short(facts: Facts, recipe: Recipe) -> Iterable[Recipe]:
    """What Finished covers ends two messages or more before it."""
    pieces = recipe.transcript.pieces
    for end in range(1, len(pieces) - 1):
        yield recipe._replace(transcript=recipe.transcript._replace(pieces=pieces[:end]))


def _late(facts: Facts, pieces: tuple[bytes, ...]) -> Iterable[tuple[bytes, ...]]:
    """The first messages are missing, more than ClientHello."""
    for start in range(2, len(pieces) - 1):
        yield pieces[start:]


def _swapped(facts: Facts, pieces: tuple[bytes, ...]) -> Iterable[tuple[bytes, ...]]:
    for at in range(len(pieces) - 1):
        yield (*pieces[:at], pieces[at + 1], pieces[at], *pieces[at + 2 :])


def _one_side(own: bool) -> Callable[[Facts, tuple[bytes, ...]], Iterable[tuple[bytes, ...]]]:
    """Only what the sender of this Finished said, or only what the other one said."""

    def change(facts: Facts, pieces: tuple[bytes, ...]) -> Iterable[tuple[bytes, ...]]:
        said = zip(pieces, speakers(pieces), strict=True)
        chosen = tuple(piece for piece, side in said if (side == facts.sender) == own)
        if chosen:
            yield chosen

    return change


def _one_certificate(facts: Facts, pieces: tuple[bytes, ...]) -> Iterable[tuple[bytes, ...]]:
    """One of two Certificate messages is left out, as one's own may be."""
    places = [at for at, piece in enumerate(pieces) if kind_of(piece) == HandshakeType.certificate]
    if len(places) > 1:
        for at in places:
            yield (*pieces[:at], *pieces[at + 1 :])


def _all_own_but_hello(facts: Facts, pieces: tuple[bytes, ...]) -> Iterable[tuple[bytes, ...]]:
    """Of client authentication nothing, or of one's own last flight nothing."""
    of_client = (HandshakeType.certificate_verify, HandshakeType.certificate_request)
    places = [at for at, piece in enumerate(pieces) if kind_of(piece) == HandshakeType.certificate]
    if len(places) > 1:
        rest = (*pieces[: places[1]], *pieces[places[1] + 1 :])
        yield tuple(piece for piece in rest if kind_of(piece) not in of_client)
        yield tuple(piece for piece in rest if kind_of(piece) != HandshakeType.certificate_verify)


def _on_the_wire(facts: Facts, recipe: Recipe) -> Iterable[Recipe]:
    """The other side's Finished as it came: encrypted."""
    pieces = recipe.transcript.pieces
    places = [at for at, piece in enumerate(pieces) if kind_of(piece) == HandshakeType.finished]
    for record in (*facts.records, *((facts.previous_record,) if facts.previous_record else ()), *_sealed(facts)):
        fragment, front = record[RECORD_HEADER:], facts.suite.record_iv_length
        for data in (fragment, record, fragment[front:], record[:RECORD_HEADER] + fragment[front:]):
            for at in places:
                yield recipe._replace(
                    transcript=recipe.transcript._replace(pieces=(*pieces[:at], data, *pieces[at + 1 :]))
                )


def _sealed(facts: Facts) -> Iterable[bytes]:
    """The record of the other side's Finished, where everything in it is known: its IV may be the one told."""
    finished = next((m for m in facts.messages if kind_of(m) == HandshakeType.finished), b"")
    if not finished or (facts.suite.mode == "CBC" and len(facts.iv or b"") != 16):
        return
    explicits = {bytes(8), facts.iv or bytes(8)} if facts.suite.mode == "GCM" else {facts.iv or b""}
    for explicit in explicits:
        other = replace(
            facts, sender=facts.other, sequence=0, content_type=22, plaintext=finished, iv=explicit, records=()
        )
        record = value(other, Recipe.right(other), "record", bytes(RECORD_HEADER) + explicit)
        if record is not None:
            yield record


def _digest_carried_on(facts: Facts, pieces: tuple[bytes, ...]) -> Iterable[tuple[bytes, ...]]:
    """The hash was taken once on the way, and what came later was hashed behind that instead of the messages."""
    for hash_name in dict.fromkeys((facts.suite.prf_hash, "sha256", "sha384", "sha1")):
        for end in range(1, len(pieces)):
            yield (hashlib.new(hash_name, b"".join(pieces[:end])).digest(), *pieces[end:])


def _flights_hashed(facts: Facts, pieces: tuple[bytes, ...]) -> Iterable[tuple[bytes, ...]]:
    """Each side's run of messages by itself is hashed, then those hashes."""
    flights: list[tuple[Side, list[bytes]]] = []
    for piece, side in zip(pieces, speakers(pieces), strict=True):
        if not flights or flights[-1][0] != side:
            flights.append((side, []))
        flights[-1][1].append(piece)
    yield tuple(hashlib.new(facts.suite.prf_hash, b"".join(flight)).digest() for _, flight in flights)


def _datagram_headers(facts: Facts, pieces: tuple[bytes, ...]) -> Iterable[tuple[bytes, ...]]:
    """The headers of DTLS (RFC 6347 section 4.2.2), though these are records of TLS."""
    for first in (0, 1):
        yield tuple(
            piece[:4] + (number + first).to_bytes(2, "big") + bytes(3) + piece[1:4] + piece[4:]
            for number, piece in enumerate(pieces)
        )


def _text(manner: str, kind: str) -> Change:
    manners = ("hash of text", "hash of texts") if manner == "hash of text" else (manner,)
    return transcripts(
        lambda facts, one: [one._replace(manner=chosen, form=form) for form in KINDS[kind] for chosen in manners]
    )


def _twice(facts: Facts, pieces: tuple[bytes, ...]) -> Iterable[tuple[bytes, ...]]:
    for at in range(len(pieces)):
        yield (*pieces[: at + 1], *pieces[at:])


def _headers(make: Callable[[bytes], bytes]) -> Change:
    return _pieces(lambda facts, pieces: [tuple(make(piece) for piece in pieces)])


def _by_sender(facts: Facts, pieces: tuple[bytes, ...]) -> Iterable[tuple[bytes, ...]]:
    """All that one side sent, then all that the other sent."""
    said = list(zip(pieces, speakers(pieces), strict=True))
    client = tuple(piece for piece, side in said if side == "client")
    server = tuple(piece for piece, side in said if side == "server")
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
    "transcript-too-long": _too_long,
    "transcript-too-short": _too_short,
    "transcript-starts-late": _pieces(_late),
    "transcript-swapped": _pieces(_swapped),
    "transcript-own-only": _pieces(_one_side(own=True)),
    "transcript-other-only": _pieces(_one_side(own=False)),
    "transcript-one-certificate": _pieces(_one_certificate),
    "transcript-no-client-authentication": _pieces(_all_own_but_hello),
    "transcript-encrypted": _on_the_wire,
    "transcript-twice": _pieces(_twice),
    "transcript-by-sender": _pieces(_by_sender),
    "transcript-record-headers": _pieces(_record_headers),
    "transcript-no-headers": _headers(lambda piece: piece[4:]),
    "transcript-headers-type-only": _headers(lambda piece: piece[:1] + piece[4:]),
    "transcript-headers-length-only": _headers(lambda piece: piece[1:]),
    "transcript-headers-zero-length": _headers(lambda piece: piece[:1] + bytes(3) + piece[4:]),
    "transcript-headers-short": _headers(lambda piece: piece[:1] + piece[2:]),
    "transcript-headers-of-datagrams": _pieces(_datagram_headers),
    "transcript-headers-swapped": _headers(lambda piece: piece[:1] + piece[1:4][::-1] + piece[4:]),
    "transcript-hash-of-hash": _manner("hash of hash"),
    "transcript-hash-of-hashes": _manner("hash of hashes"),
    "transcript-digest-carried-on": each(_pieces(_digest_carried_on), _manner("chain")),
    "transcript-flights-hashed": _pieces(_flights_hashed),
    "transcript-last-hash": _manner("last hash"),
    "transcript-hex-text": _text("text of hash", "hex-text"),
    "transcript-base64-text": _text("text of hash", "base64-text"),
    "transcript-string": _text("text of hash", "string"),
    "transcript-messages-hex-text": _text("hash of text", "hex-text"),
    "transcript-messages-base64-text": _text("hash of text", "base64-text"),
    "transcript-messages-string": _text("hash of text", "string"),
    "transcript-not-hashed": _manner("no hash"),
    "transcript-md5-sha1": _manner("MD5 and SHA-1"),
    "transcript-empty": transcripts(lambda facts, one: [one._replace(pieces=(b"",))]),
    "transcript-sha256": _hash("sha256"),
    "transcript-sha384": _hash("sha384"),
    "transcript-sha1": _hash("sha1"),
    "transcript-sha512": _hash("sha512"),
}


def _label(label: Callable[[Facts], bytes]) -> Change:
    return lambda facts, recipe: [recipe._replace(finished=recipe.finished._replace(label=label(facts)))]


def _labels(*labels: str) -> Change:
    """Labels in which {} stands for the sender, or for the other side."""
    return lambda facts, recipe: [
        recipe._replace(finished=recipe.finished._replace(label=label))
        for label in dict.fromkeys(
            text.format(side).encode() for text in labels for side in (facts.sender, facts.other)
        )
    ]


def _seeded(seeds: Callable[[Facts], Iterable[bytes]]) -> Change:
    """Something stands in the seed before the hash."""
    return lambda facts, recipe: [
        recipe._replace(finished=recipe.finished._replace(seed=seed)) for seed in seeds(facts) if seed
    ]


def _length(*lengths: int) -> Change:
    return lambda facts, recipe: [
        recipe._replace(finished=recipe.finished._replace(length=length)) for length in lengths
    ]


def _whole_messages(facts: Facts, recipe: Recipe) -> Iterable[Recipe]:
    """What the other side's Finished would be: its label, and the messages before it."""
    pieces = facts.before_finished(facts.other)
    finished = recipe.finished._replace(label=facts.other.encode() + b" finished")
    yield recipe._replace(finished=finished, transcript=recipe.transcript._replace(pieces=pieces))


FINISHED_MISTAKES: dict[str, Change] = {
    "finished-label-of-the-other": _label(lambda f: f.other.encode() + b" finished"),
    "finished-of-the-other": _whole_messages,
    "finished-label-bare": _label(lambda f: b"finished"),
    "finished-label-other": _labels(
        "finished {}", "{} finish", "{}_finished", "{} hello", "{} verify", "{}", "verify_data", "{} finished message"
    ),
    "finished-label-of-another-value": _labels("master secret", "key expansion", "extended master secret"),
    "finished-label-ssl3": _label(lambda f: b"CLNT" if f.sender == "client" else b"SRVR"),
    "finished-long": _length(32, 48, 36, 64, 20, 16),
    "finished-short": _length(10, 8),
    "finished-from-premaster": lambda facts, recipe: [recipe._replace(finished_secret=PRE_MASTER_SECRET.name)],
    "finished-is-the-hash": lambda facts, recipe: [recipe._replace(dressed="the hash")],
    "finished-reversed": lambda facts, recipe: [recipe._replace(dressed="reversed")],
    "finished-seed-with-randoms": _seeded(
        lambda f: (f.client_random + f.server_random, f.server_random + f.client_random)
    ),
    "finished-hex-text": each(handed("verify_data", "hex-text"), handed("verify_data, cut", "hex-text")),
    "finished-base64-text": each(handed("verify_data", "base64-text"), handed("verify_data, cut", "base64-text")),
    "finished-string": each(handed("verify_data", "string"), handed("verify_data, cut", "string")),
    "finished-with-header": lambda facts, recipe: [recipe._replace(dressed="header")],
}
