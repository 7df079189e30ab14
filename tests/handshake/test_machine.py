"""The machine: a toy table of three states, and what it lets through."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import Any

import pytest

from minitls.errors import AlertDescription, UnexpectedMessage
from minitls.handshake.machine import Declared, Machine, Table, name_of, struct_of
from minitls.wire.key_exchange_messages import ClientKeyExchangeDHE, ClientKeyExchangeECDHE
from minitls.wire.messages import ChangeCipherSpec, ClientKeyExchange, Finished, HelloRequest, ServerHelloDone


class Lamp(Enum):
    OFF = "OFF"
    DIM = "DIM"
    BRIGHT = "BRIGHT"
    ON = "ON"
    BROKEN = "BROKEN"


DONE, CHANGE, LAST = ServerHelloDone(), ChangeCipherSpec(1), Finished(bytes(12))
TABLE: Table = {
    Lamp.OFF: {},
    Lamp.DIM: {ServerHelloDone: frozenset((Lamp.DIM, Lamp.BRIGHT)), ChangeCipherSpec: frozenset((Lamp.BRIGHT,))},
    Lamp.BRIGHT: {Finished: frozenset((Lamp.ON,))},
    Lamp.ON: {},
    Lamp.BROKEN: {},
}
LAMP = Declared(Lamp.OFF, Lamp.DIM, Lamp.ON, Lamp.BROKEN, TABLE)


class Flow:
    """Goes where it is told and keeps what it was handed; `closed` once somebody closed it."""

    def __init__(self, *states: Lamp) -> None:
        self.states, self.got, self.closed = states, [], False  # type: ignore[var-annotated]  # A list of messages.

    def __call__(self) -> Iterator[Any]:
        try:
            for state in self.states:
                self.got.append((yield state))
        except GeneratorExit:
            self.closed = True


def started(*states: Lamp) -> tuple[Machine, Flow]:
    flow = Flow(*states)
    machine = Machine("client", LAMP, flow())  # type: ignore[arg-type]  # An iterator that is a generator.
    assert machine.state is Lamp.OFF
    machine.start()
    return machine, flow


def test_messages_are_handed_on_and_the_flow_says_where_it_waits() -> None:
    machine, flow = started(Lamp.DIM, Lamp.DIM, Lamp.BRIGHT)
    walked = [machine.state]
    for message in (DONE, CHANGE, LAST):
        machine.deliver(message)
        walked.append(machine.state)
    # The flow has ended after its last message: that means connected.
    assert walked == [Lamp.DIM, Lamp.DIM, Lamp.BRIGHT, Lamp.ON]
    assert flow.got == [DONE, CHANGE, LAST]


def test_a_flow_may_live_on_when_it_is_connected() -> None:
    machine, flow = started(Lamp.DIM, Lamp.BRIGHT, Lamp.ON)
    machine.deliver(CHANGE)
    machine.deliver(LAST)
    assert machine.state is Lamp.ON and not flow.closed


@pytest.mark.parametrize("states", [(Lamp.BRIGHT,), (Lamp.ON,), (Lamp.OFF,)])
def test_a_flow_that_does_not_open_as_declared_is_stopped(states: tuple[Lamp, ...]) -> None:
    with pytest.raises(RuntimeError, match=f"client flow went from OFF to {states[0].name} against its table"):
        started(*states)


@pytest.mark.parametrize("then", [(), (Lamp.ON,), (Lamp.OFF,)])
def test_a_flow_that_strays_later_is_stopped_too(then: tuple[Lamp, ...]) -> None:
    """The first case ends at once, which would mean connected: the table says that it is too early for that."""
    machine, _ = started(Lamp.DIM, *then)
    with pytest.raises(RuntimeError, match=r"from DIM to O.* against its table"):
        machine.deliver(DONE)
    assert machine.state is Lamp.DIM


def test_what_the_state_does_not_name_is_refused_before_the_flow_sees_it() -> None:
    machine, flow = started(Lamp.DIM)
    for number in range(256):
        if number != 14:
            with pytest.raises(UnexpectedMessage, match=r"in state DIM, which accepts ServerHelloDone or ChangeCipher"):
                machine.expected(number)
    assert flow.got == [] and machine.state is Lamp.DIM


def test_what_it_names_is_given_its_struct() -> None:
    machine, _ = started(Lamp.DIM, Lamp.BRIGHT)
    assert machine.expected(14) is ServerHelloDone
    machine.accept(ChangeCipherSpec)
    machine.deliver(CHANGE)
    assert machine.expected(20) is Finished
    with pytest.raises(
        UnexpectedMessage, match="ChangeCipherSpec arrived in state BRIGHT, which accepts Finished"
    ) as it:
        machine.accept(ChangeCipherSpec)
    assert it.value.alert == AlertDescription.unexpected_message


def test_stopped_it_accepts_nothing_and_the_flow_is_closed() -> None:
    machine, flow = started(Lamp.DIM)
    machine.stop()
    assert machine.state is Lamp.BROKEN and flow.closed
    with pytest.raises(UnexpectedMessage, match=r"Done arrived in state BROKEN.*accepts no handshake message"):
        machine.expected(14)


def test_the_key_exchange_chooses_among_the_forms_of_one_message() -> None:
    """RFC 5246 section 7.4.7: one number, 16, and a form for each way; before the hellos are through, none."""
    forms = (ClientKeyExchange, ClientKeyExchangeDHE, ClientKeyExchangeECDHE)
    assert struct_of(forms, 16, "RSA") is ClientKeyExchange
    assert struct_of(forms, 16, "DHE") is ClientKeyExchangeDHE
    assert struct_of(forms, 16, "ECDHE") is ClientKeyExchangeECDHE
    assert struct_of(forms, 16, None) is None
    assert struct_of(forms[1:], 16, "RSA") is None
    # HelloRequest has number 0 and ChangeCipherSpec none: they are not mixed up.
    assert struct_of((ChangeCipherSpec, HelloRequest), 0, None) is HelloRequest
    assert struct_of((ChangeCipherSpec,), 0, None) is None


def test_all_forms_bear_the_name_of_the_message() -> None:
    assert {name_of(kind) for kind in (ClientKeyExchange, ClientKeyExchangeDHE)} == {"ClientKeyExchange"}
    assert name_of(ChangeCipherSpec) == "ChangeCipherSpec"
