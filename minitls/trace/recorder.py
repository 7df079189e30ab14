"""The observer of one endpoint: what the core tells, as events (`observe.py` -> `events.py`).

It adds what the core does not tell because it can be computed: the intermediates of a derivation, the parts of a
protected record, which earlier event an input comes from. After 1 MiB of application data in a direction, records keep
only length and SHA-256 (`Elided`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, cast

from ..crypto.dissect import dissect
from ..crypto.overheard_suites import any_suite_named
from ..crypto.protection import DirectionKeys
from ..crypto.suites import Suite
from ..observe import (
    AlertSeen,
    CertificateChecked,
    DataSeen,
    KeysChanged,
    MessageSeen,
    Noted,
    Observation,
    RandomDrawn,
    RecordProtected,
    RecordSeen,
    SecretDerived,
    Side,
    StateEntered,
)
from ..wire.codes import ContentType
from .explain.intermediates import intermediates
from .file.encoding import plain
from .file.events import (
    Alert,
    Check,
    Data,
    Derive,
    Elided,
    Event,
    Hex,
    Input,
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

#: Bytes of application data in one direction after which a trace keeps digests only.
ELIDE_AFTER = 1 << 20
#: Messages that Finished does not cover (RFC 5246 section 7.4.9).
NOT_IN_TRANSCRIPT = frozenset(("HelloRequest", "ChangeCipherSpec", "Alert"))
#: Shorter values than this are not looked up among earlier events: they could be equal by chance.
_SHORTEST_REFERENCE = 12


class TraceRecorder:
    """The observer of one endpoint."""

    def __init__(self, add: Callable[..., int], by: VantagePoint) -> None:
        self._record_event, self._by = add, by
        self._records: dict[tuple[Side, int], int] = {}
        self._open: tuple[int, Hex, bytes] = (0, b"", b"")
        self._keys: dict[Side, tuple[Suite, DirectionKeys, bool]] = {}
        self._data_bytes: dict[Side, int] = {"client": 0, "server": 0}
        self._last: dict[tuple[Side, str], int] = {}
        self._origins = Origins()

    def __call__(self, seen: Observation) -> None:
        _TELL[type(seen)](self, seen)

    def _add(self, kind: type[Event], **values: Any) -> int:
        return self._record_event(kind, self._by, **values)

    def _random(self, seen: RandomDrawn) -> None:
        self._origins.value(seen.bytes, self._add(Random, purpose=seen.purpose, bytes=seen.bytes))

    def _record(self, seen: RecordSeen) -> None:
        fragment: Hex = seen.fragment
        if seen.header[0] == ContentType.application_data:
            self._data_bytes[seen.sender] += len(seen.fragment)
            if self._data_bytes[seen.sender] > ELIDE_AFTER:
                fragment = elided(seen.fragment)
        n = self._add(Record, sender=seen.sender, number=seen.number, header=seen.header, fragment=fragment)
        self._records[seen.sender, seen.number] = n
        self._open = (n, fragment, seen.fragment)

    def _protected(self, seen: RecordProtected) -> None:
        n, kept, fragment = self._open
        suite, keys, encrypt_then_mac = self._keys[seen.sender]
        parts = dissect(suite, keys, encrypt_then_mac, seen.sequence, seen.type, fragment)
        keep = elided if isinstance(kept, Elided) else bytes
        self._add(
            Unprotect if seen.opened else Protect,
            record=n,
            sequence=seen.sequence,
            type=int(seen.type),
            nonce=parts.nonce,
            additional_data=parts.additional_data,
            plaintext=keep(parts.plaintext),
            mac=parts.mac,
            padding=parts.padding,
            ciphertext=keep(parts.ciphertext),
        )

    def _message(self, seen: MessageSeen) -> None:
        records = tuple(self._records[seen.sender, number] for number in seen.records)
        n = self._add(Message, sender=seen.sender, type=seen.type, bytes=seen.bytes, records=records)
        self._last[seen.sender, seen.type] = n
        if seen.type not in NOT_IN_TRANSCRIPT:
            self._origins.message(seen.bytes, n)

    def _state(self, seen: StateEntered) -> None:
        peer: Side = "server" if seen.side == "client" else "client"
        because = self._last.get((peer, seen.because)) if seen.because else None
        self._add(State, side=seen.side, from_state=seen.from_state, to_state=seen.to_state, because=because)
        if seen.to_state in ("CONNECTED", "CLOSED") and seen.side == self._by:
            # A listener sees the server connected before its Finished, and still derives from the messages.
            self._origins = Origins()

    def _derived(self, seen: SecretDerived) -> None:
        parameters = {name: value for name, value in seen.inputs.items() if not isinstance(value, bytes)}
        given = {name: value for name, value in seen.inputs.items() if isinstance(value, bytes)}
        inputs = {name: self._origins.of(value) for name, value in given.items()}
        handshake_hash = given.get("handshake_hash")
        if handshake_hash is not None:
            inputs["handshake_messages"] = self._origins.hashed(str(parameters["hash"]), handshake_hash)
        n = self._add(
            Derive,
            name=seen.name,
            formula=seen.formula,
            parameters={name: value if isinstance(value, str) else int(value) for name, value in parameters.items()},
            inputs=inputs,
            steps=intermediates(seen.name, parameters, given, seen.output),
            output=seen.output,
        )
        self._origins.value(seen.output, n)

    def _changed(self, seen: KeysChanged) -> None:
        keys = DirectionKeys(seen.mac_key, seen.key, seen.fixed_iv)
        self._keys[seen.sender] = any_suite_named(seen.suite), keys, seen.encrypt_then_mac
        self._add(
            Keys, direction=seen.sender, suite=seen.suite, encrypt_then_mac=seen.encrypt_then_mac, **keys._asdict()
        )

    def _judged(self, seen: CertificateChecked) -> None:
        self._add(
            Judged,
            message=max(n for (_, name), n in self._last.items() if name == "Certificate"),
            accepted=seen.accepted,
            inputs=plain(seen.inputs),
        )
        for step in seen.steps:
            self._add(Check, **step)  # `pki.verdict.RuleResult.as_dict` gives JSON types already.

    def _alert(self, seen: AlertSeen) -> None:
        self._add(Alert, sender=seen.sender, level=int(seen.level), description=int(seen.description))

    def _data(self, seen: DataSeen) -> None:
        # A record of data carries no message, so nothing will ask for its number again.
        n = self._records.pop((seen.sender, seen.number))
        self._add(Data, sender=seen.sender, record=n, length=len(seen.bytes))

    def _noted(self, seen: Noted) -> None:
        self._add(Note, id=seen.id, values=plain(seen.values))


class Origins:
    """Where the inputs of a derivation come from: values seen in earlier events, and the transcript so far."""

    def __init__(self) -> None:
        self._values: dict[bytes, int] = {}
        self._transcript: list[tuple[int, bytes]] = []

    def value(self, value: bytes, n: int) -> None:
        """Event `n` holds `value`."""
        self._values[value] = n

    def message(self, message: bytes, n: int) -> None:
        """Event `n` is a handshake message."""
        self._transcript.append((n, message))

    def of(self, value: bytes) -> Input:
        """Where an input comes from: an earlier event, the messages so far, or nowhere."""
        if len(value) >= _SHORTEST_REFERENCE and value in self._values:
            return self._values[value]
        return self._messages(lambda content: content == value) or value

    def hashed(self, hash_name: str, digest: bytes) -> Input:
        """The messages whose hash is `digest`; the bytes of all of them if there are none such."""
        found = self._messages(lambda content: hashlib.new(hash_name, content).digest() == digest)
        return found or b"".join(data for _, data in self._transcript)

    def _messages(self, fits: Callable[[bytes], bool]) -> tuple[int, ...]:
        """The messages so far, or all but the last: Finished and CertificateVerify do not cover themselves."""
        for covered in (self._transcript, self._transcript[:-1]):
            if covered and fits(b"".join(data for _, data in covered)):
                return tuple(n for n, _ in covered)
        return ()


def elided(data: bytes) -> Elided:
    """What stands for `data` in a trace that has enough of it."""
    return Elided(len(data), hashlib.sha256(data).hexdigest())


_TELL: dict[type, Callable[[TraceRecorder, Any], None]] = cast(
    Any,
    {
        RandomDrawn: TraceRecorder._random,
        RecordSeen: TraceRecorder._record,
        MessageSeen: TraceRecorder._message,
        StateEntered: TraceRecorder._state,
        SecretDerived: TraceRecorder._derived,
        KeysChanged: TraceRecorder._changed,
        RecordProtected: TraceRecorder._protected,
        CertificateChecked: TraceRecorder._judged,
        AlertSeen: TraceRecorder._alert,
        DataSeen: TraceRecorder._data,
        Noted: TraceRecorder._noted,
    },
)
