"""Blocking sockets: timeouts, ends, alerts and data over real connections."""

from __future__ import annotations

import io
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import pytest

from minitls import ServerConfig, TLSSocket, TrustStore, connect, wrap_socket
from minitls.errors import CertificateError, NotTLS, PeerAlert, TLSTimeout, Truncated, UnexpectedMessage
from minitls.transport.blocking import close_gently
from tests.handshake import certificates
from tests.handshake.peer import ALERT, CLIENT_FLIGHT, CLOSE_NOTIFY, Peer, plain_record
from tests.helpers import client_config, client_peer, connected, converse, new_client, new_server, pem, server_config

#: Longer than anything here takes; a test that reaches it fails.
LONG = 30
#: A timeout that is waited for.
SHORT = 0.2

Handler = Callable[[socket.socket], None]


class Serving:
    """A thread that accepts one TCP connection and gives it to a handler."""

    def __init__(self, handler: Handler, family: int = socket.AF_INET) -> None:
        host = "127.0.0.1" if family == socket.AF_INET else "::1"
        self._listener = socket.create_server((host, 0), family=family)
        self.address: tuple[str, int] = self._listener.getsockname()[:2]
        self.error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, args=(handler,), daemon=True)
        self._thread.start()

    def _run(self, handler: Handler) -> None:
        try:
            sock, _ = self._listener.accept()
            with sock:
                sock.settimeout(LONG)
                handler(sock)
        except BaseException as error:
            self.error = error

    def join(self) -> BaseException | None:
        """The end of the handler: what it raised, or None."""
        self._thread.join(LONG)
        assert not self._thread.is_alive(), "the other side did not end"
        self._listener.close()
        return self.error


@contextmanager
def serving(handler: Handler, expected: type[BaseException] | None = None, **options: Any) -> Iterator[Serving]:
    """A handler for one connection, which must end as expected."""
    server = Serving(handler, **options)
    try:
        yield server
    finally:
        error = server.join()
    if expected is None:
        if error is not None:
            raise error
    else:
        assert isinstance(error, expected), f"{expected.__name__} was expected of the other side, not {error!r}"


def with_tls(use: Callable[[TLSSocket], None], config: ServerConfig | None = None) -> Handler:
    def handle(sock: socket.socket) -> None:
        with wrap_socket(sock, config or server_config(), server_side=True) as tls:
            use(tls)

    return handle


def echo(tls: TLSSocket) -> None:
    while data := tls.recv(65536):
        tls.sendall(data)


def silent(sock: socket.socket) -> None:
    """Take everything and say nothing."""
    while sock.recv(65536):
        pass


class TestData:
    @pytest.mark.parametrize("suite", ["AES128-GCM-SHA256", "AES128-SHA256"])
    def test_several_megabytes_in_both_directions(self, suite: str) -> None:
        up, down = (random.Random(seed).randbytes(3_000_000) for seed in (1, 2))
        arrived: list[bytes] = []

        def receive(tls: TLSSocket, size: int) -> bytes:
            received = bytearray()
            while len(received) < size and (data := tls.recv(100_000)):
                received += data
            return bytes(received)

        def serve(tls: TLSSocket) -> None:
            arrived.append(receive(tls, len(up)))
            tls.sendall(down)

        config = client_config(cipher_suites=(suite,))
        with serving(with_tls(serve)) as server, connect(server.address, config, timeout=LONG) as tls:
            tls.sendall(up)
            assert receive(tls, len(down)) == down
        assert arrived == [up]

    def test_recv_gives_at_most_what_was_asked_for(self) -> None:
        with serving(with_tls(echo)) as server, connect(server.address, client_config(), timeout=LONG) as tls:
            assert tls.send(b"abcdef") == 6
            assert tls.recv(0) == b""
            first = tls.recv(2)
            assert first + tls.recv(100) == b"abcdef" and len(first) == 2

    def test_a_host_by_ipv6_address(self) -> None:
        try:
            server = Serving(with_tls(echo), family=socket.AF_INET6)
        except OSError:
            pytest.skip("this machine has no IPv6")
        with connect(server.address, client_config(), timeout=LONG) as tls:
            tls.sendall(b"x")
            assert tls.recv(10) == b"x"
            assert tls.negotiated.server_name == "::1"
        assert server.join() is None

    @pytest.mark.parametrize("wrong", [5, "text", None])
    def test_what_is_not_bytes_is_not_sent(self, wrong: Any) -> None:
        with serving(with_tls(echo)) as server, connect(server.address, client_config(), timeout=LONG) as tls:
            with pytest.raises(TypeError):
                tls.sendall(wrong)
            tls.sendall(b"right")
            assert tls.recv(100) == b"right"


class TestFiles:
    def test_lines_of_text(self) -> None:
        def answer(tls: TLSSocket) -> None:
            with tls.makefile("rw", encoding="utf-8", newline="\n") as file:
                for line in file:
                    file.write(line.upper())
                    file.flush()

        with serving(with_tls(answer)) as server, connect(server.address, client_config(), timeout=LONG) as tls:
            file = tls.makefile("r", encoding="utf-8")
            for asked, answered in (("größe", "GRÖSSE"), ("zwei", "ZWEI")):
                # Closing a file leaves the connection open.
                with tls.makefile("w", encoding="utf-8") as out:
                    out.write(asked + "\n")
                assert file.readline() == answered + "\n"
            file.close()

    def test_bytes(self) -> None:
        with serving(with_tls(echo)) as server, connect(server.address, client_config(), timeout=LONG) as tls:
            with tls.makefile("wb") as out:
                out.write(bytes(range(256)) * 300)
            with tls.makefile("rb") as file:
                assert isinstance(file, io.BufferedReader)
                assert file.read(256 * 300) == bytes(range(256)) * 300

    @pytest.mark.parametrize("mode", ["", "b", "x", "a", "r+", "rt"])
    def test_a_mode_that_is_none(self, mode: str) -> None:
        client, _ = connected()
        ours, theirs = socket.socketpair()
        with ours, theirs, pytest.raises(ValueError, match="mode"):
            TLSSocket(ours, client).makefile(mode)


class TestTimeouts:
    def test_a_server_that_says_nothing(self) -> None:
        with serving(silent) as server:
            started = time.monotonic()
            with pytest.raises(TLSTimeout, match=r"0\.2 s.*WAIT_SERVER_HELLO"):
                connect(server.address, client_config(), timeout=SHORT)
            assert SHORT <= time.monotonic() - started < LONG / 2

    def test_a_server_that_dribbles(self) -> None:
        """The timeout is for the whole handshake, or a peer could hold us for days, a byte at a time."""
        stop = threading.Event()

        def dribble(sock: socket.socket) -> None:
            sock.sendall(b"\x16\x03\x03\x40\x00")
            while not stop.wait(0.02):
                sock.sendall(b"\x02")

        with serving(dribble, OSError) as server:
            with pytest.raises(TLSTimeout):
                connect(server.address, client_config(), timeout=3 * SHORT)
            # The thread ends when it writes to the socket that we have closed.
            server._thread.join(LONG / 2)
            stop.set()

    def test_silence_after_the_handshake(self) -> None:
        with serving(with_tls(echo)) as server, connect(server.address, client_config(), timeout=LONG) as tls:
            tls.socket.settimeout(SHORT)
            with pytest.raises(TimeoutError, match="CONNECTED"):
                tls.recv(1)
            # Nothing is lost by it.
            tls.sendall(b"still here")
            tls.socket.settimeout(LONG)
            assert tls.recv(100) == b"still here"

    def test_a_peer_that_does_not_read(self) -> None:
        done = threading.Event()

        def do_not_read(tls: TLSSocket) -> None:
            done.wait(LONG)

        with serving(with_tls(do_not_read)) as server:
            tls = connect(server.address, client_config(), timeout=LONG)
            tls.socket.settimeout(SHORT)
            with pytest.raises(TLSTimeout, match="take"):
                tls.sendall(bytes(50_000_000))
            tls.socket.close()
            done.set()

    def test_the_sockets_own_timeout_is_left_as_it_was(self) -> None:
        with serving(with_tls(echo)) as server, connect(server.address, client_config(), timeout=LONG) as tls:
            assert tls.socket.gettimeout() == LONG


class TestEnds:
    def test_tcp_ending_early_is_truncation(self) -> None:
        def abrupt(sock: socket.socket) -> None:
            tls = wrap_socket(sock, server_config(), server_side=True)
            tls.sendall(b"not all of it")
            sock.close()

        with serving(abrupt) as server, connect(server.address, client_config(), timeout=LONG) as tls:
            assert tls.recv(100) == b"not all of it"
            with pytest.raises(Truncated, match="close_notify"):
                tls.recv(100)
            with pytest.raises(Truncated):
                tls.recv(100)

    def test_close_notify_is_the_end(self) -> None:
        server_side = with_tls(lambda tls: tls.sendall(b"all of it"))
        with serving(server_side) as server, connect(server.address, client_config(), timeout=LONG) as tls:
            assert tls.recv(100) == b"all of it"
            assert tls.recv(100) == b"" == tls.recv(100)

    def test_after_shutdown_one_can_still_receive(self) -> None:
        def answer_at_the_end(tls: TLSSocket) -> None:
            asked = b""
            while data := tls.recv(100):
                asked += data
            assert asked == b"question"

        server_side = with_tls(answer_at_the_end)
        with serving(server_side) as server, connect(server.address, client_config(), timeout=LONG) as tls:
            tls.sendall(b"question")
            tls.shutdown()
            with pytest.raises(ValueError, match="close_notify"):
                tls.sendall(b"more")
            assert tls.recv(100) == b""

    def test_closing_closes_the_callers_socket(self) -> None:
        with serving(with_tls(echo)) as server:
            sock = socket.create_connection(server.address, LONG)
            tls = wrap_socket(sock, client_config(), server_name="localhost")
            tls.close()
            assert sock.fileno() == -1
            tls.close()

    def test_closing_never_raises_on_a_peer_that_is_gone(self) -> None:
        gone = threading.Event()

        def leave(sock: socket.socket) -> None:
            wrap_socket(sock, server_config(), server_side=True)
            # With this option a close is a reset.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
            sock.close()
            gone.set()

        with serving(leave) as server:
            tls = connect(server.address, client_config(), timeout=LONG)
            gone.wait(LONG)
            tls.close()
            assert tls.socket.fileno() == -1

    def test_a_fault_is_told_although_its_alert_can_no_longer_be_sent(self) -> None:
        ours, theirs = socket.socketpair()
        theirs.sendall(plain_record(23, b"out of place"))

        def hear_the_hello_and_leave() -> None:
            theirs.recv(65536)
            theirs.close()

        hello = threading.Thread(target=hear_the_hello_and_leave)
        hello.start()
        tls = TLSSocket(ours, new_client())
        tls._flush()
        hello.join(LONG)
        # The other end of a socket pair is gone at once: whatever we send now is refused.
        with pytest.raises(UnexpectedMessage):
            tls.do_handshake()
        ours.close()

    def test_a_clean_end_is_clean_although_nobody_takes_the_answer(self) -> None:
        ours, theirs = socket.socketpair()
        theirs.settimeout(LONG)
        peer = client_peer()
        ended: list[bytes] = []

        def serve() -> None:
            with wrap_socket(ours, server_config(), server_side=True) as tls:
                finished.wait(LONG)
                ended.append(tls.recv(100))
                ended.append(tls.recv(100))

        finished = threading.Event()
        thread = threading.Thread(target=serve)
        thread.start()
        shake(peer, theirs)
        theirs.sendall(peer.data(b"last words") + peer.record(ALERT, CLOSE_NOTIFY))
        theirs.close()
        finished.set()
        thread.join(LONG)
        assert ended == [b"last words", b""]


def shake(peer: Peer, sock: socket.socket) -> None:
    """The peer's handshake, as a client, over a socket."""
    for word in ("ClientHello", *CLIENT_FLIGHT):
        sock.sendall(peer.say(word))
        awaited = {"ClientHello": "ServerHelloDone", "Finished": "Finished"}.get(word)
        while awaited and not any(name == awaited for name, _ in peer.messages):
            peer.take(sock.recv(65536))


class TestFailedHandshakes:
    def test_the_alert_reaches_the_peer_and_the_socket_is_closed(self) -> None:
        stranger = client_config(trust=TrustStore.of([certificates.root()]))
        with serving(with_tls(echo), PeerAlert) as server:
            sock = socket.create_connection(server.address, LONG)
            with pytest.raises(CertificateError):
                wrap_socket(sock, stranger, server_name="localhost")
            assert sock.fileno() == -1
        assert "unknown_ca" in str(server.error)

    def test_the_alert_reaches_a_peer_that_has_more_to_say(self) -> None:
        """Bytes that wait unread must not turn our close into a reset that overtakes the alert."""

        def faulty(sock: socket.socket) -> None:
            sock.recv(65536)
            sock.sendall(plain_record(23, b"out of place") + bytes(100_000))
            heard = b""
            while data := sock.recv(65536):
                heard += data
            assert heard == plain_record(ALERT, b"\x02\x0a")

        with serving(faulty) as server, pytest.raises(UnexpectedMessage):
            connect(server.address, client_config(), timeout=LONG)

    def test_a_server_that_is_none(self) -> None:
        greeting = b"SSH-2.0-OpenSSH_9.2\r\n"
        with serving(lambda sock: sock.sendall(greeting)) as server, pytest.raises(NotTLS, match="SSH"):
            connect(server.address, client_config(), timeout=LONG)

    def test_a_browser_without_tls_is_told(self) -> None:
        with serving(with_tls(echo), NotTLS) as server, socket.create_connection(server.address, LONG) as sock:
            sock.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            answer = b""
            while data := sock.recv(65536):
                answer += data
        assert answer.startswith(b"HTTP/1.0 400 ") and b"this port speaks TLS" in answer

    def test_nobody_there(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            address = listener.getsockname()
        with pytest.raises(ConnectionRefusedError):
            connect(address, client_config(), timeout=LONG)

    def test_a_server_that_hangs_up(self) -> None:
        with serving(lambda sock: None) as server, pytest.raises((Truncated, ConnectionResetError)):
            connect(server.address, client_config(), timeout=LONG)

    @pytest.mark.parametrize(
        ("config", "given"),
        [
            ("server", {}),
            ("client", {"server_side": True}),
            ("client", {}),
            ("client", {"server_name": ""}),
            ("server", {"server_name": "localhost"}),
        ],
    )
    def test_misuse_is_a_type_error_and_closes_the_socket(self, config: str, given: dict[str, Any]) -> None:
        ours, theirs = socket.socketpair()
        with theirs, pytest.raises(TypeError, match="ServerConfig"):
            wrap_socket(ours, server_config() if config == "server" else client_config(), **given)
        assert ours.fileno() == -1

    def test_what_was_negotiated_is_not_known_before_the_handshake(self) -> None:
        ours, theirs = socket.socketpair()
        with ours, theirs, pytest.raises(ValueError, match="do_handshake"):
            _ = TLSSocket(ours, new_client()).negotiated


def test_the_demo_certificate_is_served() -> None:
    with serving(with_tls(echo)) as server, connect(server.address, client_config(), timeout=LONG) as tls:
        assert tls.negotiated.peer_certificates == pem("server")[0]


class Unsendable:
    """A socket that takes nothing any more; what it gives comes from `incoming`."""

    def __init__(self, incoming: list[bytes]) -> None:
        self.incoming = incoming

    def recv(self, size: int) -> bytes:
        return self.incoming.pop(0)

    def sendall(self, data: bytes) -> None:
        raise BrokenPipeError("nobody reads")

    def settimeout(self, timeout: float | None) -> None:
        pass

    def gettimeout(self) -> float | None:
        return None


def test_an_answer_that_nobody_takes_is_an_error_while_the_connection_lives() -> None:
    """An attempt to renegotiate is answered with a warning, and served on: that the answer is lost is news."""
    server, peer = new_server(), client_peer()
    converse(peer, server, "ClientHello", *CLIENT_FLIGHT)
    hello = peer.message("ClientHello", peer.body("ClientHello"))
    tls = TLSSocket(Unsendable([hello]), server)  # type: ignore[arg-type]  # As much of a socket as is used.
    with pytest.raises(BrokenPipeError, match="nobody reads"):
        tls.recv(100)


def test_an_interruption_before_the_connection_has_looked_goes_on_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """A signal can come at any moment: between reading and parsing nothing has happened yet, and nothing is lost."""

    def interrupted(data: bytes) -> NoReturn:
        raise KeyboardInterrupt

    ours, theirs = socket.socketpair()
    with ours, theirs:
        tls = TLSSocket(ours, new_client())
        monkeypatch.setattr(tls.connection, "receive_data", interrupted)
        theirs.sendall(b"anything")
        with pytest.raises(KeyboardInterrupt):
            tls.recv(100)
        assert tls.connection.failure is None
        # The ClientHello, which waited.
        assert theirs.recv(6)[:1] == b"\x16"


class Endless:
    """A socket whose peer never stops sending."""

    def __init__(self) -> None:
        self.reads, self.closed = 0, False

    def recv(self, size: int) -> bytes:
        assert not self.closed
        self.reads += 1
        return b"more"

    def shutdown(self, how: int) -> None:
        assert how == socket.SHUT_WR

    def setblocking(self, flag: bool) -> None:
        assert flag is False

    def close(self) -> None:
        self.closed = True


def test_a_peer_that_never_stops_sending_is_not_waited_for() -> None:
    endless = Endless()
    close_gently(endless)  # type: ignore[arg-type]  # As much of a socket as is used.
    assert endless.closed and endless.reads == 64
