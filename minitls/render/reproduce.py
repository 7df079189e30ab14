"""The commands that reproduce the values of a story, for `trace show --secrets`, the page and the stepper.

    ShellLines(story).of(step)       [ShellLine("master_secret", "openssl kdf ..."), ...]

The lines themselves are made in `trace/explain/oneliners.py`; here each is tied to its step, and to the keys in force.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..crypto.overheard_suites import OVERHEARD, any_suite_named
from ..crypto.suites import SUITES, Suite
from ..trace.explain import annotate, oneliners
from ..trace.file.events import Derive, Elided, Hex, Keys, Protect
from ..trace.file.jsonl import Trace
from ..trace.file.values import inputs_of
from ..trace.story.step import Step
from ..trace.story.story import Story

_SUITES = {suite.name for suite in (*SUITES, *OVERHEARD)}
#: The file that some commands read, and what it is.
KEY_FILE = "server.key"
KEY_NOTE = f"{KEY_FILE} is the server's private key; that of `minitls demo` is minitls/pki/demo/{KEY_FILE}"
#: A line is broken where it is this long, so that a terminal of 80 columns shows it with an indent.
FOLD = 76


class ShellLine(NamedTuple):
    """A line for the shell."""

    gives: str
    """The name of the value that it prints in hex."""
    line: str

    @property
    def note(self) -> str:
        """What it needs that is not in the line, "" if nothing."""
        return KEY_NOTE if KEY_FILE in self.line else ""

    def folded(self, width: int = FOLD) -> list[str]:
        r"""The line in several, each but the last ending in ``\``: a shell joins them again (POSIX sh, 2.2.1).

        It does not do so between single quotes that stand outside of double ones; there the line is not broken.
        """
        lines, current, quote = [], "", ""
        for at, character in enumerate(self.line):
            if character in "'\"" and quote in ("", character):
                quote = "" if quote else character
            # A backslash that belongs to the command must not be parted from what it escapes.
            if len(current) >= width - 1 and quote != "'" and self.line[at - 1] != "\\":
                lines.append(f"{current}\\")
                current = ""
            current += character
        return [*lines, current]


class ShellLines:
    """The commands of every step of a story."""

    def __init__(self, story: Story) -> None:
        self._trace = story.trace
        self._keys: dict[int, dict[str, tuple[Suite, Keys]]] = {}
        keys: dict[str, tuple[Suite, Keys]] = {}
        for step in story.steps:
            if step.keys is not None and step.keys.suite in _SUITES:
                keys = {**keys, step.keys.direction: (any_suite_named(step.keys.suite), step.keys)}
            self._keys[step.number] = keys

    def of(self, step: Step) -> list[ShellLine]:
        """The commands for what a step derives or protects, in the order of the calculation; often none."""
        found: list[ShellLine] = []
        if step.derive is not None:
            try:
                found += for_derivation(self._trace, step.derive)
            except (KeyError, ValueError):
                return []  # An edited trace may lack what the formula needs.
        for suite, keys, protection in self.protected(step):
            found += for_record(protection, suite, keys)
        return found

    def protected(self, step: Step) -> Iterator[tuple[Suite, Keys, Protect]]:
        """The protected records of a step that could be opened, with the keys in force."""
        for record in step.records:
            if record.protection is not None and record.sender in self._keys[step.number]:
                yield *self._keys[step.number][record.sender], record.protection


def for_derivation(trace: Trace, derive: Derive) -> list[ShellLine]:
    """The hash of the transcript, if the derivation takes one, and the value itself.

    KeyError or ValueError if an edited trace lacks what the formula needs.
    """
    if isinstance(derive.output, Elided):
        return []
    inputs = inputs_of(trace, derive)
    found = []
    if "handshake_hash" in inputs and "handshake_messages" in inputs:
        line = oneliners.for_hash(str(derive.parameters["hash"]), inputs["handshake_messages"])
        found.append(ShellLine("handshake_hash", line))
    if len(inputs) == len(derive.inputs) and (own := oneliners.for_derivation(derive, inputs)):
        found.append(ShellLine(derive.name, own))
    return found


def for_record(record: Protect, suite: Suite, keys: Keys) -> list[ShellLine]:
    """The MAC, if it is one of its own, and what encryption gives."""
    parts = (record.plaintext, record.mac, record.padding, record.nonce, record.additional_data, keys.key, keys.mac_key)
    if any(isinstance(part, Elided) for part in parts):
        return []
    inside, _ = annotate.decrypted(record)
    found = []
    if suite.mode == "CBC":
        line = oneliners.for_mac(suite, _bytes(keys.mac_key), _bytes(record.additional_data) + mac_content(record))
        found.append(ShellLine("MAC", line))
    encryption = oneliners.for_encryption(suite, _bytes(keys.key), record, inside)
    if encryption is not None:
        found.append(ShellLine("ciphertext" if suite.mode == "CBC" else "ciphertext and tag", encryption))
    return found


def mac_first(record: Protect) -> bool:
    """Whether a CBC record was authenticated before it was encrypted, as RFC 5246 has it and RFC 7366 has not."""
    inside, _ = annotate.decrypted(record)
    return len(inside) == sum(len(_bytes(part)) for part in (record.plaintext, record.mac, record.padding))


def mac_content(record: Protect) -> bytes:
    """What the MAC of a CBC record authenticates behind the additional data."""
    return _bytes(record.plaintext) if mac_first(record) else _bytes(record.nonce) + _bytes(record.ciphertext)


def _bytes(value: Hex) -> bytes:
    return b"" if isinstance(value, Elided) else value
