"""Sessions in a file, for `minitls client --session`: a JSON object of server name to session in hex, mode 0600."""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path

import click

from ..errors import DecodeError
from ..handshake.session import DEFAULT_LIFETIME, Session


class SessionFile:
    """A `SessionStore` of one file. ValueError if the file is there but holds something else."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._sessions: dict[str, Session] = {}
        if not path.exists():
            return
        try:
            stored = json.loads(path.read_text())
            self._sessions = {str(name): Session.parse(bytes.fromhex(text)) for name, text in stored.items()}
        except OSError as wrong:
            raise ValueError(f"cannot read the session file {path}: {wrong.strerror}") from None
        except (ValueError, TypeError, AttributeError, DecodeError):
            raise ValueError(f"{path} is no session file of minitls: give another name, or delete it") from None

    def fetch(self, key: bytes, now: datetime) -> Session | None:
        session = self._sessions.get(key.decode())
        return None if session is None or session.expired(now, DEFAULT_LIFETIME) else session

    def store(self, key: bytes, session: Session) -> None:
        self._sessions[key.decode()] = session
        self._write()

    def forget(self, key: bytes) -> None:
        if self._sessions.pop(key.decode(), None):
            self._write()

    def _write(self) -> None:
        text = json.dumps({name: session.write().hex() for name, session in self._sessions.items()})
        try:
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(text + "\n")
        except OSError as wrong:
            # The connection is as good as ever; only the next one will need a full handshake.
            click.echo(f"minitls: the session could not be kept in {self.path}: {wrong.strerror}", err=True)
