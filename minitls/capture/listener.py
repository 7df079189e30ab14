"""One TLS connection overheard: both byte streams in, the same observations out that an endpoint makes.

A listener cannot take part, so nothing is refused here. It follows who may speak (captures can hold segments in any
order, so a side whose turn it is not has to wait), both state machines (`tls12.listener_states`), and the keys, if its
secrets suffice. Where they do not, a note says which input is missing and why.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from .. import observe
from ..crypto.dissect import Dissection, dissect
from ..errors import BadRecordMAC, DecodeError, TLSError, alert_name
from ..handshake.peer_certificate import observed
from ..handshake.tls12.key_exchange import rsa
from ..handshake.tls12.listener_states import Heard, Watched
from ..handshake.tls12.states import State
from ..observe import Observer, Side
from ..pki.rules import Purpose
from ..wire.codes import ContentType, HandshakeType
from ..wire.messages import ChangeCipherSpec, message_name
from ..wire.records import MAX_CIPHERTEXT, HandshakeBuffer, Record, RecordBuffer
from .decryption_keys import KeyFinder
from .reasons import sslv2_hello
from .secrets import Expected, Secrets
from .turns import OTHER, SIDES, Turns

_CLOSE_NOTIFY, _FATAL = 0, 2
#: What the certified key of a server is used for where the secret does not travel: it signs (RFC 8422 section 2).
_SIGNS = frozenset(("digital_signature",))


class Listener:
    """Follows one connection. `observer` may be None: then only `summary` and the secrets learned come out."""

    def __init__(self, secrets: Secrets, observer: Observer | None = None, expected: Expected | None = None) -> None:
        self.observer = observer
        """Who is told, if anybody."""
        self._now = 0.0
        self._expected = expected
        self.keys = KeyFinder(secrets, observer)
        self.finished: set[Side] = set()
        self.failure = ""
        """What ended the following of this connection, "" if nothing did."""
        self.protected: set[Side] = set()
        self._machines = {side: Watched(side, self._tell_move) for side in SIDES}
        self._buffers = {side: RecordBuffer() for side in SIDES}
        self._joined = {side: HandshakeBuffer() for side in SIDES}
        self._carriers: dict[Side, list[int]] = {side: [] for side in SIDES}
        self._numbers = dict.fromkeys(SIDES, 0)
        self._half_alerts: dict[Side, tuple[bytes, tuple[int, ...]]] = {}
        """The first byte of an alert whose second has not come, and the records that brought it."""
        self._turns = Turns()
        self._dead: set[Side] = set()
        self._last: tuple[Side, str] | None = None
        """The last message of the handshake."""
        for buffer in self._buffers.values():
            buffer.limit = MAX_CIPHERTEXT

    # Bytes to records, records in turn.

    def feed(self, side: Side, data: bytes, when: float) -> None:
        """Bytes of one side, in order; `when` is seconds since 1970."""
        self._now = when
        if side in self._dead:
            return
        records: list[Record] = []
        try:
            records.extend(self._buffers[side].feed(data))
        except TLSError as wrong:
            self._dead.add(side)
            self._fail("unreadable", f"the {side}'s bytes are no TLS records from here on: {wrong}")
        for record in records:
            if self._turns.open:
                self._record(side, record)
            else:
                self._turns.put(side, record)
                self._process()

    def begin_mid_stream(self) -> None:
        """The capture does not hold the beginning: nothing in it can be opened, and nobody waits for a turn."""
        self._turns.free()
        self.protected.update(SIDES)
        self.keys.lose("the handshake", "the capture begins in the middle of this connection")

    def begin_sslv2(self) -> None:
        """The ClientHello was none of TLS: what the server's machine makes of it nobody can tell, nor any keys."""
        for machine in self._machines.values():
            machine.begin()
        self._turns.after("ClientHello", None)
        self.keys.noted.add("unexpected")
        self.keys.lose(*sslv2_hello())

    def end(self) -> None:
        """Nobody's turn any more: what waits is told as it lies there."""
        self._turns.free()
        self._process()

    @property
    def complete(self) -> bool:
        """Whether both Finished have gone by."""
        return len(self.finished) == 2

    @property
    def unfinished(self) -> int:
        """Bytes of a record that is not whole."""
        return sum(buffer.pending for buffer in self._buffers.values())

    @property
    def awaited(self) -> str:
        """Where the handshake stands if it ought to go on, in words; "" if it need not, or cannot be followed."""
        hellos = self.keys.hellos
        if self.complete or self.failure or hellos.is_tls13 or not self._last:
            return ""
        return f"after the {self._last[0]}'s {self._last[1]}"

    def _process(self) -> None:
        for side, record in self._turns.ready():
            self._record(side, record)

    # One record.

    def _record(self, side: Side, record: Record) -> None:
        number = self._numbers[side]
        self._numbers[side] += 1
        parts = self._opened(side, record)
        if parts is not None and record.type == ContentType.application_data:
            self._tell(observe.RecordSeen(side, number, record.header, record.fragment))
            self._tell(observe.RecordProtected(side, number, True, parts.sequence, record.type, parts.plaintext))
            self._tell(observe.DataSeen(side, number, parts.plaintext))
            return
        # Application data is never in the clear; TLS 1.3 gives this type to all that it encrypts.
        opaque = parts is None and (side in self.protected or record.type == ContentType.application_data)
        plaintext = b"" if opaque else parts.plaintext if parts else record.fragment
        joined = self._joined[side]
        if record.type == ContentType.handshake and not opaque:
            joined.feed(plaintext)
        first = self._first_message(side, record.type, plaintext, opaque)
        if first == HandshakeType.client_hello and self._machines["server"].state is State.START:
            self._machines["server"].begin()
        if first is not None:
            self._machines[OTHER[side]].expect(first)
        self._tell(observe.RecordSeen(side, number, record.header, record.fragment))
        if parts is not None:
            self._tell(observe.RecordProtected(side, number, True, parts.sequence, record.type, plaintext))
        if opaque:
            self._opaque(side, record)
        elif record.type == ContentType.handshake:
            self._messages(side, number)
        elif record.type == ContentType.change_cipher_spec:
            self._tell(observe.MessageSeen(side, "ChangeCipherSpec", plaintext, (number,)))
            self._change(side)
        elif record.type == ContentType.alert:
            self._alerts(side, plaintext, number)
        else:
            self._tell(observe.DataSeen(side, number, plaintext))

    def _opened(self, side: Side, record: Record) -> Dissection | None:
        """The parts of a protected record, None if it is in the clear or stays closed."""
        keys = self.keys.of(side)
        if side not in self.protected or keys is None:
            return None
        suite, block, encrypt_then_mac, sequence = keys
        try:
            parts = dissect(suite, block, encrypt_then_mac, sequence, record.type, record.fragment)
        except BadRecordMAC:
            self.keys.lose(
                "keys that open all of it",
                f"record {self._numbers[side] - 1} of the {side} does not open with these keys: the secret is of "
                "another connection, records are missing from the capture, or the record was changed on its way",
                in_vain=sequence == 0,
            )
            return None
        self.keys.count(side)
        return parts

    def _first_message(self, side: Side, kind: int, plaintext: bytes, opaque: bool) -> Heard | None:
        """The message that this record completes first, None if there is none."""
        if opaque:
            return None
        if kind == ContentType.change_cipher_spec:
            return ChangeCipherSpec
        return self._joined[side].peek() if kind == ContentType.handshake else None

    def _messages(self, side: Side, number: int) -> None:
        joined, carriers = self._joined[side], self._carriers[side]
        try:
            while (data := joined.take()) is not None:
                name = message_name(data[0])
                self._machines[OTHER[side]].expect(data[0])
                self._tell(observe.MessageSeen(side, name, data, (*carriers, number)))
                carriers.clear()
                self._message(side, name, data)
        except DecodeError as wrong:
            self._dead.add(side)
            self._fail("unreadable", f"a message of the {side} cannot be read: {wrong}")
        if joined.pending:
            carriers.append(number)

    def _message(self, side: Side, name: str, data: bytes) -> None:
        """What a handshake message changes."""
        if self.complete:
            self._note_once("renegotiation", "a second handshake on the same connection is shown, but not followed")
            return
        self._last = side, name
        receiver = self._machines[OTHER[side]]
        if name == "ClientHello":
            if self._machines["client"].state is State.START:
                self._machines["client"].begin()
        elif not receiver.accepts(data[0]) and name != "HelloRequest" and self._numbers["client"]:
            self._note_once("unexpected", f"{name} came in state {receiver.state.name}, which does not accept it")
        leads_to = self.keys.message(side, name, data)
        for machine in self._machines.values():
            machine.key_exchange = self.keys.hellos.structs
        receiver.received(data[0], leads_to)
        if name == "Certificate" and side == "server":
            self._judge()
        self._turns.after(name, leads_to)
        if name == "Finished":
            self._finish(side)

    def _change(self, side: Side) -> None:
        """ChangeCipherSpec: the next records are protected. TLS 1.3 sends it for show (RFC 8446 appendix D.4)."""
        if self.keys.hellos.is_tls13:
            return
        if self.complete:
            self.keys.lose("a decoder of renegotiation", "the keys were renewed within the connection (renegotiation)")
        self._last = side, "ChangeCipherSpec"
        self._machines[OTHER[side]].received(ChangeCipherSpec)
        self.protected.add(side)
        keys = self.keys.changed(side)
        if keys is not None:
            suite, block, encrypt_then_mac, _ = keys
            self._tell(observe.KeysChanged(side, suite.name, encrypt_then_mac, *block))

    def _opaque(self, side: Side, record: Record) -> None:
        """A record that stays closed. The first one after ChangeCipherSpec must be Finished, whatever is in it."""
        if record.type == ContentType.handshake and side not in self.finished and not self.keys.hellos.is_tls13:
            self._finish(side)

    def _finish(self, side: Side) -> None:
        self.finished.add(side)
        self._turns.finished(side, self.complete)

    def _alerts(self, side: Side, plaintext: bytes, number: int) -> None:
        begun, carriers = self._half_alerts.pop(side, (b"", ()))
        plaintext = begun + plaintext
        if len(plaintext) % 2:
            # Half an alert: records need not end where alerts do (section 6.2.1).
            last = carriers if len(plaintext) == len(begun) else ()
            self._half_alerts[side] = plaintext[-1:], (*last, number)
        for at in range(0, len(plaintext) - 1, 2):
            level, description = plaintext[at : at + 2]
            self._tell(observe.MessageSeen(side, "Alert", plaintext[at : at + 2], (*carriers, number)))
            carriers = ()
            self._tell(observe.AlertSeen(side, level, description))
            if level == _FATAL:
                self._fail("PeerAlert", f"the {side} sent the fatal alert {alert_name(description)}")
                for machine in self._machines.values():
                    machine.stop()
            if level == _FATAL or description == _CLOSE_NOTIFY:
                self._turns.free()

    def _judge(self) -> None:
        """The server's certificates, if somebody said what to hold them against."""
        if self._expected is not None:
            observed(
                self.keys.chain,
                trust=self._expected.trust,
                now=datetime.fromtimestamp(self._now, UTC),
                name=self._expected.host,
                purpose=Purpose.server,
                needs=rsa.NEEDS if self.keys.hellos.structs == "RSA" else _SIGNS,
                crls=(),
                observer=self.observer,
            )

    # What an observer is told.

    def _tell(self, observation: Any) -> None:
        if self.observer:
            self.observer(observation)

    def _note(self, id: str, **values: object) -> None:
        self._tell(observe.Noted(id, values))

    def _tell_move(self, side: Side, before: str, state: str, because: str | None) -> None:
        self._tell(observe.StateEntered(side, before, state, because))

    def _fail(self, error: str, reason: str) -> None:
        if not self.failure:
            self.failure = reason
            self._note("failure", error=error, reason=reason)

    def _note_once(self, id: str, reason: str) -> None:
        if id not in self.keys.noted:
            self.keys.noted.add(id)
            self._note(id, reason=reason)
