"""Key logs (SSLKEYLOGFILE, RFC 9850): the two lines from which Wireshark decrypts a TLS_RSA connection.

    RSA <first 8 bytes of the encrypted pre-master secret> <pre-master secret, 48 bytes>
    CLIENT_RANDOM <client random, 32 bytes> <master secret, 48 bytes>

Every RSA key exchange gives both, in this order, as OpenSSL writes them: the first lets a learner derive the second.
A resumed connection gives only the second. Whoever has the file can decrypt the connections, and with the master
secret resume them: it is for debugging (RFC 9850 section 4), so files are created with mode 0600.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from ...handshake.tls12.derivations import declared
from ...observe import Observation, SecretDerived
from ...trace.file.events import Derive
from ...trace.file.jsonl import Trace
from ...trace.file.values import NotInTrace, resolve


def keylog(trace: Trace) -> str:
    """The key log of a recorded connection; empty if it came to no keys. ValueError if its secrets were taken out."""
    lines = KeyLogLines()
    text = ""
    for event in trace.events:
        if isinstance(event, Derive):
            try:
                inputs = {name: resolve(trace, value) for name, value in event.inputs.items()}
                output = resolve(trace, event.output)
            except NotInTrace:
                if not trace.header.secrets:
                    raise ValueError("this trace was redacted: without its secrets there is no key log") from None
                continue
            text += lines.derived(event.name, inputs, output)
    return text


def append_keylog(path: str | Path, lines: str) -> None:
    """Append lines to a key log, which is made with mode 0600 if it is not there. OSError if that fails."""
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(file, lines.encode())
    finally:
        os.close(file)


class KeyLogLines:
    """The lines that each derivation of one connection makes possible, every line once."""

    def __init__(self) -> None:
        self._known: dict[str, bytes] = {}
        self._written: set[str] = set()

    def derived(self, name: str, inputs: Mapping[str, bytes], output: bytes) -> str:
        """The new lines, "" for none."""
        self._known |= {**inputs, name: output}
        row = declared(name, inputs)
        line = row.key_log if row is not None else None
        if line is None or not {line.identity, line.secret} <= self._known.keys():
            return ""
        return self._line(line.label, self._known[line.identity][: line.identity_size], self._known[line.secret])

    def _line(self, label: str, name: bytes, secret: bytes) -> str:
        line = f"{label} {name.hex()} {secret.hex()}\n"
        if line in self._written:
            return ""
        self._written.add(line)
        return line


class KeyLogWriter:
    """An observer of one connection that appends its lines to a file; several may append to the same file.

    OSError if the file cannot be opened. What cannot be written later is raised at the end of the `with` block, not
    out of the observer.
    """

    def __init__(self, path: str | Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._lines = KeyLogLines()
        self._failure: OSError | None = None

    def __call__(self, seen: Observation) -> None:
        if isinstance(seen, SecretDerived):
            inputs = {name: value for name, value in seen.inputs.items() if isinstance(value, bytes)}
            text = self._lines.derived(seen.name, inputs, seen.output)
            if text and self._file >= 0:
                self._append(text.encode())

    def _append(self, text: bytes) -> None:
        try:
            # One write of whole lines: with O_APPEND, concurrent connections cannot mix theirs in.
            os.write(self._file, text)
        except OSError as failure:
            self._failure = failure

    def close(self) -> None:
        """Close the file. OSError if a line could not be written."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
        if self._failure is not None:
            raise self._failure

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
