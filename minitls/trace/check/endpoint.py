"""One endpoint's events, walked in order: records give messages, messages move the machine, keys open records."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...crypto.dissect import Dissection, dissect
from ...errors import BadRecordMAC
from ...observe import Side
from ...wire.codes import ContentType
from ..file.events import (
    Alert,
    Check,
    Data,
    Derive,
    Elided,
    Event,
    Hex,
    Judged,
    Keys,
    Message,
    Note,
    Protect,
    Random,
    Record,
    State,
    Unprotect,
    VantagePoint,
)
from ..file.jsonl import Trace
from .certificates import check_verdict
from .derivations import EndpointSecrets
from .difference import Shared
from .machine import MachineCheck
from .streams import Streams

_PARTS = ("nonce", "additional_data", "plaintext", "mac", "padding", "ciphertext")


class EndpointCheck:
    """Takes the events of one endpoint; every difference goes to `shared`."""

    def __init__(self, vantage: VantagePoint, trace: Trace, shared: Shared) -> None:
        self.vantage, self.trace, self.shared = vantage, trace, shared
        self.secrets = EndpointSecrets(trace, shared)
        self.streams = Streams(trace, shared)
        self.machine = MachineCheck(trace, shared)
        self._sequences: dict[Side, int] = {"client": 0, "server": 0}
        self._numbers: dict[Side, int] = {"client": 0, "server": 0}
        self._opened: dict[int, Dissection | None] = {}
        self._plaintexts: dict[int, int] = {}
        self._iv: bytes | None = None
        self._last_message: Message | None = None
        self._verdict: tuple[Judged, list[Check]] | None = None

    def take(self, event: Event) -> None:
        """The next event."""
        if self._verdict is not None and not isinstance(event, Check):
            self._judge(cut_off=False)
        _TAKE[type(event)](self, event)

    def end(self) -> None:
        """There are no more events."""
        self._judge(cut_off=self.trace.fault is not None)

    def _on_random(self, event: Random) -> None:
        if isinstance(event.bytes, Elided):
            self.shared.leave_out(event.bytes)
        elif event.purpose == "IV":
            self._iv = event.bytes
        else:
            self.secrets.drawn(event.purpose, event.bytes)

    def _on_record(self, event: Record) -> None:
        header, fragment = event.header, event.fragment
        self.shared.verified["records"] += 1
        self.shared.compare(event, "the number of the record", event.number, self._numbers[event.sender])
        self._numbers[event.sender] += 1
        if isinstance(header, Elided) or len(header) != 5:
            self.shared.differ(event, "the header of a record takes 5 bytes", header, bytes(5))
            return
        length = fragment.length if isinstance(fragment, Elided) else len(fragment)
        self.shared.compare(event, "the length in the header", header[3:5], length.to_bytes(2, "big"))
        allowed = self.streams.version_allowed(event, protected=event.sender in self.secrets.keys)
        if not allowed(header[1:3]):
            self.shared.differ(event, "the version in the header", header[1:3], b"\x03\x03")
        if event.sender in self.secrets.hidden:
            return
        keys = self.secrets.keys.get(event.sender)
        if keys is None:
            self.streams.feed(event, header[0], fragment)
            return
        self._opened[event.n] = None
        sequence = self._sequences[event.sender]
        self._sequences[event.sender] += 1
        if isinstance(fragment, Elided):
            self.shared.leave_out(fragment)
            return
        try:
            suite, cut, encrypt_then_mac = keys
            self._opened[event.n] = dissect(suite, cut, encrypt_then_mac, sequence, header[0], fragment)
        except BadRecordMAC:
            pass  # A receiver that could not open it either tells no more of it; if it did, that is the difference.

    def _on_protect(self, event: Protect) -> None:
        record = self.trace[event.record]
        assert isinstance(record, Record)
        if event.by != "observer" and isinstance(event, Unprotect) == (event.by == record.sender):
            self.shared.differ(event, "who opens a record did not send it", event.event, "the other side's")
        if record.sender in self.secrets.hidden:
            self._plaintexts[event.record] = _length(event.plaintext)
            return
        if event.record not in self._opened or not isinstance(record.header, bytes):
            self.shared.differ(event, "no keys are known for this record", "opened", "cannot be opened")
            return
        parts = self._opened.pop(event.record)
        self._plaintexts[event.record] = _length(event.plaintext)
        self.shared.compare(event, "the content type", event.type, record.header[0])
        if parts is None:
            if not isinstance(record.fragment, Elided):
                self.shared.differ(event, "this record does not open under these keys", "authentic", "bad_record_mac")
            return
        self.shared.verified["records opened"] += 1
        self.shared.compare(event, "the sequence number", event.sequence, parts.sequence)
        for name in _PARTS:
            self.shared.compare(event, f"the {name} of a protected record", getattr(event, name), getattr(parts, name))
        if not isinstance(event, Unprotect) and parts.order != "AEAD" and self._iv is not None:
            self.shared.compare(event, "the IV, which was drawn just before", event.nonce, self._iv)
        if record.header[0] != ContentType.application_data:
            self.streams.feed(record, record.header[0], parts.plaintext)

    def _on_message(self, event: Message) -> None:
        self._last_message = event
        if isinstance(event.bytes, Elided):
            self.shared.leave_out(event.bytes)
            return
        self.streams.take(event, event.bytes)
        self.secrets.message(event, event.bytes)

    def _on_alert(self, event: Alert) -> None:
        message = self._last_message
        if message is None or message.type != "Alert":
            self.shared.differ(event, "an alert that no message carried", event.description, "nothing")
        elif not isinstance(message.bytes, Elided):
            self.shared.compare(event, "the alert", (event.level, event.description), tuple(message.bytes))
            self.shared.compare(event, "who sent the alert", event.sender, message.sender)

    def _on_data(self, event: Data) -> None:
        length = self._plaintexts.pop(event.record, None)
        if length is None:
            self.shared.differ(event, "data of a record that was not opened", event.length, "nothing")
        else:
            self.shared.compare(event, "how much data there is", event.length, length)
            record = self.trace[event.record]
            assert isinstance(record, Record)
            self.shared.compare(event, "who sent the data", event.sender, record.sender)

    def _on_verdict(self, event: Judged) -> None:
        self._verdict = (event, [])

    def _on_check(self, event: Check) -> None:
        if self._verdict is None:
            self.shared.differ(event, "a certificate check outside any verdict", event.rule, "nothing")
        else:
            self._verdict[1].append(event)

    def _judge(self, cut_off: bool) -> None:
        if self._verdict is not None:
            check_verdict(self.trace, self.shared, *self._verdict, cut_off)
            self._verdict = None


def _length(value: Hex) -> int:
    return value.length if isinstance(value, Elided) else len(value)


_TAKE: dict[type[Event], Callable[[EndpointCheck, Any], None]] = {
    Random: EndpointCheck._on_random,
    Record: EndpointCheck._on_record,
    Message: EndpointCheck._on_message,
    Protect: EndpointCheck._on_protect,
    Unprotect: EndpointCheck._on_protect,
    Alert: EndpointCheck._on_alert,
    Data: EndpointCheck._on_data,
    Judged: EndpointCheck._on_verdict,
    Check: EndpointCheck._on_check,
    State: lambda self, event: self.machine.move(event),
    Derive: lambda self, event: self.secrets.derived(event),
    Keys: lambda self, event: self.secrets.changed(event),
    Note: lambda self, event: self.secrets.note(event),
}
