"""The sans-IO connection, whatever it is fed: portions of any size, faults at any place, bytes of any kind.

A conversation is recorded once with the independent peer, whose bytes depend on nothing but seeds. Played again to a
connection of the same seed, the same bytes must lead to the same events, errors and answers, however they are cut.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from minitls import ClientConfig, ClientConnection, ServerConfig, TLSError
from minitls.connection import Connection
from minitls.errors import NotTLS, PeerAlert, PlainHTTP, Truncated
from minitls.events import PeerClosed
from minitls.observe import MessageSeen
from tests.handshake.peer import (
    ALERT,
    APPLICATION_DATA,
    CLIENT_FLIGHT,
    CLOSE_NOTIFY,
    FULL_SERVER_FLIGHT,
    HANDSHAKE,
    LAST_FLIGHT,
    TYPES,
    Peer,
    plain_record,
    records_of,
)
from tests.helpers import (
    client_config,
    client_peer,
    connected,
    converse,
    credential,
    kinds,
    new_client,
    new_server,
    outcome,
    seeded,
    server_config,
    server_peer,
    tell,
)

DATA = b"some data, then " + bytes(range(256))
SIDES = ("client", "server")
SUITES = (0x009C, 0x002F)


@dataclass(frozen=True)
class Recording:
    """What the peer said to a connection of a given seed, in how many bytes before its first ChangeCipherSpec."""

    side: str
    data: bytes
    in_the_clear: int

    def connection(self) -> Connection:
        """A fresh connection that the recorded bytes fit."""
        return _connection(self.side)


def _connection(side: str) -> Connection:
    if side == "server":
        return new_server(random=seeded(31))
    return new_client(random=seeded(32))


def _peer(side: str, suite: int) -> Peer:
    return client_peer(seed=33, suite=suite) if side == "server" else server_peer(seed=34, suite=suite)


@lru_cache
def recording(side: str, suite: int) -> Recording:
    """A whole conversation: handshake, data, empty record, warning, data, close_notify."""
    connection, peer = _connection(side), _peer(side, suite)
    said: list[bytes] = []

    def say(data: bytes) -> None:
        said.append(data)
        tell(peer, connection, data)

    peer.take(connection.data_to_send())
    before = (*FULL_SERVER_FLIGHT,) if side == "client" else ("ClientHello", CLIENT_FLIGHT[0])
    for word in before:
        say(peer.say(word))
    in_the_clear = sum(map(len, said))
    for word in LAST_FLIGHT:
        say(peer.say(word))
    assert connection.negotiated and peer.finished_right
    say(peer.data(DATA))
    say(peer.data(b""))
    say(peer.record(ALERT, b"\x01\x5a"))
    say(peer.data(DATA))
    say(peer.record(ALERT, CLOSE_NOTIFY))
    return Recording(side, b"".join(said), in_the_clear)


def portions(data: bytes, cuts: list[int]) -> list[bytes]:
    """`data` cut at these offsets."""
    edges = sorted({0, len(data), *(cut for cut in cuts if 0 < cut < len(data))})
    return [data[a:b] for a, b in itertools.pairwise(edges)]


Result = tuple[list[str], str, bytes]


def played(connection: Connection, chunks: list[bytes], end: bool = False) -> Result:
    """(events, error, everything said) when the chunks are fed one after the other, and then, perhaps, the end."""
    events: list[Any] = []
    told, said = "", connection.data_to_send()
    for chunk in [*chunks, *([b""] if end else [])]:
        new, error, answer = outcome(connection, chunk)
        events += new
        said += answer
        if error is not None:
            assert not told, f"a second error: {error}"
            told = f"{type(error).__name__} {error.alert!r} {error}"
    return kinds(events), told, said


def recut(recorded: Recording, sizes: list[int]) -> bytes:
    """The handshake messages in the clear cut into other records: any lengths, several messages in one."""
    clear = recorded.data[: recorded.in_the_clear]
    content = b"".join(record[5:] for record in records_of(clear))
    records, at, turn = b"", 0, 0
    while at < len(content):
        size = sizes[turn % len(sizes)]
        records += plain_record(HANDSHAKE, content[at : at + size])
        at += size
        turn += 1
    return records + recorded.data[recorded.in_the_clear :]


RECORDINGS = st.sampled_from([(side, suite) for side in SIDES for suite in SUITES]).map(lambda which: recording(*which))
CUTS = st.lists(st.integers(1, 3000), max_size=40)


class TestPortions:
    @given(RECORDINGS, CUTS)
    def test_any_portions_lead_to_the_same(self, recorded: Recording, cuts: list[int]) -> None:
        whole = played(recorded.connection(), [recorded.data])
        assert whole[0] == ["complete", "data " + 2 * DATA.hex(), "closed"] and not whole[1]
        assert played(recorded.connection(), portions(recorded.data, cuts)) == whole

    @pytest.mark.parametrize("side", SIDES)
    @pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 6, 7, 100])
    def test_portions_of_one_size(self, side: str, size: int) -> None:
        recorded = recording(side, 0x009C)
        chunks = portions(recorded.data, list(range(0, len(recorded.data), size)))
        assert played(recorded.connection(), chunks) == played(recorded.connection(), [recorded.data])

    @pytest.mark.parametrize("suite", SUITES)
    @pytest.mark.parametrize("side", SIDES)
    def test_small_portions_once_connected(self, side: str, suite: int) -> None:
        """Whatever a whole record may short-cut, a header that comes in two reads does not, be it right or wrong."""
        recorded = recording(side, suite)
        finished = recorded.data.index(b"\x17\x03\x03", recorded.in_the_clear)
        first = recorded.data[finished:]
        wrong = {
            "right": first,
            "another version": first[:2] + b"\x02" + first[3:],
            "no type": b"\x19" + first[1:],
            "too long": first[:3] + b"\xff\xff" + first[5:],
            "another MAC": first[:60] + bytes((first[60] ^ 1,)) + first[61:],
            "nothing in it": b"\x17\x03\x03\x00\x00" + first,
        }
        results = {}
        for name, rest in wrong.items():
            results[name] = played(recorded.connection(), [recorded.data[:finished], rest], end=True)
            for size in (1, 2, 3, 4, 5, 6, 7):
                chunks = [rest[at : at + size] for at in range(0, len(rest), size)]
                again = played(recorded.connection(), [recorded.data[:finished], *chunks], end=True)
                assert again == results[name], (name, size)
        errors = {name: error.partition(" ")[0] for name, (_, error, _) in results.items()}
        assert errors == {
            "right": "",
            "another version": "ProtocolVersionError",
            "no type": "UnexpectedMessage",
            "too long": "RecordOverflow",
            "another MAC": "BadRecordMAC",
            "nothing in it": "BadRecordMAC",
        }

    @given(RECORDINGS, st.lists(st.one_of(st.integers(1, 4), st.integers(1, 3000)), min_size=1, max_size=8), CUTS)
    def test_handshake_messages_in_any_records(self, recorded: Recording, sizes: list[int], cuts: list[int]) -> None:
        changed = recut(recorded, sizes)
        whole = played(recorded.connection(), [recorded.data])
        assert played(recorded.connection(), portions(changed, cuts)) == whole

    @given(RECORDINGS, st.integers(0, 4000), st.integers(1, 255), CUTS)
    def test_a_fault_is_the_same_in_any_portions(
        self, recorded: Recording, at: int, mask: int, cuts: list[int]
    ) -> None:
        data = bytearray(recorded.data)
        data[at % len(data)] ^= mask
        whole = played(recorded.connection(), [bytes(data)], end=True)
        assert played(recorded.connection(), portions(bytes(data), cuts), end=True) == whole

    @given(RECORDINGS, st.integers(0, 4000), st.binary(min_size=1, max_size=40), CUTS)
    def test_so_are_bytes_put_in(self, recorded: Recording, at: int, strange: bytes, cuts: list[int]) -> None:
        at %= len(recorded.data)
        data = recorded.data[:at] + strange + recorded.data[at:]
        whole = played(recorded.connection(), [data], end=True)
        assert played(recorded.connection(), portions(data, cuts), end=True) == whole

    @given(
        st.sampled_from(SIDES),
        st.one_of(
            st.binary(min_size=1, max_size=40),
            st.sampled_from(
                [
                    b"GET / HTTP/1.1\r\n\r\n",
                    b"OPTIONS * HTTP/1.1\r\n",
                    b"DELETE /x HTTP/1.0\r\n",
                    b"CONNECT a:1 HTTP/1.1",
                    b"PATCHWORK is not HTTP",
                    b"PRI * HTTP/2.0\r\n",
                    b"SSH-2.0-x\r\n",
                    b"220 mail ESMTP",
                    b"hello, world\xff",
                    b"\x80.\x01\x03\x03" + bytes(41),
                    b"hi\r\n\r\n",
                    b"+OK POP3",
                    b"\r\n\r\n\r\n\r\n",
                    b"PATC\x00HWORK",
                ]
            ),
        ),
        CUTS,
    )
    def test_so_is_what_is_no_tls(self, side: str, data: bytes, cuts: list[int]) -> None:
        small = [cut % len(data) for cut in cuts]
        whole = played(_connection(side), [data], end=True)
        assert played(_connection(side), portions(data, small), end=True) == whole
        assert played(_connection(side), [data[i : i + 1] for i in range(len(data))], end=True) == whole


@pytest.mark.parametrize("sizes", [(40, 1000), (1, 1, 2, 1000)])
def test_an_observer_is_told_which_records_carried_a_message(sizes: tuple[int, ...]) -> None:
    told: list[Any] = []
    server, peer = new_server(observer=told.append), client_peer()
    content, at = peer.say("ClientHello")[5:], 0
    for size in sizes:
        server.receive_data(plain_record(HANDSHAKE, content[at : at + size]))
        at += size
    (hello,) = (each for each in told if isinstance(each, MessageSeen) and each.sender == "client")
    assert hello == MessageSeen("client", "ClientHello", content, tuple(range(len(sizes))))


class TestEndOfTCP:
    @pytest.mark.parametrize("side", SIDES)
    def test_at_no_place_is_it_a_clean_end(self, side: str) -> None:
        recorded = recording(side, 0x009C)
        close = len(records_of(recorded.data)[-1])
        for size in range(len(recorded.data) - close + 1):
            connection = recorded.connection()
            if size:
                connection.receive_data(recorded.data[:size])
            complete = connection.negotiated is not None
            with pytest.raises(Truncated) as raised:
                connection.receive_data(b"")
            assert raised.value.alert is None
            if complete:
                assert "data may be missing" in str(raised.value)
            assert connection.closed and connection.receive_data(b"more") == []

    @pytest.mark.parametrize("side", SIDES)
    def test_after_close_notify_it_is(self, side: str) -> None:
        recorded = recording(side, 0x009C)
        connection = recorded.connection()
        assert kinds(connection.receive_data(recorded.data))[-1] == "closed"
        assert connection.closed and connection.receive_data(b"") == []

    def test_after_our_own_close_notify_it_is(self) -> None:
        """RFC 5246 section 7.2.1: whoever closed need not wait for the answer."""
        client, _ = connected()
        client.close()
        assert client.receive_data(b"") == [PeerClosed()]

    def test_in_the_handshake_it_is_not_even_after_our_own_close_notify(self) -> None:
        """Whoever waits for the handshake to end must hear that it will not."""
        client = new_client()
        client.close()
        with pytest.raises(Truncated):
            client.receive_data(b"")

    def test_after_our_own_close_notify_a_handshake_does_not_go_on(self) -> None:
        """RFC 5246 section 7.2.1: nothing is sent after close_notify, so no answer to a hello either."""
        server, peer = new_server(), client_peer()
        server.close()
        assert len(server.data_to_send()) == 7
        assert tell(peer, server, peer.say("ClientHello")) == [] and not peer.messages
        with pytest.raises(Truncated):
            server.receive_data(b"")
        assert server.data_to_send() == b""

    def test_nothing_at_all_is_named(self) -> None:
        with pytest.raises(Truncated, match="without a word"):
            new_client().receive_data(b"")

    def test_close_notify_in_the_handshake_is_no_clean_end(self) -> None:
        client = new_client()
        with pytest.raises(PeerAlert, match="WAIT_SERVER_HELLO"):
            client.receive_data(plain_record(ALERT, CLOSE_NOTIFY))


class TestClosing:
    def test_close_notify_is_sent_once_and_answered_once(self) -> None:
        client, server = connected()
        client.close()
        client.close()
        sent = client.data_to_send()
        assert len(records_of(sent)) == 1
        assert kinds(server.receive_data(sent)) == ["closed"]
        answer = server.data_to_send()
        assert len(records_of(answer)) == 1 and server.close_sent
        server.close()
        assert server.data_to_send() == b""
        assert kinds(client.receive_data(answer)) == ["closed"]

    def test_after_closing_one_can_still_receive(self) -> None:
        client, server = connected()
        client.close()
        server.send_data(b"one more thing")
        assert kinds(client.receive_data(server.data_to_send())) == ["data " + b"one more thing".hex()]

    def test_after_close_notify_nothing_is_sent(self) -> None:
        """RFC 5246 section 7.2.1: neither the refusal of a renegotiation nor the alert of a fault."""
        client, peer = new_client(), server_peer()
        peer.take(client.data_to_send())
        converse(peer, client, *FULL_SERVER_FLIGHT, *LAST_FLIGHT)
        client.close()
        peer.take(client.data_to_send())
        client.receive_data(peer.say("HelloRequest"))
        assert client.data_to_send() == b""
        with pytest.raises(TLSError):
            client.receive_data(peer.record(20, b"\x01"))
        assert client.data_to_send() == b""

    def test_what_follows_close_notify_is_ignored(self) -> None:
        server, peer = new_server(), client_peer()
        converse(peer, server, "ClientHello", *CLIENT_FLIGHT)
        assert kinds(tell(peer, server, peer.record(ALERT, CLOSE_NOTIFY) + b"GET /")) == ["closed"]
        assert server.receive_data(b"anything") == []

    def test_sending_after_the_peer_has_closed_is_the_peers_doing(self) -> None:
        client, server = connected()
        client.close()
        server.receive_data(client.data_to_send())
        with pytest.raises(PeerAlert, match="closed"):
            server.send_data(b"too late")


class TestAfterAFault:
    def test_it_sends_one_alert_and_then_nothing_and_hears_nothing(self) -> None:
        client, server = connected()
        with pytest.raises(TLSError) as raised:
            server.receive_data(plain_record(APPLICATION_DATA, bytes(60)))
        alert = server.data_to_send()
        with pytest.raises(PeerAlert, match="bad_record_mac"):
            client.receive_data(alert)
        assert server.failure is raised.value and server.failed_in and server.failed_in.name == "CONNECTED"
        assert server.receive_data(plain_record(HANDSHAKE, b"x")) == [] and server.receive_data(b"") == []
        server.close()
        assert server.data_to_send() == b"" and client.data_to_send() == b""
        with pytest.raises(TLSError) as again:
            server.send_data(b"x")
        assert again.value is raised.value

    def test_events_before_the_fault_are_not_lost(self) -> None:
        server, peer = new_server(), client_peer()
        converse(peer, server, "ClientHello", "ClientKeyExchange")
        portion = peer.say("ChangeCipherSpec") + peer.say("Finished") + peer.data(b"first") + peer.record(20, b"\x01")
        with pytest.raises(TLSError) as raised:
            server.receive_data(portion)
        assert kinds(list(raised.value.events)) == ["complete", "data " + b"first".hex()]  # type: ignore[arg-type]  # `events` is typed loosely, below `events.py`.

    def test_to_a_fatal_alert_nothing_is_answered(self) -> None:
        client, _ = connected()
        with pytest.raises(TLSError):
            client.receive_data(b"\x99")
            client.receive_data(b"\x99\x99\x99\x99")
        assert len(records_of(client.data_to_send())) == 1
        server = new_server()
        with pytest.raises(PeerAlert):
            server.receive_data(plain_record(ALERT, b"\x02\x28"))
        assert server.data_to_send() == b""


# Bytes of any kind.


def stages(side: str) -> list[tuple[str, Callable[[], tuple[Connection, Peer]]]]:
    """The connection at each point of a handshake, with the peer that brought it there."""
    words = (*FULL_SERVER_FLIGHT, *LAST_FLIGHT) if side == "client" else ("ClientHello", *CLIENT_FLIGHT)

    def reach(count: int) -> tuple[Connection, Peer]:
        connection, peer = _connection(side), _peer(side, 0x009C)
        peer.take(connection.data_to_send())
        converse(peer, connection, *words[:count])
        return connection, peer

    return [(f"{side} after {count}", lambda count=count: reach(count)) for count in range(len(words) + 1)]  # type: ignore[misc]  # mypy cannot type the default.


STAGES = [stage for side in SIDES for stage in stages(side)]
STAGE_IDS = [name for name, _ in STAGES]
REACH = st.sampled_from([reach for _, reach in STAGES])


#: (where, what is put in, how many bytes are taken out)
Edits = list[tuple[int, bytes, int]]
EDITS = st.lists(st.tuples(st.integers(0, 4000), st.binary(max_size=8), st.integers(0, 8)), min_size=1, max_size=6)


def edited(data: bytes, edits: Edits) -> bytes:
    for where, new, gone in edits:
        at = where % (len(data) + 1)
        data = data[:at] + new + data[at + gone :]
    return data


def survives(connection: Connection, *chunks: bytes) -> TLSError | None:
    """Feed anything: nothing but a TLSError may come out, its alert queued, and silence after it."""
    failed: TLSError | None = None
    for chunk in chunks:
        try:
            events = connection.receive_data(chunk)
        except TLSError as error:
            assert failed is None, "a second error"
            failed = error
            answer = connection.data_to_send()
            assert str(error) and connection.closed
            if error.alert is not None:
                assert answer, "no alert was queued"
                last = records_of(answer)[-1]
                assert last[0] == ALERT
                if len(last) == 7:
                    assert last[5:] == bytes([2, error.alert])
        else:
            if failed is not None:
                assert events == [] and connection.data_to_send() == b""
    return failed


class TestAnyBytes:
    @given(REACH, st.lists(st.binary(min_size=1, max_size=200), min_size=1, max_size=5))
    def test_raw(self, reach: Callable[[], tuple[Connection, Peer]], chunks: list[bytes]) -> None:
        connection, _ = reach()
        survives(connection, *chunks, b"")
        assert connection.closed

    @given(REACH, st.sampled_from([20, 21, 22, 23]), st.binary(max_size=300))
    def test_in_a_good_record(
        self, reach: Callable[[], tuple[Connection, Peer]], content_type: int, content: bytes
    ) -> None:
        connection, peer = reach()
        survives(connection, peer.record(content_type, content), b"")

    @given(REACH, st.sampled_from(list(TYPES)), st.binary(max_size=300))
    def test_in_a_good_message(self, reach: Callable[[], tuple[Connection, Peer]], name: str, body: bytes) -> None:
        connection, peer = reach()
        survives(connection, peer.message(name, body), b"")

    @given(REACH, st.sampled_from(list(TYPES)), EDITS)
    def test_in_a_message_changed_a_little(
        self, reach: Callable[[], tuple[Connection, Peer]], name: str, edits: Edits
    ) -> None:
        connection, peer = reach()
        assume(peer.key is not None or name != "ServerKeyExchange")
        survives(connection, peer.message(name, edited(peer.body(name), edits)), peer.data(b"x"), b"")

    @given(RECORDINGS, EDITS)
    def test_a_recording_spoilt_in_several_places(self, recorded: Recording, edits: Edits) -> None:
        survives(recorded.connection(), edited(recorded.data, edits), b"")

    @pytest.mark.parametrize(("name", "reach"), STAGES, ids=STAGE_IDS)
    def test_a_message_without_an_end_is_refused_at_its_header(
        self, name: str, reach: Callable[[], tuple[Connection, Peer]]
    ) -> None:
        """2^17 + 2^16 bytes are read, header included; that one byte more is too much is known from the header."""
        for number in range(256):
            connection, peer = reach()
            too_long = peer.record(HANDSHAKE, bytes([number]) + (2**17 + 2**16 - 3).to_bytes(3, "big"))
            assert survives(connection, too_long) is not None, number

    def test_the_longest_message_is_waited_for(self) -> None:
        server = new_server()
        header = b"\x01" + (2**17 + 2**16 - 4).to_bytes(3, "big")
        assert survives(server, plain_record(HANDSHAKE, header)) is None


class TestNotTLS:
    @pytest.mark.parametrize(
        ("data", "told"),
        [
            (b"SSH-2.0-OpenSSH_9.2\r\n", "SSH"),
            (b"220 mail.example ESMTP\r\n", "SMTP"),
            (b"HTTP/1.1 400 Bad Request\r\n\r\n", "HTTP"),
            (b"+OK ready\r\n", "POP3"),
        ],
    )
    def test_a_client_names_what_answers(self, data: bytes, told: str) -> None:
        client = new_client()
        with pytest.raises(NotTLS, match=told):
            client.receive_data(data)

    @pytest.mark.parametrize(
        "verb", [b"GET", b"POST", b"HEAD", b"PUT", b"DELETE", b"OPTIONS", b"PATCH", b"CONNECT"], ids=bytes.decode
    )
    @pytest.mark.parametrize("size", [1, 5, 1000])
    def test_a_server_answers_http_in_http(self, verb: bytes, size: int) -> None:
        server = new_server()
        request = verb + b" / HTTP/1.1\r\n\r\n"
        with pytest.raises(PlainHTTP):
            for at in range(0, len(request), size):
                server.receive_data(request[at : at + size])
        answer = server.data_to_send()
        assert answer.startswith(b"HTTP/1.0 400 ") and answer.endswith(b"\r\n\r\nthis port speaks TLS\r\n")
        assert server.closed and server.receive_data(b"\r\n") == []

    def test_an_ssl_2_hello_gets_an_alert(self) -> None:
        server = new_server()
        with pytest.raises(NotTLS, match="SSLv2"):
            server.receive_data(b"\x80\x2e\x01\x03\x03\x00\x15\x00\x00\x00\x10" + bytes(37))
        assert server.data_to_send() == plain_record(ALERT, b"\x02\x0a")


class TestMisuse:
    def test_sending_before_the_handshake(self) -> None:
        for connection in (new_client(), new_server()):
            with pytest.raises(ValueError, match="HandshakeComplete"):
                connection.send_data(b"early")

    def test_sending_after_close(self) -> None:
        client, _ = connected()
        client.close()
        with pytest.raises(ValueError, match="close_notify"):
            client.send_data(b"late")

    @pytest.mark.parametrize("wrong", ["text", 5, None, [1, 2]])
    def test_sending_what_is_not_bytes_changes_nothing(self, wrong: Any) -> None:
        client, server = connected()
        with pytest.raises(TypeError):
            client.send_data(wrong)
        assert client.data_to_send() == b""
        client.send_data(b"right")
        assert kinds(server.receive_data(client.data_to_send())) == ["data " + b"right".hex()]

    @pytest.mark.parametrize("kind", [bytearray, memoryview])
    def test_anything_like_bytes_can_be_sent_and_received(self, kind: Callable[[bytes], Any]) -> None:
        for suite in ("AES128-GCM-SHA256", "AES128-SHA"):
            for etm in (True, False):
                client, server = connected(client_config(cipher_suites=(suite,), encrypt_then_mac=etm))
                client.send_data(kind(b"x" * 20000))
                assert kinds(server.receive_data(kind(client.data_to_send()))) == ["data " + (b"x" * 20000).hex()]

    @pytest.mark.parametrize("wrong", ["text", 5, None])
    def test_receiving_what_is_not_bytes(self, wrong: Any) -> None:
        with pytest.raises(TypeError):
            new_server().receive_data(wrong)

    @pytest.mark.parametrize("name", ["", ".", "a" * 254, "\udcff", "ü" * 64])
    def test_a_host_name_that_cannot_be(self, name: str) -> None:
        with pytest.raises(ValueError, match="name"):
            ClientConnection(client_config(), name)

    @pytest.mark.parametrize(
        ("kind", "options"),
        [
            (ClientConfig, {"cipher_suites": ()}),
            (ClientConfig, {"cipher_suites": ("TLS_NULL",)}),
            (ClientConfig, {"alpn": ("",)}),
            (ClientConfig, {"alpn": ("x" * 256,)}),
            (ClientConfig, {"record_size_limit": 63}),
            (ClientConfig, {"record_size_limit": 2**14 + 1}),
            (ClientConfig, {"max_fragment_length": 1000}),
            (ServerConfig, {"credentials": ()}),
            (ServerConfig, {"credentials": "demo", "require_client_certificate": True}),
        ],
    )
    def test_a_configuration_that_cannot_be(self, kind: Any, options: dict[str, Any]) -> None:
        if options.get("credentials") == "demo":
            options = {**options, "credentials": (credential(),)}
        with pytest.raises(ValueError):
            kind(**options)

    def test_an_unknown_option(self) -> None:
        with pytest.raises(TypeError):
            ClientConfig(verify=False)  # type: ignore[call-arg]  # Turning verification off is not on offer.

    def test_a_configuration_cannot_be_changed(self) -> None:
        with pytest.raises(AttributeError):
            client_config().alpn = ("h2",)  # type: ignore[misc]  # That is the test.


class TestData:
    @given(st.binary(max_size=40000), st.sampled_from(["AES128-GCM-SHA256", "AES256-SHA256", "AES128-SHA"]))
    def test_what_is_sent_is_received(self, data: bytes, suite: str) -> None:
        client, server = connected(client_config(cipher_suites=(suite,)))
        for source, sink in ((client, server), (server, client)):
            source.send_data(data)
            sent = source.data_to_send()
            assert kinds(sink.receive_data(sent)) == (["data " + data.hex()] if data else []) if sent else not data
            assert all(len(record) <= 5 + 2**14 + 2048 for record in records_of(sent))

    def test_no_record_is_longer_than_agreed(self) -> None:
        for options, limit in (({"max_fragment_length": 512}, 512), ({"record_size_limit": 100}, 100)):
            config = client_config(cipher_suites=("AES128-GCM-SHA256",), **options)
            client, server = connected(config, server_config(record_size_limit=100))
            server.send_data(b"x" * 1000)
            sizes = [len(record) - 5 - 24 for record in records_of(server.data_to_send())]
            assert sum(sizes) == 1000 and max(sizes) == limit
            client.send_data(b"x" * 1000)
            assert max(len(record) - 29 for record in records_of(client.data_to_send())) == limit

    def test_one_config_serves_many_connections_at_once(self) -> None:
        client_options, server_options = client_config(), server_config()
        pairs = [(new_client(client_options), new_server(server_options)) for _ in range(10)]
        rng = random.Random(1)
        for _ in range(100):
            for client, server in rng.sample(pairs, len(pairs)):
                if data := client.data_to_send():
                    server.receive_data(data)
                if data := server.data_to_send():
                    client.receive_data(data)
        assert all(client.negotiated and server.negotiated for client, server in pairs)
