"""Exhaustive replay: which orders of messages are accepted, against a list of the legal ones that minitls never saw.

`LEGAL` says RFC 5246 figures 1 and 2 with section 7.4.6 and RFC 5077 figures 1 and 2 as regular expressions, one letter
a message. The tree of all sequences over every handshake type and ChangeCipherSpec is walked up to the longest legal
handshake and one more; each message is made valid for the conversation so far by the independent peer, so that only
its place can be wrong. A prefix that was refused is not extended: after an error the connection is dead
(`test_connection.py`).

Both sides tell an observer where they went. The arrows walked by legal conversations must be exactly the arrows of the
declared tables: none is missing, none is idle.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pytest

from minitls import Session, SessionCache, TicketKeys, TLSError
from minitls.connection import Connection
from minitls.errors import AlertDescription, UnexpectedMessage
from minitls.handshake.machine import Machine
from minitls.handshake.tls12.states import DECLARED, OPENING, TABLES, State
from minitls.observe import StateEntered
from minitls.wire.messages import ChangeCipherSpec
from tests.handshake.peer import CLIENT_FLIGHT, FULL_SERVER_FLIGHT, LAST_FLIGHT, TYPES, Peer, Saved
from tests.helpers import (
    client_config,
    client_peer,
    converse,
    credential,
    new_client,
    new_server,
    pem,
    server_config,
    server_peer,
    tell,
    trust,
)

#: One letter a message; "Certificate" may be empty, which decides what must follow.
LETTERS = {
    "HelloRequest": "H",
    "ClientHello": "C",
    "ServerHello": "S",
    "NewSessionTicket": "T",
    "Certificate": "A",
    "EmptyCertificate": "a",
    "ServerKeyExchange": "X",
    "CertificateRequest": "R",
    "ServerHelloDone": "D",
    "CertificateVerify": "V",
    "ClientKeyExchange": "K",
    "Finished": "F",
    "CertificateURL": "U",
    "CertificateStatus": "O",
    "Unknown": "Z",
    "ChangeCipherSpec": "!",
}
WORDS = {letter: word for word, letter in LETTERS.items()}
assert set(TYPES) < set(LETTERS)


@dataclass(frozen=True)
class Case:
    """A configuration and the conversations that are legal under it."""

    id: str
    side: str
    legal: str
    """What the side under test receives, whole; HelloRequest and renegotiation are added by `accepts`."""
    options: dict[str, Any] = field(default_factory=dict, hash=False)
    peer: dict[str, Any] = field(default_factory=dict, hash=False)
    resume: str = ""
    """"ID" or "ticket": an earlier session is taken up again."""


#: RFC 5246 figure 1 restricted to TLS_RSA (no ServerKeyExchange) and figure 2; RFC 5077 figures 1 to 4; a client that
#: was asked sends a Certificate, and CertificateVerify exactly if that is not empty (RFC 5246 sections 7.4.6, 7.4.8).
CASES = (
    Case("full", "server", "CK!F"),
    Case("ticket asked for", "server", "CK!F", {"ticket_keys": TicketKeys()}, {"ticket": True}),
    Case("certificate asked for", "server", "C(AKV|aK)!F", {"client_trust": "demo"}),
    Case(
        "certificate required",
        "server",
        "CAKV!F",
        {"client_trust": "demo", "require_client_certificate": True},
    ),
    Case("resumed by session ID", "server", "C!F", {"sessions": SessionCache()}, {}, "ID"),
    Case(
        "resumed by ticket",
        "server",
        "C!F",
        {"ticket_keys": TicketKeys(), "sessions": None},
        {"ticket": True},
        "ticket",
    ),
    Case(
        "resumed, certificate known",
        "server",
        "C!F",
        {"client_trust": "demo", "require_client_certificate": True, "sessions": SessionCache()},
        {},
        "ID",
    ),
    Case("full", "client", "SAR?D!F"),
    Case("own certificate", "client", "SAR?D!F", {"credential": "demo"}),
    Case("ticket announced", "client", "SAR?DT!F", {}, {"ticket": True}),
    Case("resumed by session ID", "client", "S!F", {}, {}, "ID"),
    Case("resumed by ticket", "client", "S!F", {}, {}, "ticket"),
    Case("resumed, new ticket announced", "client", "ST!F", {}, {"ticket": True}, "ticket"),
)
LONGEST = {"server": len("CAKV!F"), "client": len("SARDT!F")}
#: A connected server bears two attempts to renegotiate and ends at the third (RFC 5246 section 7.2.2).
#: A certificate that has to be there and is not is no matter of order; it has alerts of its own (section 7.4.6).
EMPTY_CERTIFICATE = {"server": AlertDescription.handshake_failure, "client": AlertDescription.bad_certificate}
AFTER = {"server": "C?C?", "client": ""}


@cache
def beginning_of(legal: str) -> Callable[[str], bool]:
    """Whether a word is a beginning of the language: the language spelled out is small."""
    words = spelled_out(legal)
    beginnings = {word[:size] for word in words for size in range(len(word) + 1)}
    return beginnings.__contains__


def spelled_out(legal: str) -> set[str]:
    """All words of a regular expression that has only letters, groups, alternatives and "?"."""
    options = re.sub(r"\((?P<either>\w+)\|(?P<other>\w+)\)", r"<\g<either>,\g<other>>", legal)
    words = {""}
    for part in re.findall(r"<[^>]*>\??|[\w!]\??", options):
        optional = part.endswith("?")
        choices = part.strip("?<>").split(",")
        words = {word + choice for word in words for choice in (*choices, *([""] if optional else []))}
    return words


def accepts(case: Case, word: str) -> bool:
    """The independent judgement on a sequence of messages."""
    if case.side == "client":
        # HelloRequest is passed over wherever it comes (RFC 5246 section 7.4.1.1).
        if "HHHHH" in word:
            return False  # Four in a row are borne.
        word = word.replace("H", "")
    return beginning_of(case.legal + AFTER[case.side])(word)


class Stage:
    """Runs conversations of one case: both ends made anew each time, the session to resume made once."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.arrows: set[tuple[str, str, str]] = set()
        self.tried: set[tuple[str, str]] = set()
        options = dict(case.options)
        if options.get("client_trust"):
            options["client_trust"] = trust()
        if options.get("credential"):
            options["credential"] = credential("client")
        options["observer"] = self._observe
        self.peer_options: dict[str, Any] = dict(case.peer)
        if case.side == "server":
            chain, key = pem("client")
            self.peer_options |= {"chain": chain, "key": key, "server_key": pem("server")[1].public_key()}
            self.config: Any = server_config(**options)
        else:
            self.config = client_config(**options, sessions=SessionCache() if case.resume else None)
        self.saved: Saved | None = None
        if case.resume:
            self.saved = self._first_session()

    def _observe(self, observation: object) -> None:
        if isinstance(observation, StateEntered) and observation.because:
            self.arrows.add((observation.from_state, observation.because, observation.to_state))

    def _first_session(self) -> Saved:
        """A full handshake whose session the following ones resume."""
        if self.case.side == "server":
            peer, connection = Peer("client", seed=9, **self.peer_options), self._connection()
            proof = "client_trust" in self.case.options
            flight = ("Certificate", "ClientKeyExchange", "CertificateVerify") if proof else CLIENT_FLIGHT[:1]
            converse(peer, connection, "ClientHello", *flight, *LAST_FLIGHT)
        else:
            by_ticket = self.case.resume == "ticket"
            peer, connection = server_peer(seed=9, ticket=by_ticket), self._connection()
            peer.take(connection.data_to_send())
            ticket = ("NewSessionTicket",) if by_ticket else ()
            converse(peer, connection, *FULL_SERVER_FLIGHT, *ticket, *LAST_FLIGHT)
        assert connection.negotiated
        self.arrows.clear()
        saved = peer.save()
        # To a ticket the client adds a session ID of its own, to know by the echo that it was accepted (RFC 5077 3.4).
        saved.session_id = saved.session_id or b"made up by the client"
        return saved

    def _connection(self) -> Connection:
        return new_server(self.config) if self.case.side == "server" else new_client(self.config)

    def _start(self) -> tuple[Peer, Connection]:
        connection = self._connection()
        if self.case.side == "server":
            return client_peer(saved=self.saved, **self.peer_options), connection
        peer = server_peer(saved=self.saved, **self.peer_options)
        peer.take(connection.data_to_send())
        return peer, connection

    def play(self, word: str) -> tuple[TLSError | None, Connection]:
        """Say the whole word; the error, if any, must come at its last letter."""
        kept = self._kept()
        peer, connection = self._start()
        error = None
        for at, letter in enumerate(word):
            self.tried.add((connection.state.name, WORDS[letter]))
            try:
                tell(peer, connection, peer.say(WORDS[letter]))
            except TLSError as raised:
                error = raised
                assert at == len(word) - 1, f"{word}: {word[: at + 1]} was accepted a moment ago, now: {raised}"
        if kept is not None:
            # A fault makes either side forget the session; the next conversation needs it again.
            self.config.sessions.store(*kept)
        return error, connection

    def _kept(self) -> tuple[bytes, Session] | None:
        """What the configuration's store holds of the session that is resumed, under which key."""
        store: SessionCache | None = self.config.sessions
        if self.saved is None or store is None:
            return None
        key = b"localhost" if self.case.side == "client" else self.saved.session_id
        session = store.fetch(key, self.config.time())
        assert session is not None
        return key, session


def walk(case: Case, hello_requests: int) -> tuple[Stage, int]:
    """The whole tree below the empty conversation; the number of sequences played."""
    stage, played = Stage(case), 0
    level = [""]
    for _ in range(LONGEST[case.side] + 1):
        following = []
        for prefix in level:
            for letter in WORDS:
                word = prefix + letter
                if word.count("H") > hello_requests and case.side == "client":
                    continue
                error, connection = stage.play(word)
                played += 1
                legal = accepts(case, word)
                assert (error is None) == legal, f"{word}: {error or 'accepted'}"
                if error is not None:
                    empty = EMPTY_CERTIFICATE[case.side] if word.replace("H", "") in ("Sa", "Ca") else None
                    assert error.alert in (AlertDescription.unexpected_message, empty), f"{word}: {error}"
                    assert connection.state is State.CLOSED
                else:
                    complete = re.fullmatch(case.legal + AFTER[case.side], word.replace("H", "")) is not None
                    assert (connection.negotiated is not None) == complete, word
                    following.append(word)
        level = following
    return stage, played


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.side}: {case.id}")
class TestReplay:
    def test_exactly_the_legal_orders_are_accepted(self, case: Case) -> None:
        stage, played = walk(case, hello_requests=2)
        # Every message was tried in every state that legal conversations reach.
        reached = {state for state, _ in stage.tried}
        assert {(state, word) for state in reached for word in WORDS.values()} <= stage.tried
        assert played >= len(WORDS) * len(case.legal.replace("?", ""))

    @pytest.mark.exhaustive
    def test_with_hello_requests_in_any_number_of_places(self, case: Case) -> None:
        _, played = walk(case, hello_requests=LONGEST["client"] + 1)
        assert played >= len(WORDS) * len(case.legal.replace("?", ""))


def test_the_arrows_of_legal_conversations_are_the_arrows_of_the_tables() -> None:
    for side, table in TABLES.items():
        walked: set[tuple[str, str, str]] = set()
        for case in CASES:
            if case.side != side:
                continue
            stage = Stage(case)
            for word in spelled_out(case.legal):
                error, connection = stage.play(word)
                assert error is None and connection.negotiated
            walked |= stage.arrows
        declared = {
            (state.name, kind.__name__, then.name)
            for state, accepted in table.items()
            for kind, following in accepted.items()
            for then in following
        }
        assert walked == declared


#: What a table says in one word too many: its states do not remember whether a certificate was shown, so it has
#: CertificateVerify without one. The flow refuses that (the replay above proves it).
TABLE_ONLY = {"server": {"CKV!F"}, "client": set[str]()}


@pytest.mark.parametrize("side", TABLES)
def test_the_words_of_the_tables_are_the_legal_ones(side: str) -> None:
    legal = set().union(*(spelled_out(case.legal) for case in CASES if case.side == side))

    def words(state: State) -> set[str]:
        if state is State.CONNECTED:
            return {""}
        return {
            LETTERS[kind.__name__] + rest
            for kind, following in TABLES[side][state].items()
            for then in following
            for rest in words(then)
        }

    # For the tables an empty Certificate is a Certificate.
    assert words(OPENING[side]) == {word.replace("a", "A") for word in legal} | TABLE_ONLY[side]


@pytest.mark.parametrize("side", TABLES)
def test_every_declared_state_refuses_what_it_does_not_name(side: str) -> None:
    """Not only where conversations lead: each row of the table, asked directly about each message type."""
    for state in State:
        if state not in TABLES[side]:
            continue
        machine = Machine(side, DECLARED[side], iter(()))  # type: ignore[arg-type]  # Nothing here asks the flow.
        machine.state = state
        named = {kind.msg_type: kind for kind in TABLES[side][state]}
        for number in range(256):
            if number in named:
                assert machine.expected(number, "RSA") is named[number]
            else:
                with pytest.raises(UnexpectedMessage, match=state.name):
                    machine.expected(number, "RSA")
        if ChangeCipherSpec in TABLES[side][state]:
            machine.accept(ChangeCipherSpec)
        else:
            with pytest.raises(UnexpectedMessage, match=state.name):
                machine.accept(ChangeCipherSpec)
