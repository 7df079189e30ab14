"""Secrets derived again, in the order in which the handshake derives them: nothing recorded as a result is used.

What is taken as given: random bytes; the pre-master secret where only the server's key could tell it; the master secret
of a resumed session. Everything else follows from those and from the messages.
"""

from __future__ import annotations

import hashlib
from typing import Any

from cryptography import x509

from ...crypto.prf import prf
from ...crypto.protection import DirectionKeys
from ...crypto.suites import BY_CODE, Suite
from ...errors import DecodeError
from ...handshake.tls12 import key_schedule
from ...observe import Side
from ...wire.extensions import EncryptThenMac
from ...wire.messages import Certificate, ClientHello, ClientKeyExchange, Finished, ServerHello, parse
from ..events import Derive, Elided, Keys, Message, Note
from ..intermediates import PRF_OF, intermediates
from ..jsonl import Trace
from ..recorder import NOT_IN_TRANSCRIPT
from ..values import NotInTrace, resolve
from .difference import Shared
from .expected import EXPECT, Missing, Values

_DECRYPT_ERROR = 51


class Secrets:
    """What one chair knows at each point, derived again."""

    def __init__(self, trace: Trace, shared: Shared) -> None:
        self.trace, self.shared = trace, shared
        self.keys: dict[Side, tuple[Suite, DirectionKeys, bool]] = {}
        self.hidden: set[Side] = set()
        """Who sends protected records under keys that were redacted."""
        self.values: Values = {}
        """Everything derived so far, by name."""
        self.draws: dict[str, list[bytes]] = {}
        self.transcript: list[tuple[int, bytes]] = []
        self.hellos: tuple[ClientHello | None, ServerHello | None] = (None, None)
        self.certificates: dict[Side, tuple[bytes, ...]] = {}
        self.encrypted = b""

    # Given values.

    def drawn(self, purpose: str, data: bytes) -> None:
        """Random bytes."""
        self.draws.setdefault(purpose, []).append(data)

    def message(self, event: Message, data: bytes) -> None:
        """A message: it enters the transcript, and says what is agreed."""
        if event.type == "Finished":
            self._finished(event, data)
        if event.type not in NOT_IN_TRANSCRIPT:
            self.transcript.append((event.n, data))
        try:
            body = parse(data, self.trace.key_exchange) if event.type in _READ else None
        except DecodeError:
            return
        match body:
            case ClientHello():
                self.hellos = (body, None)
                self._drawn_for(event, "client random", body.random)
            case ServerHello():
                self.hellos = (self.hellos[0], body)
                self._drawn_for(event, "server random", body.random)
                if "session ID" in self.draws:
                    self._drawn_for(event, "session ID", body.session_id)
            case Certificate():
                self.certificates[event.sender] = body.certificate_list
            case ClientKeyExchange():
                self.encrypted = body.encrypted_pre_master_secret
                self._same(event, "the encrypted pre-master secret", "encrypted_pre_master_secret", self.encrypted)

    def note(self, event: Note) -> None:
        """A resumption must show in the hellos."""
        client, server = self.hellos
        if event.id == "resumed" and client is not None and server is not None:
            same = server.session_id == client.session_id != b""
            self.shared.compare(event, "whether the server echoes the session ID", True, same)

    def _drawn_for(self, event: Message, purpose: str, data: bytes) -> None:
        if purpose in self.draws:
            self.shared.compare(event, f"the {purpose} that was drawn", data, self.draws[purpose][-1])

    def _same(self, event: Message, what: str, name: str, data: bytes) -> None:
        if name in self.values:
            self.shared.compare(event, what, data, self.values[name])

    def _finished(self, event: Message, data: bytes) -> None:
        """A Finished that is wrong, and was refused for it, is no untruth of the trace."""
        suite, master = self.suite, self.values.get("master_secret")
        if suite is None or master is None or _DECRYPT_ERROR in self.shared.alerts:
            return
        label = event.sender.encode() + b" finished"
        expected = prf(suite.prf_hash, master, label, self.hash(suite.prf_hash), key_schedule.VERIFY_DATA_SIZE)
        self.shared.compare(event, f"the {event.sender}'s Finished", data, Finished(expected).encode())
        self.shared.verified["Finished"] += 1

    # Derived values.

    @property
    def suite(self) -> Suite | None:
        """The suite that the ServerHello chose, if minitls speaks it."""
        server = self.hellos[1]
        return BY_CODE.get(server.cipher_suite) if server is not None else None

    def derived(self, event: Derive) -> None:
        """A derivation: its inputs, every intermediate and its output."""
        expect = EXPECT.get(event.name)
        if expect is None:
            self.shared.unverified.append(f"{event.name}: no derivation that minitls knows")
            return
        try:
            given = {name: resolve(self.trace, value) for name, value in event.inputs.items()}
            if isinstance(event.output, Elided):
                raise NotInTrace
        except NotInTrace:
            self.shared.unverified.append("derivations whose values are not in the trace")
            return
        try:
            inputs, parameters, output = expect(self, event, given)
        except Missing as missing:
            self.shared.differ(event, f"{event.name} cannot be derived", event.output, f"{missing} is not known")
            return
        for name in sorted({*inputs, *given}):
            self.shared.compare(event, f"{name}, an input of {event.name}", given.get(name, b""), inputs.get(name, b""))
        self.shared.compare(event, f"the parameters of {event.name}", dict(event.parameters), parameters)
        self.shared.compare(event, event.name, event.output, output)
        self.values[event.name] = output
        self.shared.verified["derivations"] += 1
        self._compare_steps(event, intermediates(event.name, parameters, inputs, output))
        if event.name in PRF_OF:
            self._messages_named(event)

    def _compare_steps(self, event: Derive, expected: tuple[Any, ...]) -> None:
        for told, step in zip(event.steps, expected, strict=False):
            for part in ("name", "input", "output"):
                what = f"{step.name} of {event.name}, {part}"
                self.shared.compare(event, what, getattr(told, part), getattr(step, part))
        if len(event.steps) != len(expected):
            self.shared.differ(event, f"the intermediates of {event.name}", len(event.steps), len(expected))

    def _messages_named(self, event: Derive) -> None:
        """A list of messages must be the transcript, not merely messages that join to the same bytes."""
        named = event.inputs.get("handshake_messages")
        numbers = tuple(n for n, _ in self.transcript)
        if isinstance(named, tuple) and named not in (numbers, numbers[:-1]):
            self.shared.differ(event, "the messages that are hashed", list(named), list(numbers))

    def changed(self, event: Keys) -> None:
        """New keys for one direction: the right slices of the key block."""
        suite, block = self.suite, self.values.get("key_block")
        if isinstance(event.key, Elided):
            self.shared.leave_out(event.key)
            self.hidden.add(event.direction)
            return
        if suite is None or block is None:
            self.shared.differ(event, "keys before a key block was derived", event.key, "nothing")
            return
        server = self.hellos[1]
        encrypt_then_mac = server is not None and server.extension(EncryptThenMac) is not None
        both = key_schedule.cut(block, suite)
        keys = both.client if event.direction == "client" else both.server
        self.shared.compare(event, "the suite", event.suite, suite.name)
        self.shared.compare(event, "encrypt_then_mac", event.encrypt_then_mac, encrypt_then_mac)
        for name, value in keys._asdict().items():
            self.shared.compare(
                event, f"{event.direction}'s {name}, a slice of the key block", getattr(event, name), value
            )
        self.keys[event.direction] = (suite, keys, encrypt_then_mac)

    # What `expected.py` asks for.

    def need(self, name: str) -> bytes:
        if name not in self.values:
            raise Missing(name)
        return self.values[name]

    def messages(self, before_last: bool = False) -> bytes:
        return b"".join(data for _, data in (self.transcript[:-1] if before_last else self.transcript))

    def hash(self, hash_name: str) -> bytes:
        return hashlib.new(hash_name, self.messages()).digest()

    def agreed(self) -> tuple[Suite, ClientHello, ServerHello]:
        suite, (client, server) = self.suite, self.hellos
        if suite is None or client is None or server is None:
            raise Missing("the cipher suite")
        return suite, client, server

    def public_key(self, side: Side) -> Any:
        chain = self.certificates.get(side)
        try:
            return x509.load_der_x509_certificate(chain[0]).public_key() if chain else None
        except Exception:  # A certificate of any shape may stand here; the library documents no closed list of faults.
            return None


_READ = frozenset(("ClientHello", "ServerHello", "Certificate", "ClientKeyExchange"))
