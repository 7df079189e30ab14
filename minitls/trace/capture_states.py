"""The two state machines as an eavesdropper knows them: every message of RFC 5246, whether or not minitls speaks it.

Named and shaped as the endpoints' own tables (`handshake.tls12.states`), with what those leave out: ServerKeyExchange,
CertificateStatus (RFC 6066), tickets on both sides, HelloRetryRequest and the start of TLS 1.3. State and message
names are text here, since some belong to no endpoint of ours.

A listener cannot look into the heads of the two sides: whether the client goes from WAIT_SERVER_HELLO to
WAIT_CERTIFICATE or, resuming, to WAIT_CHANGE_CIPHER_SPEC, he learns from what comes next. So a move that the table
leaves open is told as soon as the next message decides it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..observe import Side
from ..wire.codes import HandshakeType, name_of

Table = Mapping[str, Mapping[str, tuple[str, ...]]]

_AFTER_KEY_EXCHANGE = ("WAIT_CHANGE_CIPHER_SPEC", "WAIT_NEW_SESSION_TICKET")
_AFTER_CERTIFICATE = ("WAIT_CERTIFICATE_REQUEST", "WAIT_SERVER_KEY_EXCHANGE", "WAIT_CERTIFICATE_STATUS")

CLIENT: Table = {
    "START": {},
    "WAIT_SERVER_HELLO": {
        "ServerHello": (
            "WAIT_CERTIFICATE",
            "WAIT_SERVER_KEY_EXCHANGE",
            *_AFTER_KEY_EXCHANGE,
            "WAIT_ENCRYPTED_EXTENSIONS",
            "WAIT_SERVER_HELLO",
        )
    },
    "WAIT_CERTIFICATE": {"Certificate": _AFTER_CERTIFICATE},
    "WAIT_CERTIFICATE_STATUS": {"CertificateStatus": ("WAIT_CERTIFICATE_REQUEST", "WAIT_SERVER_KEY_EXCHANGE")},
    "WAIT_SERVER_KEY_EXCHANGE": {"ServerKeyExchange": ("WAIT_CERTIFICATE_REQUEST",)},
    "WAIT_CERTIFICATE_REQUEST": {
        "CertificateRequest": ("WAIT_SERVER_HELLO_DONE",),
        "ServerHelloDone": _AFTER_KEY_EXCHANGE,
    },
    "WAIT_SERVER_HELLO_DONE": {"ServerHelloDone": _AFTER_KEY_EXCHANGE},
    "WAIT_NEW_SESSION_TICKET": {"NewSessionTicket": ("WAIT_CHANGE_CIPHER_SPEC",)},
    "WAIT_CHANGE_CIPHER_SPEC": {"ChangeCipherSpec": ("WAIT_FINISHED",)},
    "WAIT_FINISHED": {"Finished": ("CONNECTED",)},
    "WAIT_ENCRYPTED_EXTENSIONS": {},
    "CONNECTED": {},
    "CLOSED": {},
}

SERVER: Table = {
    "START": {},
    "WAIT_CLIENT_HELLO": {
        "ClientHello": (
            "WAIT_CLIENT_KEY_EXCHANGE",
            "WAIT_CLIENT_CERTIFICATE",
            "WAIT_CHANGE_CIPHER_SPEC",
            "WAIT_CLIENT_HELLO",
        )
    },
    "WAIT_CLIENT_CERTIFICATE": {"Certificate": ("WAIT_CLIENT_KEY_EXCHANGE",)},
    "WAIT_CLIENT_KEY_EXCHANGE": {"ClientKeyExchange": ("WAIT_CHANGE_CIPHER_SPEC", "WAIT_CERTIFICATE_VERIFY")},
    "WAIT_CERTIFICATE_VERIFY": {"CertificateVerify": ("WAIT_CHANGE_CIPHER_SPEC",)},
    "WAIT_CHANGE_CIPHER_SPEC": {"ChangeCipherSpec": ("WAIT_FINISHED",)},
    "WAIT_FINISHED": {"Finished": ("CONNECTED",)},
    "CONNECTED": {},
    "CLOSED": {},
}

TABLES: dict[Side, Table] = {"client": CLIENT, "server": SERVER}
#: Where each side goes from START.
OPENING: dict[Side, str] = {"client": "WAIT_SERVER_HELLO", "server": "WAIT_CLIENT_HELLO"}

Tell = Callable[[Side, str, str, str | None], None]


class Watched:
    """One side's machine as far as a listener can tell. `tell` gets each move: side, from, to, because."""

    def __init__(self, side: Side, tell: Tell) -> None:
        self.side: Side = side
        self.state = "START"
        self._tell = tell
        self._open: tuple[str, tuple[str, ...]] | None = None

    def begin(self) -> None:
        """The side has begun: it waits for the other's first message."""
        self._move(OPENING[self.side], None)

    def accepts(self, message: str) -> bool:
        """Whether `message` may come to this side now."""
        return any(message in TABLES[self.side][state] for state in self._possible())

    def expect(self, message: str) -> None:
        """`message` comes next, which decides where the last one led."""
        if self._open is not None:
            because, targets = self._open
            target = next((each for each in targets if message in TABLES[self.side][each]), None)
            if target is not None:
                self._open = None
                self._move(target, because)

    def received(self, message: str, leads_to: str | None = None) -> None:
        """`message` has come; `leads_to` is given where its content says so. Nothing happens if it may not come."""
        self.expect(message)
        targets = TABLES[self.side][self.state].get(message, ())
        if leads_to in targets or len(targets) == 1:
            self._move(leads_to if leads_to in targets else targets[0], message)
        elif targets:
            self._open = message, targets

    def stop(self) -> None:
        """The connection is over."""
        self._open = None
        if self.state not in ("START", "CLOSED"):
            self._move("CLOSED", None)

    def _possible(self) -> tuple[str, ...]:
        return self._open[1] if self._open else (self.state,)

    def _move(self, state: str | None, because: str | None) -> None:
        assert state is not None
        before, self.state = self.state, state
        if before != state:
            self._tell(self.side, before, state, because)


def message_name(code: int) -> str:
    """The struct's name of a handshake type: ClientHello for 1."""
    told = name_of(HandshakeType, code)
    return "".join(part.capitalize() for part in told.split("_")) if not told.startswith("0x") else f"Handshake{code}"
