"""Secrets derived again, in the order in which the handshake derives them: nothing recorded as a result is used.

What is taken as given: random bytes; the pre-master secret where only the server's key could tell it; the master secret
of a resumed session, or of a key log. Everything else follows from those and from the messages, by the declared rows
(`tls12.derivations`) over a replay of the messages (`tls12.replay`).
"""

from __future__ import annotations

from typing import Any

from ...crypto.protection import DirectionKeys
from ...crypto.signatures import verify
from ...crypto.suites import Suite
from ...errors import AlertDescription, DecodeError, DecryptError, TLSError
from ...handshake.derivation import Derivation, FromKey, FromTranscript, Value, plain
from ...handshake.tls12 import pre_master
from ...handshake.tls12.derivations import (
    ENCRYPTED_PRE_MASTER_SECRET,
    EXCHANGED,
    EXTENDED_MASTER_SECRET,
    FALLBACK,
    KEY_BLOCK,
    MASTER_SECRET,
    PKCS1_BLOCK,
    PRE_MASTER_RANDOM,
    PRE_MASTER_SECRET,
    declared,
)
from ...handshake.tls12.key_schedule import cut
from ...handshake.tls12.replay import Missing, Replay
from ...observe import Side
from ...wire.codes import ProtocolVersion, SignatureScheme
from ...wire.messages import CertificateVerify, ClientHello, Finished, ServerHello
from ..explain.intermediates import intermediates
from ..file.events import Derive, Elided, Keys, Message, Note
from ..file.jsonl import Trace
from ..file.values import NotInTrace, resolve
from ..recorder import NOT_IN_TRANSCRIPT
from .difference import Shared

_MASTERS = (MASTER_SECRET, EXTENDED_MASTER_SECRET)


class EndpointSecrets:
    """What one endpoint knows at each point, derived again."""

    def __init__(self, trace: Trace, shared: Shared) -> None:
        self.trace, self.shared = trace, shared
        self.keys: dict[Side, tuple[Suite, DirectionKeys, bool]] = {}
        self.hidden: set[Side] = set()
        """Who sends protected records under keys that were redacted."""
        self._replay = Replay()
        self._numbers: list[int] = []
        """The events of the transcript."""

    # Given values.

    def drawn(self, purpose: str, data: bytes) -> None:
        """Random bytes."""
        self._replay.draws.setdefault(purpose, []).append(data)

    def message(self, event: Message, data: bytes) -> None:
        """A message: it enters the transcript, and says what is agreed."""
        if event.type in NOT_IN_TRANSCRIPT:
            return
        if event.type == Finished.__name__:
            self._finished(event, data)
        elif event.type == CertificateVerify.__name__:
            self._certificate_verify(event, data)
        self._numbers.append(event.n)
        try:
            self._replay.message(event.sender, data)
        except DecodeError:
            return
        client, server = self._replay.client_hello, self._replay.server_hello
        if event.type == ClientHello.__name__ and client is not None:
            self._drawn_for(event, "client random", client.random)
        elif event.type == ServerHello.__name__ and server is not None:
            self._drawn_for(event, "server random", server.random)
            self._drawn_for(event, "session ID", server.session_id)
        for row in EXCHANGED.get(self._replay.suite.key_exchange, ()) if self._replay.suite is not None else ():
            derived = self._replay.known(row)
            if row.carried_by is not None and row.carried_by.message == event.type and derived is not None:
                sent = self._replay.carried(row) or b""
                self.shared.compare(event, f"{row.name}, as {event.type} carries it", sent, derived)

    def note(self, event: Note) -> None:
        """A resumption must show in the hellos."""
        client, server = self._replay.client_hello, self._replay.server_hello
        if event.id == "resumed" and client is not None and server is not None:
            same = server.session_id == client.session_id != b""
            self.shared.compare(event, "whether the server echoes the session ID", True, same)

    def _drawn_for(self, event: Message, purpose: str, data: bytes) -> None:
        if purpose in self._replay.draws:
            self.shared.compare(event, f"the {purpose} that was drawn", data, self._replay.draws[purpose][-1])

    def _finished(self, event: Message, data: bytes) -> None:
        """A Finished that is wrong, and was refused for it, is no untruth of the trace."""
        expected = self._replay.expected_finished(event.sender)
        if expected is not None and AlertDescription.decrypt_error not in self.shared.alerts:
            self.shared.compare(event, f"the {event.sender}'s Finished", data, Finished(expected).encode())
            self.shared.verified["Finished"] += 1

    def _certificate_verify(self, event: Message, data: bytes) -> None:
        """The same for a signature, which whoever receives it does not derive."""
        server = self._replay.server_hello
        if server is None or server.server_version != ProtocolVersion.TLS_1_2:
            return
        if AlertDescription.decrypt_error in self.shared.alerts:
            return
        try:
            proof = CertificateVerify.decode(data)
            verify(proof.algorithm, self._replay.public_key(event.sender), self._replay.content(), proof.signature)
            self.shared.verified["signatures"] += 1
        except DecryptError as wrong:
            self.shared.differ(event, f"the signature: {wrong}", data, "a signature that verifies")
        except TLSError as wrong:
            self.shared.unverified.append(f"a signature: {wrong}")

    # Derived values.

    def derived(self, event: Derive) -> None:
        """A derivation: its inputs, every intermediate and its output."""
        row = declared(event.name, event.inputs)
        if row is None:
            self.shared.unverified.append(f"{event.name}: no derivation that minitls knows")
            return
        suite = self._replay.suite
        if suite is not None and any(row in rows for name, rows in EXCHANGED.items() if name != suite.key_exchange):
            self.shared.differ(event, f"{event.name} by {event.formula}", event.output, f"no value of {suite.name}")
            return
        if row in _MASTERS:
            # By what the hellos settled, not by what the trace says of it.
            row = self._replay.master_secret()
        try:
            given = {name: resolve(self.trace, value) for name, value in event.inputs.items()}
            if isinstance(event.output, Elided):
                raise NotInTrace
        except NotInTrace:
            self.shared.unverified.append("derivations whose values are not in the trace")
            if row.exposure == "public" and isinstance(event.output, bytes):
                self._replay.give(row, event.output)  # What is derived from it can still be; where it travels it shows.
            return
        try:
            self._take_as_given(row, event, given)
            values = self._replay.inputs(row)
            output = self._output(row, event, values, event.output)
        except Missing as missing:
            self.shared.differ(event, f"{event.name} cannot be derived", event.output, str(missing))
            return
        self._compare(row, event, given, {name: plain(value) for name, value in values.items()}, output)

    def _compare(
        self,
        row: Derivation,
        event: Derive,
        given: dict[str, bytes],
        values: dict[str, bytes | int | str],
        output: bytes,
    ) -> None:
        shown = {name: value for name, value in values.items() if name in row.inputs}
        inputs = {name: value for name, value in shown.items() if isinstance(value, bytes)}
        if any(isinstance(source, FromTranscript) and source.hashed for source in row.inputs.values()):
            inputs["handshake_messages"] = self._replay.content(row)
        for name in sorted({*inputs, *given}):
            self.shared.compare(event, f"{name}, an input of {event.name}", given.get(name, b""), inputs.get(name, b""))
        parameters = {name: value for name, value in shown.items() if not isinstance(value, bytes)}
        self.shared.compare(event, f"the parameters of {event.name}", dict(event.parameters), parameters)
        formula = row.formula.partition("{")[0]
        if not event.formula.startswith(formula):
            self.shared.differ(event, f"the formula of {event.name}", event.formula, row.formula)
        self.shared.compare(event, event.name, event.output, output)
        self._replay.give(row, output)
        self.shared.verified["derivations"] += 1
        self._compare_steps(event, intermediates(event.name, parameters, inputs, output))
        if row.keyed_by:
            self._messages_named(event)

    def _take_as_given(self, row: Derivation, event: Derive, given: dict[str, bytes]) -> None:
        """What nothing in the trace determines. A secret that is known already is not taken from the derivation."""
        replay = self._replay
        if row is PKCS1_BLOCK:
            draws, hello = replay.draws.get(PRE_MASTER_RANDOM), replay.client_hello
            own = hello.client_version.to_bytes(2, "big") + draws[-1] if hello is not None and draws else None
            replay.give(PRE_MASTER_SECRET, own if own is not None else given.get(PRE_MASTER_SECRET.name, b""))
        # A resumed session's master secret is from another connection; a key log may have given either secret. In a
        # full handshake that an endpoint tells, both follow from what it tells.
        elif (event.by == "observer" and (row is KEY_BLOCK or row in _MASTERS)) or (
            row is KEY_BLOCK and "server" not in replay.certificates
        ):
            secret = declared(row.keyed_by)
            if secret is not None and replay.known(secret) is None:
                replay.give(secret, given.get(secret.name, b""))

    def _output(self, row: Derivation, event: Derive, values: dict[str, Value], recorded: bytes) -> bytes:
        """The value as it should be. What takes a private key can be opened with it, or verified, or is given."""
        if row is PRE_MASTER_SECRET:
            return self._opened(recorded)
        if row.function is None:
            self._verify(row, event, values, recorded)
            return recorded
        try:
            output = row.compute(values)
        except Missing:
            raise
        except (OverflowError, ValueError):
            raise Missing("an input that the formula is defined for") from None
        if row is ENCRYPTED_PRE_MASTER_SECRET:
            secret = self._replay.known(PRE_MASTER_SECRET)
            assert secret is not None  # The block that is encrypted was derived from it.
            self.shared.pre_masters[output] = secret
        return output

    def _opened(self, recorded: bytes) -> bytes:
        """What the server gets out: by its key, or because the client's endpoint told what it had put in."""
        message, hello = self._replay.client_key_exchange, self._replay.client_hello
        assert message is not None and hello is not None  # The row's inputs come from both.
        encrypted = message.encrypted_pre_master_secret
        if self.shared.server_key is None:
            return self.shared.pre_masters.get(encrypted, recorded)
        fallback = self._replay.draws.get(FALLBACK, [b""])[-1]
        return pre_master.decrypt(self.shared.server_key, encrypted, hello.client_version, fallback)

    def _verify(self, row: Derivation, event: Derive, values: dict[str, Any], signature: bytes) -> None:
        """A signature, over its one input, cannot be made again without the private key, but it can be verified."""
        (content,) = values.values()
        (signer,) = (source.side for source in row.untold.values() if isinstance(source, FromKey))
        name = event.formula.partition("(")[0]
        try:
            verify(SignatureScheme[name], self._replay.public_key(signer), content, signature)
        except (TLSError, KeyError) as wrong:
            self.shared.differ(event, f"the signature: {wrong}", signature, "a signature that verifies")

    def _compare_steps(self, event: Derive, expected: tuple[Any, ...]) -> None:
        for recorded, step in zip(event.steps, expected, strict=False):
            for part in ("name", "input", "output"):
                what = f"{step.name} of {event.name}, {part}"
                self.shared.compare(event, what, getattr(recorded, part), getattr(step, part))
        if len(event.steps) != len(expected):
            self.shared.differ(event, f"the intermediates of {event.name}", len(event.steps), len(expected))

    def _messages_named(self, event: Derive) -> None:
        """A list of messages must be the transcript, not merely messages that join to the same bytes."""
        named = event.inputs.get("handshake_messages")
        numbers = tuple(self._numbers)
        if isinstance(named, tuple) and named not in (numbers, numbers[:-1]):
            self.shared.differ(event, "the messages that are hashed", list(named), list(numbers))

    def changed(self, event: Keys) -> None:
        """New keys for one direction: the right slices of the key block."""
        suite, block = self._replay.suite, self._replay.known(KEY_BLOCK)
        if isinstance(event.key, Elided):
            self.shared.leave_out(event.key)
            self.hidden.add(event.direction)
            return
        if suite is None or block is None:
            self.shared.differ(event, "keys before a key block was derived", event.key, "nothing")
            return
        if len(block) != suite.key_block_length:
            self.shared.differ(event, "keys for another suite than the key block's", event.suite, suite.name)
            self.hidden.add(event.direction)
            return
        keys, encrypt_then_mac = cut(block, suite).of(event.direction), self._replay.encrypt_then_mac
        self.shared.compare(event, "the suite", event.suite, suite.name)
        self.shared.compare(event, "encrypt_then_mac", event.encrypt_then_mac, encrypt_then_mac)
        for name, value in keys._asdict().items():
            what = f"{event.direction}'s {name}, a slice of the key block"
            self.shared.compare(event, what, getattr(event, name), value)
        self.keys[event.direction] = (suite, keys, encrypt_then_mac)
