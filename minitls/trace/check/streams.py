"""Messages against records: what a sender's records carry, joined, is exactly the messages that are told."""

from __future__ import annotations

from collections.abc import Callable

from ...observe import Side
from ...wire.codes import ContentType
from ...wire.messages import message_name
from ..file.events import Elided, Hex, Message, Record
from ..file.jsonl import Trace
from .difference import Shared

_TYPES = {"ChangeCipherSpec": ContentType.change_cipher_spec, "Alert": ContentType.alert}


class Streams:
    """For each sender and content type, the bytes that came and were not told as messages yet."""

    def __init__(self, trace: Trace, shared: Shared) -> None:
        self.trace, self.shared = trace, shared
        self._waiting: dict[tuple[Side, int], list[tuple[int, bytes]]] = {}
        self._agreed = False

    def version_allowed(self, event: Record, protected: bool) -> Callable[[bytes], bool]:
        """Which versions a record may bear: 0303 where minitls sent it, or would have accepted nothing else.

        That leaves any 03xx to a client's first records and to alerts before ServerHello (appendix E.1), and to what a
        listener overheard and could not open: it may be of an older TLS, and nobody there refuses anything.
        """
        header = event.header
        assert isinstance(header, bytes)
        alert = header[0] == ContentType.alert
        early = not self._agreed and (alert or event.by != "client")
        overheard = event.by == "observer" and not protected
        if event.by != event.sender and (early or overheard):
            return lambda version: version[0] == 3 and version[1] <= 4
        return lambda version: version == b"\x03\x03"

    def feed(self, record: Record, content_type: int, content: Hex) -> None:
        """What a record carries in the clear, or after it was opened."""
        if isinstance(content, Elided):
            self.shared.leave_out(content)
        else:
            self._waiting.setdefault((record.sender, content_type), []).append((record.n, content))

    def take(self, event: Message, data: bytes) -> None:
        """The next message: its bytes must be the next of its stream, and its records those that they came in."""
        content_type = _TYPES.get(event.type, ContentType.handshake)
        if content_type == ContentType.handshake:
            self._name(event, data)
            self._agreed = self._agreed or event.type == "ServerHello"
        self.shared.verified["messages"] += 1
        carried, carriers, waiting = b"", [], self._waiting.get((event.sender, content_type), [])
        while waiting and len(carried) < len(data):
            n, content = waiting.pop(0)
            carriers.append(n)
            used = content[: len(data) - len(carried)]
            carried += used
            if len(used) < len(content):
                waiting.insert(0, (n, content[len(used) :]))
        if self.shared.compare(event, f"{event.type}, as its records carry it", data, carried):
            self.shared.compare(event, "the records that carried it", event.records, tuple(carriers))

    def _name(self, event: Message, data: bytes) -> None:
        if data:
            self.shared.compare(event, "the name of the message", event.type, message_name(data[0]))
