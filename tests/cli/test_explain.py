"""`minitls explain` as it is typed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minitls.trace.explain.reading import Part, read
from minitls.trace.file.events import Message, Record
from minitls.wire.messages import Certificate
from tests.cli.typed import Done, typed
from tests.helpers import DEMO
from tests.peers import ROOT
from tests.trace.certificates import read_certificates
from tests.trace.conversations import FLAVOURS, recorded

Run = Callable[..., Done]
CERTIFICATE = read_certificates(ROOT / "minitls/pki/demo/server.pem")[0]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def command(*arguments: str, given: bytes = b"", status: int = 0) -> Done:
        done = typed("explain", *arguments, given=given, directory=tmp_path)
        assert done.status == status, done
        return done

    return command


def stream(sender: str, flavour: tuple[str, str, bool, bool] = FLAVOURS[0]) -> bytes:
    """Everything that one side sent."""
    sent = [e for e in recorded(*flavour).events if isinstance(e, Record) and e.sender == sender == e.by]
    return b"".join(bytes(each.header) + bytes(each.fragment) for each in sent)  # type: ignore[arg-type]  # nothing is elided


def tiled(part: Part) -> bool:
    return [f.start for f in part.fields] + [len(part.data)] == [0, *(f.end for f in part.fields)]


def test_hex_on_the_command_line(run: Run) -> None:
    lines = run("15 0303 0002\n0228").stdout.splitlines()
    assert lines[0] == "record 0, alert, 7 bytes"
    assert lines[5].split() == ["0006", "28", "description", "40", "handshake_failure"]


def test_raw_bytes_and_hex_in_files_and_pipes_say_the_same(run: Run, tmp_path: Path) -> None:
    data = stream("client")
    (tmp_path / "raw").write_bytes(data)
    (tmp_path / "hex").write_text("\n".join(data[at : at + 16].hex(" ") for at in range(0, len(data), 16)))
    said = {run(name).stdout for name in ("raw", "hex")}
    said |= {run("-", given=each).stdout for each in (data, data.hex().encode())}
    assert len(said) == 1
    text = said.pop()
    assert "record 0, handshake: ClientHello" in text and "record 3, handshake, protected" in text


def test_a_bare_message_an_extension_an_alert(run: Run) -> None:
    assert run("1400000c8956767464ea1b8da2bc310a").stdout.startswith("Finished, 16 bytes")
    assert '"localhost"' in run("0000000e000c0000096c6f63616c686f7374").stdout
    assert "0 close_notify" in run("0100").stdout
    assert "as in ServerHello" in run("002b00020304").stdout


def test_why_explains_each_kind_once(run: Run) -> None:
    text = run("0000000e000c0000096c6f63616c686f7374", "--why").stdout
    assert "Heartbleed" in text and text.count("Heartbleed") == 1 and "Otherwise:" in text and "RFC 6066" in text
    assert all(len(line) <= 80 for line in text.splitlines())


@pytest.mark.parametrize(
    ("arguments", "given", "status", "told"),
    [
        (("abc",), b"", 1, "a byte takes two"),
        (("nowhere.bin",), b"", 2, "neither hex nor a file"),
        (("-",), b"", 1, "no bytes"),
        (("-",), bytes.fromhex("0a0d0d0a1c0000004d3c2b1a"), 1, "trace from-capture"),
        (("-",), bytes.fromhex("d4c3b2a1020004000000"), 1, "trace from-capture"),
        (("-",), b'{"minitls_trace": 1, "secrets": true}', 1, "trace show"),
        (("-",), b"GET / HTTP/1.1\r\n\r\n", 1, "this is HTTP, not TLS"),
        (("-",), b"\x00\x01\x02", 1, "no TLS record"),
        (("1603030004010000",), b"", 1, "1 byte is missing"),
        (("0100007803",), b"", 1, "cut off: 119 bytes are missing"),
        (("0200000103",), b"", 1, "ServerHello"),
        ((), b"", 2, "Missing argument"),
    ],
)
def test_what_cannot_be_read_is_told(
    run: Run, arguments: tuple[str, ...], given: bytes, status: int, told: str
) -> None:
    assert told in run(*arguments, given=given, status=status).stderr


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_a_whole_connection_is_read_record_by_record(flavour: tuple[str, str, bool, bool]) -> None:
    for sender in ("client", "server"):
        parts = read(stream(sender, flavour))
        assert all(tiled(part) and not part.problem for part in parts)
        assert b"".join(part.data for part in parts) == stream(sender, flavour)


def test_messages_that_straddle_records_are_joined() -> None:
    messages = [e.bytes for e in recorded().events if isinstance(e, Message) and e.by == e.sender == "server"][:3]
    content = b"".join(bytes(each) for each in messages)  # type: ignore[arg-type]  # nothing is elided
    for size in (1, 3, 7, 100, 1000):
        pieces = [content[at : at + size] for at in range(0, len(content), size)]
        records = b"".join(b"\x16\x03\x03" + len(piece).to_bytes(2, "big") + piece for piece in pieces)
        parts = read(records)
        assert all(tiled(part) and not part.problem for part in parts)
        joined = [part.data for part in parts if "joined" in part.title]
        whole = [part for part in parts if part.title.startswith("record") and ": " in part.title]
        assert len(joined) + len(whole) == 3 or b"".join(joined) == content


@given(st.binary(max_size=200))
def test_nothing_is_too_strange_to_be_shown(data: bytes) -> None:
    parts = read(data)
    assert all(tiled(part) for part in parts) and bool(parts) == bool(data)
    told = [part for part in parts if "joined" not in part.title]
    assert sum(len(part.data) for part in told) >= len(data)


@given(st.binary(max_size=80), st.integers(0, 24))
def test_records_of_anything_are_shown(content: bytes, kind: int) -> None:
    record = bytes((kind, 3, 3)) + len(content).to_bytes(2, "big") + content
    assert all(tiled(part) for part in read(record * 2))


@pytest.mark.parametrize(
    ("name", "told"),
    [("server.pem", "minitls certs FILE shows it"), ("server.key", "private key"), ("", "minitls certs")],
)
def test_pem_is_sent_to_where_it_is_explained(name: str, told: str, tmp_path: Path) -> None:
    path = DEMO / name if name else tmp_path / "list.pem"
    if not name:
        path.write_text("-----BEGIN PKCS7-----\nMIIB\n-----END PKCS7-----\n")
    for done in (typed("explain", str(path)), typed("explain", "-", given=path.read_bytes())):
        assert done.status == 1 and told in done.stderr and "not TLS" in done.stderr


def test_hex_in_another_dress_is_hex() -> None:
    plain = typed("explain", "15030300020228").stdout
    for text in ("15:03:03:00:02:02:28", "0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x28", r"\x15\x03\x03\x00\x02\x02\x28"):
        assert typed("explain", text).stdout == plain


def test_a_certificate_in_and_out_of_its_message(run: Run, tmp_path: Path) -> None:
    (tmp_path / "c.der").write_bytes(CERTIFICATE)
    (tmp_path / "m.hex").write_text(Certificate((CERTIFICATE,)).encode().hex())
    outline = run("c.der").stdout.splitlines()
    assert outline[0] == "a certificate, bare, 889 bytes"
    assert "issuer  CN=minitls demo intermediate" in "\n".join(outline)
    assert all(len(line) <= 80 for line in outline)
    assert "000e  30 82 02 5d              tbsCertificate  SEQUENCE, 605 bytes" in run("m.hex").stdout


def test_a_certificate_down_to_its_tags(run: Run, tmp_path: Path) -> None:
    (tmp_path / "c.der").write_bytes(CERTIFICATE)
    elements, apart = run("c.der", "--der").stdout, run("c.der", "--der", "--all").stdout
    assert "publicExponent  INTEGER 65537" in elements
    assert "publicExponent.tag" in apart and len(apart.splitlines()) > 2 * len(elements.splitlines())
    assert "DER wants the shortest form" in " ".join(run("c.der", "--der", "--all", "--why").stdout.split())
