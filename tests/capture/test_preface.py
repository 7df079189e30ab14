"""TLS that begins later: after a dialogue with a real client, in any order and cutting, and nowhere else."""

from __future__ import annotations

import ftplib
import gc
import imaplib
import poplib
import smtplib
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minitls.capture.packets import Address
from minitls.capture.preface.opening import MAX_PREFACE, Opening
from minitls.capture.preface.told import told
from minitls.trace.check import check
from minitls.trace.file.jsonl import Trace
from tests.capture.dialogues import KEY, SUITE, Serve, client_context, lines, overheard, take, tls
from tests.peers import require_program
from tests.trace.captures import messages, notes, recording, run, trace_of
from tests.trace.packets import Flow, disturbed, packets, pcap, server_key

pytest.importorskip("scapy")
ENDS = {"client": Address("192.0.2.1", 50000), "server": Address("192.0.2.2", 25)}


def split(flows: Sequence[Flow], size: int) -> dict[Address, bytes]:
    """What is found to be TLS in each direction when the conversation comes in pieces of this size."""
    opening = Opening(*ENDS.values())
    found = dict.fromkeys(ENDS.values(), b"")
    for side, data in flows:
        for at in range(0, len(data), size):
            for end, tls_bytes in opening.feed(ENDS[side], data[at : at + size]):
                found[end] += tls_bytes
    assert opening.client == ENDS["client"]
    return found


# Protocols that ask for TLS: openssl s_client -starttls.


def postgresql(sock: socket.socket, answers: bytes = b"S") -> None:
    for at in range(len(answers)):
        take(sock, 8)
        sock.sendall(answers[at : at + 1])
    tls(sock)


def mysql(sock: socket.socket) -> None:
    fields = [b"\x0a8.0.36\0", b"\x07\0\0\0", b"a" * 8, b"\0", b"\xff\xff", b"\xff", b"\2\0", b"\xff\xdf", b"\x15"]
    greeting = b"".join([*fields, bytes(10), b"b" * 12, b"\0", b"caching_sha2_password\0"])
    sock.sendall(len(greeting).to_bytes(3, "little") + b"\0" + greeting)
    take(sock, 36)
    tls(sock)


def ldap(sock: socket.socket, result: int = 0, then: Serve = tls) -> None:
    number = take(sock, 2 + sock.recv(2, socket.MSG_PEEK)[1])[4:5]
    body = bytes([0x0A, 1, result, 4, 0, 4, 0])
    message = b"\x02\x01" + number + bytes([0x78, len(body)]) + body
    sock.sendall(bytes([0x30, len(message)]) + message)
    then(sock)


ASK = "STARTTLS\r\n"
EHLO = ("\r\n", "250-mail.example\r\n250 STARTTLS\r\n")
SMTP = lines(ASK, "220 2.0.0 Ready\r\n", EHLO, greeting="220 mail.example ESMTP\r\n")
XMPP = "<?xml version='1.0'?><stream:stream xmlns:stream='http://etherx.jabber.org/streams' id='1'>"
FEATURES = "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>"
PROCEED = "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
IMAP_ABLE = ("CAPABILITY\r\n", "* CAPABILITY IMAP4rev1 STARTTLS\r\n{tag} OK done\r\n")
FTP_ABLE = ("FEAT\r\n", "211-Features:\r\n AUTH TLS\r\n211 End\r\n")
SIEVE = '"IMPLEMENTATION" "x"\r\n"STARTTLS"\r\nOK "ready"\r\n'
IRC_YES = ":irc.example 670 me :STARTTLS successful\r\n"
#: By openssl's name: a server, what is said of the dialogue, and how the answer begins that is quoted.
STARTTLS: dict[str, tuple[Serve, str, str]] = {
    "smtp": (SMTP, "SMTP, then STARTTLS", "220 2.0.0 Ready"),
    "lmtp": (lines(ASK, "220 go\r\n", EHLO, greeting="220 x LMTP\r\n"), "LMTP, then STARTTLS", "220 go"),
    "imap": (lines(ASK, "{tag} OK go\r\n", IMAP_ABLE, greeting="* OK hi\r\n"), "IMAP, then STARTTLS", ". OK go"),
    "pop3": (lines("STLS\r\n", "+OK go\r\n", greeting="+OK ready\r\n"), "POP3, then STLS", "+OK go"),
    "ftp": (
        lines("AUTH TLS\r\n", "234 yes\r\n", FTP_ABLE, greeting="220-welcome\r\n220 FTP\r\n"),
        "FTP, then AUTH TLS",
        "234 yes",
    ),
    "irc": (lines(ASK, IRC_YES), "IRC, then STARTTLS", IRC_YES.strip()),
    "nntp": (
        lines(ASK, "382 continue\r\n", ("CAPABILITIES\r\n", "101 list:\r\nSTARTTLS\r\n.\r\n"), greeting="200 news\r\n"),
        "NNTP, then STARTTLS",
        "382 continue",
    ),
    "sieve": (lines(ASK, 'OK "go"\r\n', greeting=SIEVE), "ManageSieve, then STARTTLS", 'OK "go"'),
    "xmpp": (lines("xmpp-tls'/>", PROCEED, ("version='1.0'>", XMPP + FEATURES)), "XMPP, then starttls", "<proceed"),
    "postgres": (postgresql, "PostgreSQL, then SSLRequest", "S"),
    "mysql": (mysql, "MySQL, then SSLRequest", ""),
    "ldap": (ldap, "LDAP, then StartTLS", "resultCode 0"),
}


def openssl(port: int, protocol: str) -> None:
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-starttls", protocol]
    done = subprocess.run(
        [*command, "-tls1_2", "-cipher", SUITE], input=b"", capture_output=True, timeout=20, check=False
    )
    assert b"Cipher    : " + SUITE.encode() in done.stdout, done.stdout + done.stderr


def opened(capture: Path) -> Trace:
    """The trace of a capture's one connection, which the demo server's key opens to the end."""
    trace = trace_of(capture, "--key", KEY)
    report = check(trace)
    assert report.true, report.differences[:1]
    assert messages(trace)[0] == "ClientHello"
    assert messages(trace).count("Finished") == 2
    return trace


@pytest.mark.parametrize("protocol", STARTTLS)
def test_openssls_starttls_is_found_named_and_decrypted(protocol: str, tmp_path: Path) -> None:
    require_program("openssl")
    serve, said, answer = STARTTLS[protocol]
    with overheard(serve) as (port, heard):
        openssl(port, protocol)
    note = notes(opened(pcap(tmp_path / "c.pcap", packets(heard))))["before_tls"]
    assert note["said"] == said
    assert note.get("answer", "").startswith(answer)
    assert note["client_bytes"] > 0
    assert split(heard, 1) == split(heard, 3) == split(heard, 70_000)
    opened(pcap(tmp_path / "other.pcap", disturbed(packets(heard), 1)))
    without_syn = opened(pcap(tmp_path / "other.pcap", packets(heard, syn=False)))
    assert notes(without_syn)["before_tls"]["said"] == said


# Proxies and tunnels: curl.


ESTABLISHED = b"HTTP/1.1 200 Connection established\r\nVia: 1.1 proxy\r\nX-Cache: MISS\r\n\r\n"


def connect(sock: socket.socket, then: Serve = tls, password: bool = False) -> None:
    while True:
        asked = b""
        while not asked.endswith(b"\r\n\r\n"):
            asked += take(sock, 1)
        if b"Proxy-Authorization" in asked or not password:
            break
        sock.sendall(b"HTTP/1.1 407 Who are you\r\nProxy-Authenticate: Basic realm=x\r\nContent-Length: 3\r\n\r\nno\n")
    sock.sendall(ESTABLISHED)
    then(sock)


def socks5(sock: socket.socket, method: int = 0, then: Serve = tls) -> None:
    take(sock, 2 + sock.recv(2, socket.MSG_PEEK)[1])
    sock.sendall(bytes((5, method)))
    if method == 2:
        name = take(sock, 2)[1]
        take(sock, name)
        take(sock, take(sock, 1)[0])
        sock.sendall(b"\1\0")
    kind = take(sock, 4)[3]
    take(sock, {1: 6, 4: 18}.get(kind) or take(sock, 1)[0] + 2)
    sock.sendall(b"\5\0\0\1\0\0\0\0\0\0")
    then(sock)


def socks4(sock: socket.socket, names: int) -> None:
    take(sock, 8)
    for _ in range(names):
        while take(sock, 1) != b"\0":
            pass
    sock.sendall(b"\0\x5a" + bytes(6))
    tls(sock)


def proxy_line(sock: socket.socket) -> None:
    while take(sock, 1) != b"\n":
        pass
    tls(sock)


PROXY = "http://127.0.0.1:{port}"
CURL: dict[str, tuple[Serve, Sequence[str], str]] = {
    "connect": (connect, ["-x", PROXY], "HTTP CONNECT to localhost:8443"),
    "password": (
        partial(connect, password=True),
        ["-x", PROXY, "-U", "me:secret", "--proxy-anyauth"],
        "HTTP CONNECT to localhost:8443 (refused once before)",
    ),
    "socks5": (socks5, ["--socks5-hostname", "127.0.0.1:{port}"], "SOCKS 5 to localhost:8443"),
    "socks5 password": (
        partial(socks5, method=2),
        ["--socks5-hostname", "me:secret@127.0.0.1:{port}"],
        "SOCKS 5 to localhost:8443",
    ),
    "socks5 address": (socks5, ["--socks5", "127.0.0.1:{port}"], "SOCKS 5 to 127.0.0.1:8443"),
    "socks4": (partial(socks4, names=1), ["--socks4", "127.0.0.1:{port}"], "SOCKS 4 to 127.0.0.1:8443"),
    "socks4a": (partial(socks4, names=2), ["--socks4a", "127.0.0.1:{port}"], "SOCKS 4 to localhost:8443"),
    "PROXY": (proxy_line, ["--haproxy-protocol", "--connect-to", "::127.0.0.1:{port}"], "PROXY protocol version 1"),
}


@pytest.mark.parametrize("how", CURL)
def test_curl_through_a_proxy_is_found_and_decrypted(how: str, tmp_path: Path) -> None:
    require_program("curl")
    serve, options, said = CURL[how]
    with overheard(serve) as (port, heard):
        told_options = [each.format(port=port) for each in options]
        command = ["curl", "-sk4", "-m", "9", "--tls-max", "1.2", "--ciphers", SUITE, *told_options]
        subprocess.run([*command, "https://localhost:8443/"], capture_output=True, timeout=20, check=False)
    trace = opened(pcap(tmp_path / "c.pcap", packets(heard)))
    assert notes(trace)["before_tls"]["said"].startswith(said)
    assert "secret" not in str(notes(trace))
    assert split(heard, 1) == split(heard, 70_000)


# What these programs do not speak, by Python's ssl behind a few bytes of our own.


def talk(port: int, *said: tuple[bytes, int]) -> None:
    """Say each, wait for so many bytes of answer, then shake hands."""
    with socket.create_connection(("127.0.0.1", port), 10) as sock:
        for words, answer in said:
            sock.sendall(words)
            take(sock, answer)
        with client_context().wrap_socket(sock, server_hostname="localhost") as secured:
            secured.sendall(b"hello")


def rdp(sock: socket.socket) -> None:
    take(sock, int.from_bytes(sock.recv(4, socket.MSG_PEEK)[2:4], "big"))
    sock.sendall(bytes.fromhex("030000130ed000001234000201080002000000"))
    tls(sock)


def after(size: int, answer: bytes, then: Serve = tls) -> Serve:
    """A server that takes so many bytes, answers, and goes on."""

    def serve(sock: socket.socket) -> None:
        take(sock, size)
        sock.sendall(answer)
        then(sock)

    return serve


UPGRADE = b"OPTIONS * HTTP/1.1\r\nUpgrade: TLS/1.0, HTTP/1.1\r\nConnection: Upgrade\r\n\r\n"
COOKIE = b"Cookie: mstshash=me\r\n"
NEGOTIATION = bytes.fromhex("0100080003000000")
X224 = bytes((6 + len(COOKIE) + 8, 0xE0, 0, 0, 0, 0, 0)) + COOKIE + NEGOTIATION
REQUEST = b"\3\0\0" + bytes((4 + len(X224),)) + X224
PROXY_2 = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" + bytes((192, 0, 2, 7, 127, 0, 0, 1)) + bytes.fromhex("d43101bb")
OTHERS: dict[str, tuple[Serve, Sequence[tuple[bytes, int]], str]] = {
    "rdp": (rdp, [(REQUEST, 19)], "RDP, then TLS asked for in its X.224 request"),
    "PROXY 2": (after(len(PROXY_2), b""), [(PROXY_2, 0)], "PROXY protocol version 2 (from 192.0.2.7 port 54321)"),
    "PROXY and SMTP": (
        lines("STARTTLS\r\n", "220 2.0.0 Ready\r\n", ("EHLO me\r\n", "250 STARTTLS\r\n"), greeting="220 x\r\n"),
        [(b"PROXY TCP4 192.0.2.7 192.0.2.8 54321 25\r\n", 7), (b"EHLO me\r\n", 14), (b"STARTTLS\r\n", 17)],
        "PROXY protocol version 1 (from 192.0.2.7 port 54321), then SMTP, then STARTTLS",
    ),
    "CONNECT and IMAP": (
        partial(connect, then=lines(ASK, "{tag} OK begin\r\n", greeting="* OK ready\r\n")),
        [(b"CONNECT mail.example:143 HTTP/1.1\r\n\r\n", len(ESTABLISHED) + 12), (b"a1 STARTTLS\r\n", 13)],
        "HTTP CONNECT to mail.example:143, then IMAP, then STARTTLS",
    ),
    "pipelined": (
        lines(ASK, "250-x\r\n250 STARTTLS\r\n220 go\r\n", greeting="220 x\r\n"),
        [(b"", 7), (b"EHLO me\r\nSTARTTLS\r\n", 29)],
        "SMTP, then STARTTLS",
    ),
    "at once": (
        lines(ASK, "250-x\r\n250 STARTTLS\r\n220 go\r\n", greeting="220 x\r\n"),
        [(b"EHLO me\r\nSTARTTLS\r\n", 36)],
        "SMTP, then STARTTLS",
    ),
    "refused, then granted": (
        lines("STARTTLS\r\nSTARTTLS\r\n", "454 4.7.0 no\r\n220 go\r\n", ("me\r\n", "250 x\r\n"), greeting="220 x\r\n"),
        [(b"", 7), (b"EHLO me\r\n", 7), (b"STARTTLS\r\nSTARTTLS\r\n", 22)],
        "SMTP, then STARTTLS (refused once before)",
    ),
    "HTTP upgrade": (
        after(len(UPGRADE), b"HTTP/1.1 101 Switching\r\nUpgrade: TLS/1.0\r\n\r\n"),
        [(UPGRADE, 44)],
        "HTTP, then Upgrade: TLS",
    ),
    "AMQP": (after(8, b"AMQP\2\1\0\0"), [(b"AMQP\2\1\0\0", 8)], "AMQP, then its TLS layer"),
    "GSSENC first": (
        partial(postgresql, answers=b"NS"),
        [(bytes.fromhex("0000000804d21630"), 1), (bytes.fromhex("0000000804d2162f"), 1)],
        "PostgreSQL, then SSLRequest",
    ),
    "unknown": (after(4, b"\xffyes"), [(b"\1TLS", 4)], "an unknown protocol"),
    "VNC": (after(13, b"\x13"), [(b"RFB 003.008\n\x13", 1)], "VNC"),
}


@pytest.mark.parametrize("how", OTHERS)
def test_other_dialogues_are_found_and_decrypted(how: str, tmp_path: Path) -> None:
    serve, said, words = OTHERS[how]
    with overheard(serve) as (port, heard):
        talk(port, *said)
    note = notes(opened(pcap(tmp_path / "c.pcap", packets(heard))))["before_tls"]
    assert note["said"] == words
    assert split(heard, 1) == split(heard, 70_000)


# What is no TLS, or only half of it.


def no_tls(flows: Sequence[Flow], path: Path) -> str:
    """What is said of a capture without TLS."""
    done = run(pcap(path / "c.pcap", packets(flows)), "-o", path / "t.jsonl")
    assert done.exit_code == 1
    return " ".join(done.output.split())


def plain(sock: socket.socket) -> None:
    """The rest of a connection without TLS."""
    while sock.recv(4096):
        sock.sendall(b"221 good bye\r\n")


def asks_by_smtp(port: int) -> None:
    with smtplib.SMTP("127.0.0.1", port, "me") as client:
        client.starttls()


def asks_by_imap(port: int) -> None:
    imaplib.IMAP4("127.0.0.1", port).starttls()


def asks_by_pop(port: int) -> None:
    poplib.POP3("127.0.0.1", port).stls()


def asks_by_ftp(port: int) -> None:
    client = ftplib.FTP_TLS()
    client.connect("127.0.0.1", port)
    client.auth()


def openssl_asks(protocol: str) -> Callable[[int], None]:
    return lambda port: openssl(port, protocol)


SMTP_ERROR, FTP_ERROR, NO_TLS = smtplib.SMTPException, ftplib.Error, AssertionError
POP_ABLE = ("CAPA\r\n", "+OK\r\nSTLS\r\n.\r\n")
#: A server, a client that asks it, how that says that it was refused, and what is said of the capture.
REFUSING: tuple[tuple[Serve, Callable[[int], None], type[Exception], str], ...] = (
    (
        lines(ASK, "454 no\r\n", EHLO, greeting="220 x ESMTP\r\n", then=plain),
        asks_by_smtp,
        SMTP_ERROR,
        "SMTP (STARTTLS",
    ),
    (
        lines(ASK, "{tag} NO no\r\n", IMAP_ABLE, greeting="* OK hi\r\n", then=plain),
        asks_by_imap,
        imaplib.IMAP4.error,
        "IMAP (STARTTLS",
    ),
    (
        lines("STLS\r\n", "-ERR no\r\n", POP_ABLE, greeting="+OK ready\r\n", then=plain),
        asks_by_pop,
        poplib.error_proto,
        "POP3 (STLS",
    ),
    (
        lines("AUTH TLS\r\n", "502 no\r\n", greeting="220 FTP\r\n", then=plain),
        asks_by_ftp,
        ftplib.Error,
        "FTP (AUTH TLS",
    ),
    (lines(ASK, ":irc.example 691 me :no\r\n", then=plain), openssl_asks("irc"), NO_TLS, "IRC (STARTTLS"),
    (
        lines("xmpp-tls'/>", "<failure/>", ("version='1.0'>", XMPP + FEATURES), then=plain),
        openssl_asks("xmpp"),
        NO_TLS,
        "XMPP (starttls",
    ),
    (partial(ldap, result=2, then=plain), openssl_asks("ldap"), NO_TLS, "LDAP (StartTLS"),
    (after(8, b"N", plain), openssl_asks("postgres"), NO_TLS, "PostgreSQL (SSLRequest"),
)


@pytest.mark.parametrize(("serve", "ask", "error", "words"), REFUSING, ids=[words for *_, words in REFUSING])
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_refusal_is_told(
    serve: Serve, ask: Callable[[int], None], error: type[Exception], words: str, tmp_path: Path
) -> None:
    require_program("openssl")
    with overheard(serve) as (port, heard):
        with pytest.raises(error):
            ask(port)
        gc.collect()  # A client of Python's that was refused is closed by nobody else.
    heard.append(("client", b"and on in the clear\r\n"))
    assert f"1 {words} refused)" in no_tls(heard, tmp_path)


def test_a_client_that_goes_on_after_a_refusal_is_told_so(tmp_path: Path) -> None:
    """As openssl s_client does, which reads no number of SMTP's."""
    hello = recording(0).flows[0][1]
    flows = [
        ("server", b"220 x ESMTP\r\n"),
        ("client", b"EHLO me\r\n"),
        ("server", b"250 x\r\n"),
        ("client", b"STARTTLS\r\n"),
        ("server", b"454 no\r\n"),
        ("client", hello),
        ("server", b"500 what?\r\n"),
    ]
    trace = trace_of(pcap(tmp_path / "c.pcap", packets(flows)))
    assert notes(trace)["before_tls"]["said"] == "SMTP, then STARTTLS (refused, and a ClientHello all the same)"
    assert messages(trace) == ["ClientHello"]


def test_a_hello_inside_of_a_file_is_no_tls(tmp_path: Path) -> None:
    """A capture file that is uploaded holds hellos, at no turn and after no dialogue that asks for TLS."""
    hello, answer = recording(0).flows[0][1], recording(0).flows[1][1]
    upload = [
        ("client", b"POST /upload HTTP/1.1\r\nContent-Length: 9000\r\n\r\n"),
        ("client", bytes(100) + hello),
        ("client", hello + answer),
        ("server", b"HTTP/1.1 200 OK\r\n\r\n" + answer),
    ]
    assert "1 HTTP" in no_tls(upload, tmp_path)
    mail = [
        ("server", b"220 x ESMTP\r\n"),
        ("client", b"EHLO me\r\nDATA\r\nSTARTTLS is a word\r\n" + hello),
        ("server", b"250 x\r\n354 go\r\n"),
    ]
    assert "1 SMTP" in no_tls(mail, tmp_path)


def test_a_long_dialogue_is_given_up_and_costs_no_more_memory() -> None:
    client, server = ENDS.values()
    opening = Opening(client, server)
    line = b"NOOP of sixteen\n"
    for _ in range(MAX_PREFACE // len(line) + 1):
        assert not opening.hopeless
        opening.feed(client, line)
    assert opening.hopeless
    opening.forget()
    assert not opening.waiting


def test_a_dialogue_may_come_in_any_order() -> None:
    """MySQL's client says nothing by which it can be known, before its server has been heard."""
    hello, client, server = recording(0).flows[0][1], *ENDS.values()
    greeting = b"\x0a8.0.36\0" + bytes(70)
    opening = Opening(client, server)
    request = b"\x20\0\0\1\x00\x08" + bytes(30)
    assert opening.feed(client, request) == []
    assert opening.feed(client, hello) == []
    assert opening.feed(server, len(greeting).to_bytes(3, "little") + b"\0" + greeting) == [(client, hello)]


def test_roles_are_those_of_tls_not_of_tcp(tmp_path: Path) -> None:
    """Whoever sends the ClientHello is the client, even if the other one connected (FTP's active mode)."""
    turned = [("server" if side == "client" else "client", data) for side, data in recording(0).flows]
    trace = trace_of(pcap(tmp_path / "c.pcap", packets(turned)), "--key", server_key())
    assert check(trace).true
    assert notes(trace)["capture"]["client"].endswith(":4433")
    assert messages(trace, "client")[0] == "ClientHello"


@pytest.mark.parametrize("cut", range(0, 60, 7))
def test_dialogues_that_break_off_are_told_as_far_as_they_go(cut: int) -> None:
    for _, said, _ in OTHERS.values():
        client = b"".join(words for words, _ in said)
        told(client[:cut], b"")
        told(client, client[:cut])
        told(client[cut:], client)


@given(
    client=st.binary(max_size=80),
    server=st.binary(max_size=80),
    start=st.sampled_from([s for _, s, _ in OTHERS.values()]),
)
def test_no_dialogue_stumbles(client: bytes, server: bytes, start: Sequence[tuple[bytes, int]]) -> None:
    begun = b"".join(words for words, _ in start)
    for each in (client, begun + client, begun[: len(client)] + client):
        assert told(each, server).sentence is not None


HELLO_BEGUN = bytes.fromhex("16030100c8010000c40303") + bytes(194)


def test_what_never_becomes_tls_is_not_kept() -> None:
    """The client's TLS begins behind a proxy, and the server's never does: memory does not grow with the capture."""
    opening = Opening(*ENDS.values())
    client, server = ENDS.values()
    opening.feed(client, b"CONNECT a:1 HTTP/1.1\r\n\r\n")
    opening.feed(server, b"HTTP/1.1 200 ok\r\n\r\n")
    assert opening.feed(client, HELLO_BEGUN) == [(client, HELLO_BEGUN)]
    for _ in range(200):
        assert not opening.feed(server, b"x" * 1400)
    assert opening.waiting < 2 * MAX_PREFACE
    late = bytes.fromhex("160303002a020000260303") + bytes(36)
    assert opening.feed(server, b"x" + late) == [(server, late)]


def test_a_hostile_dialogue_costs_no_more_than_its_bytes() -> None:
    """Thousands of requests and answers: each is counted once, so a hundred tellings take no minutes."""
    request = bytes.fromhex("301d02010177188016") + b"1.3.6.1.4.1.1466.20037"
    answer = bytes.fromhex("3008020101780 30a0101".replace(" ", ""))
    asked = [(b"STARTTLS\r\n" * 6000, b"220 x\r\n" + b"500 \r\n" * 9000), (request * 2000, answer * 6000)]
    before = time.process_time()
    for client, server in asked:
        for _ in range(5):
            assert told(client, server).refused == 6000
    assert time.process_time() - before < 2  # It took 6 seconds.


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ("01 00 0800 00000000", ("RDP",)),
        ("01 00 0800 01000000", ("RDP", "TLS asked for in its X.224 request")),
        ("01 01 0800 03000000", ("RDP", "TLS asked for in its X.224 request")),
    ],
)
def test_an_rdp_client_asks_for_tls_only_if_it_names_a_protocol(wanted: str, words: tuple[str, ...]) -> None:
    """MS-RDPBCGR section 2.2.1.1.1: requestedProtocols 0 is RDP's own security; flags may be set."""
    assert told(bytes.fromhex("03000013 0e e00000000000" + wanted), b"").words == words
