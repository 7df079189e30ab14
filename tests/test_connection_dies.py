"""Whatever leaves a connection ends it: a session store, ticket keys, observer, `random` or `now` that raises, a bug.

A conversation is held once with everything in order, which counts the calls of one of these, and then once for each of
the calls with that call raising. Every time the very exception must reach the caller, the connection must be dead, and
the peer, a connection of its own, must hear internal_error: opened with its own keys, so the alert was sealed rightly.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from weakref import ref

import pytest

import minitls
from minitls import ClientConfig, ServerConfig, Session, SessionCache, TicketKeys, TLSError
from minitls.cli import server as cli_server
from minitls.cli.observing import Observing
from minitls.connection import Connection
from minitls.errors import AlertDescription, HandshakeFailure, PeerAlert, Truncated, UnexpectedMessage
from minitls.handshake import negotiate
from minitls.handshake.link import Link
from minitls.handshake.tls12 import client as client_flow
from minitls.handshake.tls12 import server as server_flow
from minitls.handshake.tls12.states import State
from minitls.observe import DataSeen, RecordProtected, RecordSeen
from tests.helpers import NOW, client_config, connected, new_client, new_server, pump, seeded, server_config

SIDES = ("client", "server")
PLACES = ("observer", "random", "now", "fetch", "store", "open", "seal")
GCM = "TLS_RSA_WITH_AES_128_GCM_SHA256"
CBC = "TLS_RSA_WITH_AES_128_CBC_SHA"


class Broken(Exception):
    """What a store or an observer might raise."""


@dataclass
class Fuse:
    """Stands before the calls of one place: call number `at` (from 1) raises, and all after it if it is `lasting`."""

    place: str
    at: int = 0
    make: Callable[[], BaseException] = Broken
    lasting: bool = False
    armed: bool = True
    calls: int = 0
    blown: list[BaseException] = field(default_factory=list)

    def before(self, place: str) -> None:
        if place != self.place or not self.armed:
            return
        self.calls += 1
        if self.at and (self.calls == self.at or (self.lasting and self.calls > self.at)):
            self.blown.append(self.make())
            raise self.blown[-1]


@dataclass
class Store:
    """A session cache with a fuse."""

    fuse: Fuse
    cache: SessionCache = field(default_factory=SessionCache)

    def fetch(self, key: bytes, now: datetime) -> Session | None:
        self.fuse.before("fetch")
        return self.cache.fetch(key, now)

    def store(self, key: bytes, session: Session) -> None:
        self.fuse.before("store")
        self.cache.store(key, session)

    def forget(self, key: bytes) -> None:
        self.fuse.before("forget")
        self.cache.forget(key)


class Tickets(TicketKeys):
    """Ticket keys with a fuse."""

    fuse: Fuse

    def seal(self, session: Session, now: datetime) -> bytes:
        self.fuse.before("seal")
        return super().seal(session, now)

    def open(self, ticket: bytes, now: datetime) -> Session | None:
        self.fuse.before("open")
        return super().open(ticket, now)


def settings(fuse: Fuse, side: str, suite: str, tickets: bool) -> dict[str, Any]:
    """What a configuration is given so that every call out of it passes the fuse."""
    source = seeded(5)

    def random(size: int) -> bytes:
        fuse.before("random")
        return source(size)

    def now() -> datetime:
        fuse.before("now")
        return NOW

    given: dict[str, Any] = {"random": random, "now": now, "sessions": Store(fuse)}
    given |= {"tickets": tickets, "cipher_suites": (suite,)}
    if fuse.place == "observer":
        given["observer"] = lambda told: fuse.before("observer")
    if side == "server" and tickets:
        given["ticket_keys"] = Tickets()
        given["ticket_keys"].fuse = fuse
    return given


@dataclass(frozen=True)
class Scene:
    """One kind of conversation, with the side that has the fuse."""

    side: str
    resumed: bool
    suite: str
    tickets: bool

    def configs(self, fuse: Fuse) -> tuple[ClientConfig, ServerConfig]:
        """Both configurations; for a resumed handshake both have a session already."""
        own = settings(fuse, self.side, self.suite, self.tickets)
        other = {"sessions": SessionCache(), "tickets": self.tickets}
        client = client_config(**(own if self.side == "client" else other))
        server = server_config(**(own if self.side == "server" else other))
        if self.resumed:
            fuse.armed = False
            connected(client, server)
            fuse.armed = True
        return client, server

    def play(self, fuse: Fuse) -> Ending:
        """Handshake, data both ways, close by the side under test, as far as it comes."""
        client_options, server_options = self.configs(fuse)
        peer: Connection
        own: Connection
        try:
            if self.side == "client":
                own, peer = new_client(client_options), new_server(server_options)
            else:
                own, peer = new_server(server_options), new_client(client_options)
        except BaseException as raised:
            return Ending(raised, None, None)
        try:
            carry(own, peer)
            assert own.negotiated and own.negotiated.resumed == self.resumed
            own.send_data(b"ping" * 5000)
            peer.send_data(b"pong")
            carry(own, peer)
            own.close()
            carry(own, peer)
        except BaseException as raised:
            return Ending(raised, own, peer)
        return Ending(None, own, peer)


@dataclass
class Ending:
    """How a conversation ended: what the side under test raised, if anything, and both sides if they came to be."""

    raised: BaseException | None
    own: Connection | None
    peer: Connection | None

    def check_dead(self, alert: int = 80) -> None:
        """The connection is dead for good, and the peer hears of it with this alert, unless all was said before."""
        own, peer = self.own, self.peer
        assert own and peer and own.failure is not None and own.closed and own.state is State.CLOSED
        assert own.failure is self.raised or own.failure.__cause__ is self.raised
        last = own.data_to_send()
        if own.close_sent:
            if last:
                peer.receive_data(last)
            assert peer.failure is None
        else:
            with pytest.raises(PeerAlert) as heard:
                peer.receive_data(last)
            assert heard.value.description == alert
        own.close()
        assert own.receive_data(b"\x16\x03\x03") == [] and own.receive_data(b"") == []
        with pytest.raises(TLSError) as again:
            own.send_data(b"x")
        assert again.value is own.failure
        assert own.data_to_send() == b""


def carry(own: Connection, peer: Connection) -> None:
    """Carry bytes both ways. What `own` raises comes out; `peer` has nothing to raise."""
    while True:
        sent = own.data_to_send()
        if sent:
            peer.receive_data(sent)
        answer = peer.data_to_send()
        if answer:
            own.receive_data(answer)
        if not sent and not answer:
            return


SCENES = [
    Scene(side, resumed, suite, tickets)
    for side in SIDES
    for resumed in (False, True)
    for suite, tickets in ((GCM, True), (CBC, False))
]


def blowing(scene: Scene, place: str, **options: Any) -> Iterator[tuple[Fuse, Ending]]:
    """The conversation once for each call of `place`, with that call raising."""
    whole = Fuse(place)
    assert scene.play(whole).raised is None
    for at in range(1, whole.calls + 1):
        fuse = Fuse(place, at, **options)
        yield fuse, scene.play(fuse)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("scene", SCENES, ids=str)
def test_any_call_that_raises_ends_the_connection(scene: Scene, place: str) -> None:
    for fuse, ending in blowing(scene, place):
        assert ending.raised is fuse.blown[0], f"call {fuse.at}"
        if ending.own:
            ending.check_dead()
            assert ending.own.failure and ending.own.failure.__cause__ is ending.raised


def test_every_place_is_called_by_somebody() -> None:
    for place in PLACES:
        fuses = [Fuse(place) for _ in SCENES]
        for fuse, scene in zip(fuses, SCENES, strict=True):
            scene.play(fuse)
        assert any(fuse.calls for fuse in fuses), place


@pytest.mark.parametrize("scene", SCENES[::2], ids=str)
@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
def test_so_does_what_ends_the_program(scene: Scene, kind: type[BaseException]) -> None:
    for fuse, ending in blowing(scene, "observer", make=kind):
        assert ending.raised is fuse.blown[0]
        if ending.own:
            ending.check_dead()


@pytest.mark.parametrize("scene", SCENES, ids=str)
def test_an_observer_that_never_recovers_hides_neither_alert_nor_fault(scene: Scene) -> None:
    for fuse, ending in blowing(scene, "observer", lasting=True):
        # At ChangeCipherSpec the keys change all the same, and their observation raises once more.
        assert fuse.blown[0] in (ending.raised, ending.raised and ending.raised.__context__)
        if ending.own:
            ending.check_dead()
            assert ending.raised
            assert any("Broken" in note for note in ending.raised.__notes__)


@pytest.mark.parametrize("scene", SCENES, ids=str)
def test_without_randomness_the_connection_dies_all_the_same(scene: Scene) -> None:
    """In CBC no alert can be sealed without an IV: then nothing is sent, which the peer takes for a truncation."""
    for fuse, ending in blowing(scene, "random", lasting=True):
        assert ending.raised is fuse.blown[0]
        if ending.own and ending.peer:
            assert ending.own.failure and ending.own.state is State.CLOSED
            sent = ending.own.data_to_send()
            try:
                if sent:
                    ending.peer.receive_data(sent)
                ending.peer.receive_data(b"")
            except (PeerAlert, Truncated) as heard:
                assert isinstance(heard, Truncated) or heard.description == 80


class TestATLSErrorOfAStore:
    """It counts as any other: a store may refuse with an alert of its choice. But it cannot silence the connection."""

    @pytest.mark.parametrize(
        ("make", "alert"),
        [
            (lambda: HandshakeFailure("no sessions today"), AlertDescription.handshake_failure),
            (lambda: PeerAlert(48), AlertDescription.internal_error),
            (lambda: Truncated("the store's own connection broke"), AlertDescription.internal_error),
            (lambda: minitls.errors.TLSTimeout("the store does not answer"), AlertDescription.internal_error),
        ],
        ids=["HandshakeFailure", "PeerAlert", "Truncated", "TLSTimeout"],
    )
    def test_its_alert_goes_out(self, make: Callable[[], TLSError], alert: AlertDescription) -> None:
        for scene in SCENES:
            for fuse, ending in blowing(scene, "store", make=make):
                assert ending.raised is fuse.blown[0]
                assert ending.own and ending.own.failure is ending.raised
                ending.check_dead(alert)


class TestForgetting:
    """`forget` is called when the connection is dying already, of something that matters more."""

    @pytest.mark.parametrize("side", SIDES)
    def test_its_fault_is_a_note_on_the_first(self, side: str) -> None:
        fuse = Fuse("forget", 1)
        client, server = connected(*Scene(side, True, GCM, side == "client").configs(fuse))
        own, peer = (client, server) if side == "client" else (server, client)
        with pytest.raises(UnexpectedMessage) as raised:
            own.receive_data(b"\x63\x03\x03\x00\x01")
        assert fuse.blown and "Broken" in raised.value.__notes__[0]
        assert own.failure is raised.value and own.state is State.CLOSED
        with pytest.raises(PeerAlert, match="unexpected_message"):
            peer.receive_data(own.data_to_send())

    def test_an_interruption_goes_on(self) -> None:
        fuse = Fuse("forget", 1, KeyboardInterrupt)
        client, _ = connected(*Scene("client", True, GCM, True).configs(fuse))
        with pytest.raises(KeyboardInterrupt) as raised:
            client.receive_data(b"\x63\x03\x03\x00\x01")
        assert isinstance(raised.value.__context__, UnexpectedMessage) and client.failure is raised.value.__context__
        assert client.data_to_send() and client.receive_data(b"x") == []


class TestABug:
    def test_a_flow_against_its_table(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def astray(*arguments: Any) -> Iterator[State]:
            yield State.WAIT_CLIENT_HELLO
            yield State.WAIT_FINISHED

        monkeypatch.setattr(negotiate, "server", astray)
        client, server = new_client(), new_server()
        with pytest.raises(RuntimeError, match="against its table") as raised:
            server.receive_data(client.data_to_send())
        Ending(raised.value, server, client).check_dead()

    @pytest.mark.parametrize("side", SIDES)
    def test_a_flow_that_ends_without_completing(self, monkeypatch: pytest.MonkeyPatch, side: str) -> None:
        complete = Link.complete
        monkeypatch.setattr(Link, "complete", lambda link, told: link.side == side or complete(link, told))
        ending = Scene(side, False, GCM, True).play(Fuse("none"))
        assert isinstance(ending.raised, RuntimeError) and "completed no handshake" in str(ending.raised)
        ending.check_dead()

    def test_the_end_of_a_generator_is_no_end_of_a_flow(self) -> None:
        """StopIteration of a store cannot pass through a generator (PEP 479), and is not taken for its return."""
        for _, ending in blowing(Scene("server", True, GCM, False), "fetch", make=StopIteration):
            assert isinstance(ending.raised, RuntimeError)
            ending.check_dead()

    def test_a_flow_may_live_on(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """After `complete` it may wait in CONNECTED, for what TLS 1.3 sends there."""
        for module in (client_flow, server_flow):
            monkeypatch.setattr(module, "handshake", living_on(module.handshake))
        ending = Scene("client", False, GCM, True).play(Fuse("none"))
        assert ending.raised is None and ending.peer and ending.peer.negotiated


def living_on(flow: Callable[..., Iterator[State]]) -> Callable[..., Iterator[State]]:
    """The same flow, and then a wait for nothing."""

    def longer(*arguments: Any) -> Iterator[State]:
        yield from flow(*arguments)
        yield State.CONNECTED

    return longer


def test_events_before_the_fault_are_kept_with_it() -> None:
    fuse = Fuse("data", 2)
    watched = new_server(observer=lambda told: fuse.before("data") if isinstance(told, DataSeen) else None)
    client = new_client()
    pump(client, watched)
    client.send_data(b"first")
    client.send_data(b"second")
    with pytest.raises(Broken):
        watched.receive_data(client.data_to_send())
    assert watched.failure and watched.failure.events == (minitls.DataReceived(b"first"),)


def test_misuse_ends_nothing() -> None:
    client, server = new_client(), new_server()
    with pytest.raises(ValueError, match="not complete"):
        client.send_data(b"too early")
    for wrong in ("text", None, 3):
        with pytest.raises(TypeError):
            client.receive_data(wrong)  # type: ignore[arg-type]  # A wrong type is what is tested.
    pump(client, server)
    with pytest.raises(TypeError):
        client.send_data("text")  # type: ignore[arg-type]  # A wrong type is what is tested.
    assert client.negotiated and client.failure is None


def test_the_answer_to_the_peers_close_is_the_last_word() -> None:
    """Until close_notify is answered internal_error can go out, and after that nothing follows."""
    heard = []
    for at in range(1, 9):
        fuse = Fuse("observer")
        client, server = connected(server=server_config(observer=lambda told, fuse=fuse: fuse.before("observer")))
        client.close()
        fuse.calls, fuse.at = 0, at
        with pytest.raises(Broken):
            server.receive_data(client.data_to_send())
        try:
            heard.append(client.receive_data(server.data_to_send()))
        except PeerAlert as alert:
            heard.append(alert.description)
    # Four observations of the alert that came (record, content, message, alert), and four of the one that answers.
    assert heard == [80] * 4 + [[minitls.PeerClosed()]] * 4


@pytest.mark.parametrize("observed", [False, True])
def test_nothing_refers_to_itself(observed: bool) -> None:
    """A connection that is dropped is gone at once: no cycle of link, records, machine and connection keeps it."""
    given: dict[str, Any] = {"observer": lambda told: None} if observed else {}
    for suite in (GCM, CBC):
        client, server = connected(client_config(cipher_suites=(suite,), **given), server_config(**given))
        halfway = new_client(**given)
        references = [ref(each) for each in (client, server, halfway)]
        del client, server, halfway
        assert [each() for each in references] == [None] * 3


# Over TCP.


class OnceBroken(SessionCache):
    """A server's store that fails the first client, and serves the next."""

    def __init__(self) -> None:
        super().__init__()
        self.fuse = Fuse("store", 1)

    def store(self, key: bytes, session: Session) -> None:
        self.fuse.before("store")
        super().store(key, session)


def client_of(port: int, **given: Any) -> minitls.TLSSocket:
    return minitls.connect(("127.0.0.1", port), client_config(tickets=False, **given), "localhost", timeout=30)


class TestTheServerOfTheCommandLine:
    def test_one_line_and_the_next_client(self, capsys: pytest.CaptureFixture[str]) -> None:
        class Listener:
            """Accepts two clients, and lets the thread that asks for more wait for ever."""

            left = 2

            def accept(self) -> tuple[socket.socket, Any]:
                if not self.left:
                    threading.Event().wait()
                self.left -= 1
                return listener.accept()

        with socket.create_server(("127.0.0.1", 0)) as listener:
            config = server_config(sessions=OnceBroken(), tickets=False)
            work = (Listener(), config, Observing("server", keylog=None, trace_dir=None), "echo", 30.0)
            threading.Thread(target=cli_server.serve, args=work, daemon=True).start()
            port = listener.getsockname()[1]
            with pytest.raises(PeerAlert, match="internal_error"):
                client_of(port)
            with client_of(port) as tls:
                tls.sendall(b"still there?")
                assert tls.recv(100) == b"still there?"
        told = [line for line in capsys.readouterr().err.splitlines() if "a fault of minitls itself" in line]
        assert len(told) == 1 and "Traceback" not in told[0]


class TestBlocking:
    def test_the_alert_leaves_and_the_socket_is_closed(self) -> None:
        ours, theirs = socket.socketpair()
        caught: list[BaseException] = []

        def serve() -> None:
            try:
                minitls.wrap_socket(ours, server_config(sessions=OnceBroken(), tickets=False), server_side=True)
            except BaseException as error:
                caught.append(error)

        thread = threading.Thread(target=serve)
        thread.start()
        with pytest.raises(PeerAlert, match="internal_error"):
            minitls.wrap_socket(theirs, client_config(tickets=False), server_name="localhost")
        thread.join(30)
        assert isinstance(caught[0], Broken) and ours.fileno() == theirs.fileno() == -1

    def test_connect_closes_its_socket_if_there_is_not_even_a_hello(self) -> None:
        fuse = Fuse("fetch", 1)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            with pytest.raises(Broken) as raised:
                client_of(listener.getsockname()[1], sessions=Store(fuse))
            assert raised.value is fuse.blown[0]
            accepted, _ = listener.accept()
            with accepted:
                accepted.settimeout(30)
                assert accepted.recv(100) == b""

    @pytest.mark.parametrize("doing", ["sendall", "recv", "shutdown", "close"])
    def test_after_the_handshake(self, doing: str) -> None:
        # An OSError, as when an observer's disk is full: not to be mistaken for one of the socket.
        fuse = Fuse("observer", make=lambda: OSError("no space left on device"))
        ours, theirs = socket.socketpair()
        peers: list[minitls.TLSSocket] = []
        thread = threading.Thread(
            target=lambda: peers.append(minitls.wrap_socket(theirs, server_config(), server_side=True))
        )
        thread.start()
        config = client_config(observer=lambda told: fuse.before("observer"))
        tls = minitls.wrap_socket(ours, config, server_name="localhost")
        thread.join(30)
        # Sent or received, the first observation of a record is its bytes: by then close_notify is on its way.
        fuse.calls, fuse.at = 0, 1
        with pytest.raises(OSError, match="no space") as raised:
            match doing:
                case "sendall":
                    tls.sendall(b"ping")
                case "recv":
                    peers[0].sendall(b"pong")
                    tls.recv(10)
                case "shutdown":
                    tls.shutdown()
                case "close":
                    tls.close()
        assert raised.value is fuse.blown[0]
        if doing in ("shutdown", "close"):
            assert peers[0].recv(10) == b""
        else:
            with pytest.raises(PeerAlert, match="internal_error"):
                while peers[0].recv(10):
                    pass
        if doing != "close":
            with pytest.raises(TLSError) as again:
                tls.recv(10)
            assert again.value.__cause__ is raised.value
        tls.close()
        peers[0].close()
        assert ours.fileno() == -1


class TestAsyncio:
    def test_a_server_serves_the_next_client(self, caplog: pytest.LogCaptureFixture) -> None:
        async def conversation() -> None:
            config = server_config(sessions=OnceBroken(), tickets=False)
            server = await minitls.start_server(echo, "127.0.0.1", 0, config=config, timeout=30)
            async with server:
                port = server.sockets[0].getsockname()[1]
                # The session is stored when the server's Finished is out: the alert comes behind that.
                reader, writer = await opened(port)
                with pytest.raises(PeerAlert, match="internal_error"):
                    await reader.read(10)
                writer.close()
                reader, writer = await opened(port)
                writer.write(b"still there?")
                assert await reader.readexactly(12) == b"still there?"
                writer.close()
                await writer.wait_closed()

        with caplog.at_level(logging.WARNING, "minitls"):
            run(conversation())
        assert [record.getMessage() for record in caplog.records if record.name == "minitls"] == [
            "handshake failed: Broken()"
        ]

    def test_a_client_hears_the_very_exception(self) -> None:
        fuses = {place: Fuse(place, 1) for place in ("fetch", "store")}

        async def conversation() -> None:
            server = await minitls.start_server(echo, "127.0.0.1", 0, config=server_config(), timeout=30)
            async with server:
                for fuse in fuses.values():
                    with pytest.raises(Broken) as raised:
                        await opened(server.sockets[0].getsockname()[1], sessions=Store(fuse))
                    assert raised.value is fuse.blown[0]

        run(conversation())

    def test_after_the_handshake_whoever_reads_or_writes_hears_it(self) -> None:
        fuse = Fuse("observer")

        async def conversation() -> None:
            server = await minitls.start_server(echo, "127.0.0.1", 0, config=server_config(tickets=False), timeout=30)
            async with server:
                port = server.sockets[0].getsockname()[1]
                for at in (1, 4):
                    fuse.at = 0
                    reader, writer = await opened(port, observer=lambda told: fuse.before("observer"))
                    # Three observations are of what is written, the fourth of what comes back.
                    fuse.calls, fuse.at = 0, at
                    with pytest.raises(Broken) as raised:
                        writer.write(b"ping")
                        await reader.read(10)
                    assert raised.value is fuse.blown[-1]
                    writer.close()
                    with contextlib.suppress(Broken, TLSError):
                        await writer.wait_closed()

        run(conversation())


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(TLSError, ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
    writer.close()


async def opened(port: int, **given: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    config = client_config(**{"tickets": False, **given})
    return await minitls.open_connection("127.0.0.1", port, config=config, server_name="localhost", timeout=30)


def run(conversation: Any) -> None:
    """On a loop whose every complaint fails the test."""
    complaints: list[dict[str, Any]] = []

    async def watched() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
        await asyncio.wait_for(conversation, 60)

    asyncio.run(watched())
    assert complaints == []


class TestFromInside:
    """An observer or a store that calls the connection that has just called it, in the middle of a flow."""

    @pytest.mark.parametrize("swallowed", [True, False], ids=["swallowed", "not swallowed"])
    @pytest.mark.parametrize(
        "data", [b"\x99" * 9, b"\x16\x03\x03\x00\x04\x0e\0\0\0", b""], ids=["garbage", "message", "end"]
    )
    def test_a_fault_while_the_flow_runs_ends_the_connection(self, data: bytes, swallowed: bool) -> None:
        box: list[Connection] = []
        raised: list[BaseException] = []

        class Store(SessionCache):
            def store(self, key: bytes, session: Session) -> None:
                try:
                    box[0].receive_data(data)
                except TLSError as fault:
                    raised.append(fault)
                    if not swallowed:
                        raise

        client, server = new_client(sessions=Store(), tickets=False), new_server()
        box.append(client)
        with pytest.raises(TLSError) as caught:
            pump(client, server)
        assert caught.value is raised[0] is client.failure
        assert client.state is State.CLOSED and client.negotiated is None
        assert client.receive_data(b"anything") == []
        if data:
            with pytest.raises(PeerAlert) as heard:
                server.receive_data(client.data_to_send())
            assert heard.value.description == client.failure.alert

    def test_each_record_is_told_with_its_own_number_and_sequence(self) -> None:
        told: list[tuple[int, int]] = []
        box: list[Connection] = []

        def observer(seen: Any) -> None:
            if isinstance(seen, RecordSeen) and seen.sender == "client" and box and len(told) == 1:
                box.pop().send_data(b"from inside")
            if isinstance(seen, RecordProtected) and seen.sender == "client":
                told.append((seen.number, seen.sequence))

        client, server = new_client(observer=observer), new_server()
        pump(client, server)
        box.append(client)
        client.send_data(b"from outside")
        assert len({number for number, _ in told}) == len(told) == 3
        assert sorted(sequence for _, sequence in told) == [0, 1, 2]
        assert [number - sequence for number, sequence in told] == [told[0][0]] * 3
