"""The machines of a listener, who sees the messages and not what the endpoints know."""

from __future__ import annotations

from minitls.handshake.tls12.overheard import TABLES, Watched
from minitls.handshake.tls12.states import State as Waiting
from minitls.wire.codes import HandshakeType
from minitls.wire.messages import ChangeCipherSpec


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
