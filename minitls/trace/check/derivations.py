"""Secrets derived again, in the order in which the handshake derives them: nothing recorded as a result is used.

What is taken as given: random bytes; the pre-master secret where only the server's key could tell it; the master secret
of a resumed session. Everything else follows from those and from the messages.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from ...crypto.prf import prf
from ...crypto.protection import DirectionKeys
from ...crypto.signatures import verify
from ...crypto.suites import BY_CODE, Suite
from ...errors import DecodeError, TLSError
from ...handshake.tls12 import key_exchange, key_schedule
from ...observe import Side
from ...wire.codes import SignatureScheme
from ...wire.extensions import EncryptThenMac, ExtendedMasterSecret
from ...wire.messages import Certificate, ClientHello, ClientKeyExchange, Finished, ServerHello, parse
from ..events import Derive, Elided, Keys, Message, Note
from ..intermediates import PRF_OF, intermediates, prf_of
from ..jsonl import Trace
from ..recorder import NOT_IN_TRANSCRIPT
from ..values import NotInTrace, resolve
from .difference import Shared

_DECRYPT_ERROR = 51
Values = dict[str, bytes]


class Secrets:
    """What one chair knows at each point, derived again."""

    def __init__(self, trace: Trace, shared: Shared) -> None:
        self.trace, self.shared = trace, shared
        self.keys: dict[Side, tuple[Suite, DirectionKeys, bool]] = {}
        self.hidden: set[Side] = set()
        """Who sends protected records under keys that were redacted."""
        self.values: Values = {}
        """Everything derived so far, by name."""
        self._draws: dict[str, list[bytes]] = {}
        self._transcript: list[tuple[int, bytes]] = []
        self._hellos: tuple[ClientHello | None, ServerHello | None] = (None, None)
        self._certificates: dict[Side, tuple[bytes, ...]] = {}
        self._encrypted = b""

    # Given values.

    def drawn(self, purpose: str, data: bytes) -> None:
        """Random bytes."""
        self._draws.setdefault(purpose, []).append(data)

    def message(self, event: Message, data: bytes) -> None:
        """A message: it enters the transcript, and says what is agreed."""
        if event.type == "Finished":
            self._finished(event, data)
        if event.type not in NOT_IN_TRANSCRIPT:
            self._transcript.append((event.n, data))
        try:
            body = parse(data) if event.type in _READ else None
        except DecodeError:
            return
        match body:
            case ClientHello():
                self._hellos = (body, None)
                self._drawn_for(event, "client random", body.random)
            case ServerHello():
                self._hellos = (self._hellos[0], body)
                self._drawn_for(event, "server random", body.random)
                if "session ID" in self._draws:
                    self._drawn_for(event, "session ID", body.session_id)
            case Certificate():
                self._certificates[event.sender] = body.certificate_list
            case ClientKeyExchange():
                self._encrypted = body.encrypted_pre_master_secret
                self._same(event, "the encrypted pre-master secret", "encrypted_pre_master_secret", self._encrypted)

    def note(self, event: Note) -> None:
        """A resumption must show in the hellos."""
        client, server = self._hellos
        if event.id == "resumed" and client is not None and server is not None:
            same = server.session_id == client.session_id != b""
            self.shared.compare(event, "whether the server echoes the session ID", True, same)

    def _drawn_for(self, event: Message, purpose: str, data: bytes) -> None:
        if purpose in self._draws:
            self.shared.compare(event, f"the {purpose} that was drawn", data, self._draws[purpose][-1])

    def _same(self, event: Message, what: str, name: str, data: bytes) -> None:
        if name in self.values:
            self.shared.compare(event, what, data, self.values[name])

    def _finished(self, event: Message, data: bytes) -> None:
        """A Finished that is wrong, and was refused for it, is no untruth of the trace."""
        suite, master = self.suite, self.values.get("master_secret")
        if suite is None or master is None or _DECRYPT_ERROR in self.shared.alerts:
            return
        label = event.sender.encode() + b" finished"
        expected = prf(suite.prf_hash, master, label, self._hash(suite.prf_hash), key_schedule.VERIFY_DATA_SIZE)
        self.shared.compare(event, f"the {event.sender}'s Finished", data, Finished(expected).encode())
        self.shared.verified["Finished"] += 1

    # Derived values.

    @property
    def suite(self) -> Suite | None:
        """The suite that the ServerHello chose, if minitls speaks it."""
        server = self._hellos[1]
        return BY_CODE.get(server.cipher_suite) if server is not None else None

    def derived(self, event: Derive) -> None:
        """A derivation: its inputs, every intermediate and its output."""
        expect = _EXPECT.get(event.name)
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
        numbers = tuple(n for n, _ in self._transcript)
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
        server = self._hellos[1]
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

    # What each derivation should have used, and given.

    def _need(self, name: str) -> bytes:
        if name not in self.values:
            raise Missing(name)
        return self.values[name]

    def _messages(self, before_last: bool = False) -> bytes:
        return b"".join(data for _, data in (self._transcript[:-1] if before_last else self._transcript))

    def _hash(self, hash_name: str) -> bytes:
        return hashlib.new(hash_name, self._messages()).digest()

    def _agreed(self) -> tuple[Suite, ClientHello, ServerHello]:
        suite, (client, server) = self.suite, self._hellos
        if suite is None or client is None or server is None:
            raise Missing("the cipher suite")
        return suite, client, server

    def _public_key(self, side: Side) -> Any:
        chain = self._certificates.get(side)
        try:
            return x509.load_der_x509_certificate(chain[0]).public_key() if chain else None
        except Exception:  # A certificate of any shape may stand here; the library documents no closed list of faults.
            return None

    def _pre_master(self, event: Derive, given: Values) -> bytes:
        """The client's own: the version that it offered, and the random bytes that it drew."""
        client = self._hellos[0]
        draws = self._draws.get("pre-master secret")
        if client is None or not draws:
            return given.get("pre_master_secret", b"")
        return client.client_version.to_bytes(2, "big") + draws[-1]

    def _expect_block(self, event: Derive, given: Values) -> Expected:
        secret = self.values["pre_master_secret"] = self._pre_master(event, given)
        key = self._public_key("server")
        if not isinstance(key, RSAPublicKey):
            raise Missing("the server's RSA key")
        size = (key.key_size + 7) // 8
        draws = iter(self._draws.get("padding", ()))
        try:
            block = key_exchange.pkcs1_block(secret, size, lambda count: next(draws))
        except StopIteration:
            raise Missing("the random padding") from None
        return {"pre_master_secret": secret}, {"size": size}, block

    def _expect_encrypted(self, event: Derive, given: Values) -> Expected:
        key = self._public_key("server")
        if not isinstance(key, RSAPublicKey):
            raise Missing("the server's RSA key")
        public, block = key.public_numbers(), self._need("pkcs1_block")
        encrypted = key_exchange.encrypt_block(key, block)
        self.shared.pre_masters[encrypted] = self._need("pre_master_secret")
        return {"pkcs1_block": block, "n": public.n.to_bytes(len(block), "big")}, {"e": public.e}, encrypted

    def _expect_pre_master(self, event: Derive, given: Values) -> Expected:
        _, client, _ = self._agreed()
        stand_in = self._draws.get("stand-in pre-master secret", [b""])[-1]
        if self.shared.server_key is not None:
            key = self.shared.server_key
            secret = key_exchange.decrypt(key, self._encrypted, client.client_version, stand_in)
        else:
            assert isinstance(event.output, bytes)
            secret = self.shared.pre_masters.get(self._encrypted, event.output)
        return {"encrypted_pre_master_secret": self._encrypted}, {"client_version": client.client_version}, secret

    def _expect_session_hash(self, event: Derive, given: Values) -> Expected:
        suite, _, _ = self._agreed()
        return {"handshake_messages": self._messages()}, {}, self._hash(suite.prf_hash)

    def _expect_signature(self, event: Derive, given: Values) -> Expected:
        """A signature cannot be made again without the private key, but it can be verified."""
        assert isinstance(event.output, bytes)
        content = self._messages()
        name = event.formula.partition("(")[0]
        try:
            verify(SignatureScheme[name], self._public_key("client"), content, event.output)
        except (TLSError, KeyError) as wrong:
            self.shared.differ(event, f"the signature: {wrong}", event.output, "a signature that verifies")
        return {"content": content}, {}, event.output

    def _expect_prf(self, event: Derive, given: Values) -> Expected:
        suite, client, server = self._agreed()
        extended = server.extension(ExtendedMasterSecret) is not None
        names = {"session_hash": b""} if extended and event.name == "master_secret" else {}
        used = prf_of(event.name, names)
        assert used is not None
        secret, label, seeds = used
        known: Values = {"client_random": client.random, "server_random": server.random}
        parameters: dict[str, str | int] = {"hash": suite.prf_hash}
        lengths = {"master_secret": key_schedule.MASTER_SECRET_SIZE, "key_block": suite.key_block_length}
        if event.name == "key_block":
            parameters["suite"] = suite.name
            if secret not in self.values:
                # A resumed session: its master secret is from another connection.
                self.values[secret] = given.get(secret, b"")
        if event.name.endswith("verify_data"):
            # Finished covers everything before itself, so what was received last does not count if it is that.
            messages = self._messages(before_last=self._last_is_finished(event))
            known["handshake_messages"] = messages
            known["handshake_hash"] = hashlib.new(suite.prf_hash, messages).digest()
        inputs = {secret: self._need(secret), **{n: known[n] if n in known else self._need(n) for n in seeds}}
        length = lengths.get(event.name, key_schedule.VERIFY_DATA_SIZE)
        output = prf(suite.prf_hash, inputs[secret], label, b"".join(inputs[n] for n in seeds), length)
        if "handshake_messages" in known:
            inputs["handshake_messages"] = known["handshake_messages"]
        return inputs, parameters, output

    def _last_is_finished(self, event: Derive) -> bool:
        if not self._transcript:
            return False
        last = self.trace[self._transcript[-1][0]]
        return isinstance(last, Message) and last.type == "Finished" and event.name.startswith(last.sender)


class Missing(Exception):
    """Something that a derivation needs has not been derived."""


Expected = tuple[Values, Mapping[str, str | int], bytes]
_READ = frozenset(("ClientHello", "ServerHello", "Certificate", "ClientKeyExchange"))
_EXPECT: dict[str, Callable[[Secrets, Derive, Values], Expected]] = {
    "pkcs1_block": Secrets._expect_block,
    "encrypted_pre_master_secret": Secrets._expect_encrypted,
    "pre_master_secret": Secrets._expect_pre_master,
    "session_hash": Secrets._expect_session_hash,
    "certificate_verify": Secrets._expect_signature,
    "master_secret": Secrets._expect_prf,
    "key_block": Secrets._expect_prf,
    "client_verify_data": Secrets._expect_prf,
    "server_verify_data": Secrets._expect_prf,
}
