"""An observer that remembers what a diagnosis needs, and turns a failed connection into a question.

minitls is one end, so it knows its own side of every value. What the peer sent last is what failed: its Finished, its
first protected record, or a record of data. Everything before it was right, or the connection would have failed there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR

from ...crypto.overheard_suites import any_suite_named
from ...crypto.protection import BLOCK, TAG, DirectionKeys
from ...errors import DecodeError
from ...handshake.tls12.derivations import ENCRYPTED_PRE_MASTER_SECRET, MASTER_SECRET, PKCS1_BLOCK, PRE_MASTER_SECRET
from ...observe import KeysChanged, MessageSeen, Observation, RecordProtected, RecordSeen, SecretDerived, Side
from ...wire.codes import HandshakeType
from ...wire.messages import HEADER_SIZE
from ..record_parts import uncbc
from .diagnose import Diagnosis, diagnose
from .mistakes.facts import Facts
from .mistakes.pre_master_mistakes import decrypted
from .question import from_hellos


class HandshakeLog:
    """Pass it as `observer`. `side` is our own; `private_key` is the server's, if that is us."""

    def __init__(self, side: Side, private_key: RSAPrivateKey | None = None) -> None:
        self.side = side
        self.private_key = private_key
        self.messages: list[bytes] = []
        self._pre_master: bytes | None = None
        self._master: bytes | None = None
        self._keys: KeysChanged | None = None
        self._unopened: RecordSeen | None = None
        self._opened = 0
        self._last = b""
        self._block = b""
        self._protecting = False
        self._records: list[bytes] = []
        """Our own Finished as it was sent, for a peer that hashes it so."""

    @property
    def peer(self) -> Side:
        """The other side."""
        return "server" if self.side == "client" else "client"

    @property
    def waiting(self) -> bool:
        """A protected record of the peer's has come that could not be opened."""
        return self._unopened is not None and self._keys is not None

    def __call__(self, seen: Observation) -> None:
        match seen:
            case MessageSeen(type=name) if name not in ("ChangeCipherSpec", "Alert"):
                if name != "HelloRequest":
                    self.messages.append(seen.bytes)
            case SecretDerived(name=PRE_MASTER_SECRET.name):
                self._pre_master = seen.output
            case SecretDerived(name=PKCS1_BLOCK.name):
                self._block = seen.output
            case SecretDerived(name=MASTER_SECRET.name):
                self._master = seen.output
            case KeysChanged(sender=self.side):
                self._protecting = True
            case RecordSeen(sender=self.side) if self._protecting and not self._records:
                self._records.append(seen.header + seen.fragment)
            case KeysChanged(sender=sender) if sender == self.peer:
                self._keys = seen
                self._unopened = None
            case RecordSeen(sender=sender) if sender == self.peer:
                self._unopened = seen
            case RecordProtected(sender=sender, opened=True) if sender == self.peer:
                self._last = self._unopened.fragment if self._unopened else b""
                self._unopened = None
                self._opened += 1
            case _:
                return

    def diagnosis(self) -> Diagnosis | None:
        """Why the peer's last value failed; None if it has sent none that could be judged."""
        try:
            questions = list(self._questions())
        except DecodeError:
            return None
        # Some questions are guesses: one mistake in any of them is likelier than two in the first.
        answers = [diagnose(facts, values, pairs=False) for facts, values in questions]
        explained = [answer for answer in answers if answer.names]
        if explained:
            return explained[0]
        pairs = (diagnose(*question) for question, answer in zip(questions, answers, strict=True) if answer.wrong)
        return next(pairs, next(iter(answers), None))

    def _questions(self) -> Iterator[tuple[Facts, dict[str, bytes]]]:
        messages = tuple(self.messages)
        known = from_hellos(messages)
        if "suite" not in known or "client_random" not in known:
            return
        facts = Facts(
            messages=messages,
            private_key=self.private_key,
            sender=self.peer,
            sequence=self._opened,
            block=self._block,
            records=tuple(self._records),
            **known,
        )
        exchanged = next((m for m in messages if m[0] == HandshakeType.client_key_exchange), None)
        if self.private_key is not None and exchanged is not None:
            encrypted = exchanged[HEADER_SIZE + 2 :]
            block = decrypted(self.private_key, encrypted)
            yield replace(facts, pre_master=None, block=b""), {ENCRYPTED_PRE_MASTER_SECRET.name: encrypted}
            facts = replace(facts, pre_master=block[-48:] if block else None)
        else:
            facts = replace(facts, pre_master=self._pre_master)
        if facts.pre_master is None:
            facts = replace(facts, master=self._master)
        yield from self._values(facts)

    def _values(self, facts: Facts) -> Iterator[tuple[Facts, dict[str, bytes]]]:
        finished = [m for m in facts.messages if m[0] == HandshakeType.finished]
        if self._unopened is not None and self._keys is not None:
            record = self._unopened.header + self._unopened.fragment
            facts = replace(facts, content_type=record[0], previous_record=self._last)
            if not self._opened:
                yield facts, {"record": record}
            for plaintext in self._guesses(record):
                yield replace(facts, plaintext=plaintext), {"record": record}
        elif finished and self._opened == 1:
            yield facts, {"verify_data": finished[-1][HEADER_SIZE:]}

    def _guesses(self, record: bytes) -> Iterator[bytes]:
        """What the record may hold, if its keys are right: decrypted without regard to MAC, tag and padding."""
        assert self._keys is not None
        suite = any_suite_named(self._keys.suite)
        keys = DirectionKeys(self._keys.mac_key, self._keys.key, self._keys.fixed_iv)
        fragment = record[5:]
        if suite.mode == "GCM":
            if len(fragment) >= 8 + TAG:
                # GCM is CTR from the second counter on (NIST SP 800-38D section 7.2).
                counter = keys.fixed_iv + fragment[:8] + (2).to_bytes(4, "big")
                yield Cipher(AES(keys.key), CTR(counter)).decryptor().update(fragment[8:-TAG])
            return
        sealed = fragment[: -suite.mac_length] if self._keys.encrypt_then_mac else fragment
        for body in dict.fromkeys((sealed, fragment)):
            if len(body) < 2 * BLOCK or len(body) % BLOCK:
                continue
            content = uncbc(keys.key, body[:BLOCK], body[BLOCK:])
            for padding in (content[-1] + 1, content[-1], 0):
                inner = content[: len(content) - padding] if padding < len(content) else b""
                for mac in dict.fromkeys((0 if self._keys.encrypt_then_mac else suite.mac_length, 0)):
                    if len(inner) >= mac:
                        yield inner[: len(inner) - mac]
