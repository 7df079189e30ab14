"""Traces from captures: every TCP connection of a pcap or pcapng file, overheard, and the TLS ones written as traces.

    secrets = Secrets(read_key("server.pem"))              # or secrets.add_log(read_key_log("keys.log"))
    capture = Capture("recorded.pcapng", secrets, out=lambda number: open_private("t.jsonl") if number == 1 else None)
    for connection in capture.read():                      # one pass over the file
        print(connection.number, connection.server, connection.listener.keys.reason)

    segments (packets.py) -> streams (streams.py) -> where TLS begins (preface/) -> one Listener a connection
    (listener.py) -> events

One pass, whatever the size of the file, and a trace is written while the capture is read; what is kept in memory is
bounded: bytes held back, connections followed, events of a trace. TLS connections are numbered from 1 in the order in
which they turn out to be TLS.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import IO

from ..observe import Noted, Side
from ..trace.explain.annotate import fields_of
from ..trace.recorder import TraceRecorder
from ..wire import sslv2
from .capture_file import secrets_in
from .listener import Listener
from .packets import Address, PacketFile, Progress, Segment, likely_client
from .preface.opening import MAX_PREFACE, Opening
from .secrets import Expected, Secrets
from .sink import Sink
from .streams import Stream
from .turns import SIDES

#: Connections followed at once, and remembered for the list at the end.
MAX_CONNECTIONS = 20_000
#: Bytes held back over all connections while others are missing.
MAX_HELD = 128 << 20
#: Events of one trace: less than `jsonl.MAX_EVENTS`, so that every trace written can be read.
MAX_EVENTS = 200_000
#: Bytes of a connection that is only listed after which nothing new is expected of it.
_ENOUGH = 1 << 20

Out = Callable[[int], IO[bytes] | None]


class Capture:
    """One capture file. Secrets that the file itself carries are used, too.

    `out` gives the file for the trace of a numbered TLS connection, None for one that is only to be listed.
    Raises CaptureError if this is no capture, OSError if there is no such file or it cannot be read on.
    """

    def __init__(
        self, path: str | Path, secrets: Secrets | None = None, expected: Expected | None = None, out: Out | None = None
    ) -> None:
        self.secrets = secrets if secrets is not None else Secrets()
        self.secrets.add_log(secrets_in(path))
        self.file = PacketFile(path)
        self.connections: list[Overheard] = []
        """The TLS connections; `connections[i].number == i + 1`."""
        self.others: dict[str, int] = {}
        """How many connections of other protocols there are, by protocol."""
        self._expected, self._out = expected, out or (lambda number: None)
        self._open: OrderedDict[frozenset[Address], Overheard] = OrderedDict()
        self._held = 0

    def read(self, progress: Progress | None = None) -> list[Overheard]:
        """Read the file to its end; the TLS connections in it."""
        try:
            for segment in self.file.segments(progress):
                self._segment(segment)
            for connection in self._open.values():
                connection.finish(self.file.cut)
        finally:
            self.file.close()
            for connection in self._open.values():
                connection.close()
        return self.connections

    def _segment(self, segment: Segment) -> None:
        key = frozenset((segment.source, segment.destination))
        connection = self._open.get(key)
        if connection is None or connection.is_over(segment):
            if connection is not None:
                self._finish(connection)
            connection = self._open[key] = Overheard(self, segment)
            if len(self._open) > MAX_CONNECTIONS:
                self._finish(self._open.popitem(last=False)[1])
        self._open.move_to_end(key)
        before = connection.held
        connection.segment(segment)
        self._held += connection.held - before
        if self._held > MAX_HELD:
            worst = max(self._open.values(), key=lambda each: each.held)
            self._held -= worst.held
            worst.give_up()

    def _finish(self, connection: Overheard) -> None:
        self._held -= connection.held
        connection.finish()

    def admit(self, connection: Overheard, protocol: str | None) -> IO[bytes] | None:
        """A connection has turned out to be TLS (None) or another protocol; the file for its trace."""
        if protocol is not None:
            self.others[protocol] = self.others.get(protocol, 0) + 1
            return None
        connection.number = len(self.connections) + 1
        if len(self.connections) < MAX_CONNECTIONS:
            self.connections.append(connection)
        return self._out(connection.number)

    def listener(self, writer: Sink | None) -> Listener:
        """Somebody who follows a connection, and writes if there is a sink."""
        observer = TraceRecorder(writer.add, "observer") if writer else None
        return Listener(self.secrets, observer, self._expected)


class Overheard:
    """One TCP connection of a capture."""

    def __init__(self, capture: Capture, first: Segment) -> None:
        self.number = 0
        """Among the TLS connections, from 1; 0 for another protocol."""
        self.client: Address | None = None
        self.server: Address | None = None
        self.first_packet, self.started = first.packet, first.time
        self.packets = self.bytes = 0
        self.protocol: str | None = ""
        """"" while it is not known, None for TLS, else what it is."""
        self.listener: Listener = capture.listener(None)
        self.preface = ""
        """What was said before TLS, in words; "" if nothing was."""
        self.remarks: list[str] = []
        """What was wrong with the recording: where it began, what is missing."""
        self.closed = False
        self.held = 0
        """Bytes held back: after missing ones, or because TLS has not begun."""
        self._capture = capture
        self._sink: Sink | None = None
        self._streams = {first.source: Stream(), first.destination: Stream()}
        self._opening = Opening(first.source, first.destination)
        self._following = True
        self._now = first.time

    def is_over(self, segment: Segment) -> bool:
        """Whether a segment of the same two ends begins another connection."""
        again = segment.syn and self._streams[segment.source].begins_with(segment.sequence)
        return self.closed and segment.syn and not segment.ack and not again

    def segment(self, segment: Segment) -> None:
        """The next segment in the order of the file."""
        self.packets += 1
        self.bytes += len(segment.payload)
        self._now = segment.time
        if segment.syn and self.client is None:
            self._name(segment.destination if segment.ack else segment.source)
        self.closed = self.closed or segment.rst
        if self._following:
            stream = self._streams[segment.source]
            payload = stream.feed(segment.sequence, segment.payload, segment.syn, segment.fin)
            if payload:
                self._heard(segment.source, payload)
            if segment.fin or self.held or stream.waiting or self.protocol == "":
                self.closed = self.closed or all(each.ended for each in self._streams.values())
                self._count_held()

    def _count_held(self) -> None:
        self.held = sum(stream.waiting for stream in self._streams.values()) + self._opening.waiting

    def give_up(self) -> None:
        """What is missing will not come: tell it, and what can be read without it."""
        for address, stream in self._streams.items():
            payload = stream.give_up()
            if payload:
                self._heard(address, payload)
            if stream.broken and self._following:
                self._remark("missing_bytes", f"bytes of the {self._side(address)} are missing from the capture")
                self._following = False
        for address, data in self._opening.rest():
            self._tls(address, data)
        if self.protocol == "" and self._opening.waiting:
            self._not_tls()
        self._count_held()

    def finish(self, cut: int = 0) -> None:
        """Nothing more will come; `cut` is the number of the packet at which the file breaks off."""
        if self._following:
            self.give_up()
            self.listener.end()
        if self.protocol is None and cut and not self.closed:
            self._remark("cut", f"the capture breaks off in packet {cut}")
        if self.protocol is None and self.listener.unfinished:
            self._remark("unfinished", "the last record is not whole")
        missing = self.listener.awaited if self.protocol is None else ""
        if missing and not any(stream.broken for stream in self._streams.values()):
            end = "the connection" if self.closed else "the capture"
            self._remark("breaks_off", f"{end} ends before the handshake does, {missing}")
        self._following = False
        self.close()

    def close(self) -> None:
        """Close the trace's file."""
        if self._sink is not None:
            self._sink.close()

    def _heard(self, source: Address, payload: bytes) -> None:
        """Bytes of one end, in order: before TLS begins, or of it."""
        if self._opening.over:
            self._tls(source, payload)
            return
        if self.client is None:
            self._name(likely_client(source, self._other(source), payload))
        for address, data in self._opening.feed(source, payload):
            self._tls(address, data)
        if self._opening.hopeless:
            self._not_tls()

    def _tls(self, source: Address, data: bytes) -> None:
        if self.protocol == "":
            self._begin(source)
            data = self._without_sslv2(data)
        if self._sink is not None:
            self._sink.now = self._now
        self.listener.feed(self._side(source), data, self._now)
        self._enough()

    def _without_sslv2(self, data: bytes) -> bytes:
        """What follows a ClientHello in the format of SSL 2.0, which is told; all of `data` if it is none."""
        length = sslv2.hello_length(data)
        if length is None:
            return data
        hello = data[:length]
        self.remarks.append("the ClientHello has the format of SSL 2.0; TLS follows")
        fields = fields_of(hello, sslv2.annotate(hello))
        said = {each.label: each.said or hello[each.start : each.end].hex() for each in fields}
        self._tell("sslv2_hello", **said, bytes=hello.hex())
        self.listener.begin_sslv2()
        return data[length:]

    def _not_tls(self) -> None:
        assert self.client is not None  # Something was heard.
        name = self._opening.dialogue(self.client).name
        begun_before = any(stream.mid_stream for stream in self._streams.values())
        self.protocol = "unknown" if name == "text" and begun_before else name
        self._opening.forget()
        self._following = False
        self._capture.admit(self, self.protocol)

    def _begin(self, source: Address) -> None:
        """TLS begins, in the direction of `source` first."""
        self.protocol = None
        if self._opening.client is not None:
            self._name(self._opening.client)
        file = self._capture.admit(self, None)
        if file is not None:
            self._sink = Sink(file, self.started, bool(self._capture.secrets))
            self._sink.now = self._now
            self.listener = self._capture.listener(self._sink)
            ends = {"client": str(self.client), "server": str(self.server)}
            self._tell("capture", file=self._capture.file.path.name, packet=self.first_packet, **ends)
        self._tell_preface()
        if self._streams[source].mid_stream and self._opening.client is None:
            self._remark("mid_stream", "the capture begins in the middle of this connection")
            self.listener.begin_mid_stream()

    def _tell_preface(self) -> None:
        """What was said before TLS, in a sentence."""
        assert self.client is not None and self.server is not None
        told = self._opening.dialogue(self.client, self._streams[self.server].unplaced[:MAX_PREFACE])
        if told.words:
            self.preface = told.sentence
            answer = {"answer": told.answer} if told.answer else {}
            client, server = self._opening.size(self.client), self._opening.size(self.server)
            parts = [self.preface, *(f'answered "{told.answer}"' for _ in answer), f"{client} and {server} bytes"]
            sizes = {"client_bytes": client, "server_bytes": server}
            self._tell("before_tls", said=self.preface, **answer, **sizes, reason="; ".join(parts))
        self._opening.forget()

    def _enough(self) -> None:
        """Stop following when nothing new will come of it."""
        if self._sink is None:
            idle = self.listener.complete or bool(self.listener.failure) or self.bytes > _ENOUGH
            self._following = not idle
        elif self._sink.events > MAX_EVENTS:
            self._remark("too_long", f"the rest is left out: the trace has {MAX_EVENTS:,} events")
            self._following = False

    def _name(self, client: Address) -> None:
        self.client = client
        self.server = self._other(client)

    def _other(self, address: Address) -> Address:
        return next((each for each in self._streams if each != address), address)

    def _side(self, address: Address) -> Side:
        return SIDES[0] if address == self.client else SIDES[1]

    def _remark(self, id: str, reason: str) -> None:
        self.remarks.append(reason)
        self._tell(id, reason=reason)

    def _tell(self, id: str, **values: object) -> None:
        observer = self.listener.observer
        if observer:
            observer(Noted(id, values))
