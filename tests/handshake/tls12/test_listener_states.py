"""The machines of a listener, who sees the messages and not what the endpoints know."""

from __future__ import annotations

from minitls.handshake.tls12.listener_states import TABLES, Watched
from minitls.handshake.tls12.states import State as Waiting
from minitls.observe import Side
from minitls.wire.codes import HandshakeType
from minitls.wire.key_exchange_messages import ClientKeyExchangeECDHE
from minitls.wire.messages import ChangeCipherSpec, ClientHello, ClientKeyExchange


def test_the_listeners_machines_include_the_endpoints() -> None:
    from minitls.handshake.tls12 import states

    for side, heard in TABLES.items():
        for state, accepted in states.TABLES[side].items():
            for kind, targets in accepted.items():
                assert targets <= heard[state][kind], (side, state, kind)


def test_what_comes_next_decides_every_open_move() -> None:
    """Of the states that a message may lead to, no two accept the same message: a listener never has to guess."""
    for table in TABLES.values():
        for accepted in table.values():
            for targets in accepted.values():
                kinds = [kind for target in targets for kind in table[target]]
                assert len(kinds) == len(set(kinds))


def test_no_state_has_two_structs_for_one_message_of_one_key_exchange() -> None:
    for table in TABLES.values():
        for accepted in table.values():
            forms = [(kind.msg_type, kind.key_exchange) for kind in accepted]
            assert len(forms) == len(set(forms))


def test_a_move_that_is_open_is_decided_by_what_follows() -> None:
    moves = []
    machine = Watched("client", lambda *move: moves.append(move))
    machine.begin()
    machine.received(HandshakeType.server_hello)
    assert machine.state is Waiting.WAIT_SERVER_HELLO
    assert machine.accepts(HandshakeType.certificate) and machine.accepts(ChangeCipherSpec)
    machine.received(ChangeCipherSpec)
    assert machine.state is Waiting.WAIT_FINISHED
    assert moves[1:] == [
        ("client", "WAIT_SERVER_HELLO", "WAIT_CHANGE_CIPHER_SPEC", "ServerHello"),
        ("client", "WAIT_CHANGE_CIPHER_SPEC", "WAIT_FINISHED", "ChangeCipherSpec"),
    ]


class Heard:
    """A machine that has begun, and what it told but for its beginning."""

    def __init__(self, side: Side) -> None:
        self.moves: list[tuple[str, str, str | None]] = []
        self.machine = Watched(side, lambda side, *move: self.moves.append(move))
        self.machine.begin()
        self.moves.clear()


def test_which_struct_a_side_wants_depends_on_the_key_exchange() -> None:
    """RFC 5246 section 7.4.7: ClientKeyExchange has a form for each; before ServerHello nobody knows which."""
    heard = Heard("server")
    assert heard.machine.struct(HandshakeType.client_hello) is ClientHello
    assert heard.machine.struct(HandshakeType.client_key_exchange) is None
    heard.machine.received(HandshakeType.client_hello)
    for key_exchange, form in (("RSA", ClientKeyExchange), ("ECDHE", ClientKeyExchangeECDHE), (None, None)):
        heard.machine.key_exchange = key_exchange  # type: ignore[assignment]  # A literal in a loop.
        assert heard.machine.struct(HandshakeType.client_key_exchange) is form


def test_what_may_not_come_moves_nothing() -> None:
    """A listener refuses nobody: what the two do after a fault is their affair."""
    heard = Heard("client")
    for message in (HandshakeType.finished, ChangeCipherSpec, 99):
        assert not heard.machine.accepts(message)
        heard.machine.received(message)
    assert heard.machine.state is Waiting.WAIT_SERVER_HELLO and heard.moves == []
    # Nor does it decide where an open move led.
    heard.machine.received(HandshakeType.server_hello)
    heard.machine.expect(HandshakeType.finished)
    assert heard.machine.state is Waiting.WAIT_SERVER_HELLO and heard.machine.accepts(HandshakeType.certificate)


def test_a_hello_retry_request_leads_back_to_where_it_came_from() -> None:
    """RFC 8446 section 4.1.4: it is a ServerHello whose content says so. Nothing moves, so nothing is told."""
    heard = Heard("client")
    heard.machine.received(HandshakeType.server_hello, Waiting.WAIT_SERVER_HELLO)
    assert heard.machine.state is Waiting.WAIT_SERVER_HELLO and heard.moves == []


def test_the_end_is_told_once_and_only_of_who_has_begun() -> None:
    heard = Heard("server")
    heard.machine.received(HandshakeType.client_hello)
    heard.machine.stop()
    heard.machine.stop()
    assert heard.moves == [("WAIT_CLIENT_HELLO", "CLOSED", None)]
    moves: list[object] = []
    silent = Watched("client", lambda *move: moves.append(move))
    silent.stop()
    assert silent.state is Waiting.START and moves == []
