"""Makes 08-messages.json: handshake messages of real programs, one of every kind and extension, and malformed ones.

    python -m tests.conformance.make.messages

Needs the recorded handshakes (made first) and Botan's parser tests (../shared/vectors beside the repository). Fields
are read by `decode.py`, by hand; what it refuses is expected to be refused.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from typing import Any

from . import decode, independent
from .files import ROOT, VECTORS, write

BOTAN = ROOT.parent / "shared" / "vectors" / "botan-tls"
BOTAN_FILES = {
    "tls_client_hello": (1, "RSA"),
    "tls_server_hello": (2, "RSA"),
    "tls_cert_verify": (15, "RSA"),
    "tls_hello_request": (0, "RSA"),
    "tls_new_session_ticket": (4, "RSA"),
    "tls_cert_status": (22, "RSA"),
}


def framed(kind: int, body: bytes) -> bytes:
    return bytes([kind]) + len(body).to_bytes(3, "big") + body


def vec(size: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return len(body).to_bytes(size, "big") + body


def extension(number: int, body: bytes = b"") -> bytes:
    return number.to_bytes(2, "big") + vec(2, body)


def hello(*extensions: bytes, session: bytes = b"", suites: bytes = b"\0\x2f", present: bool = True) -> bytes:
    body = b"\3\3" + bytes(range(32)) + vec(1, session) + vec(2, suites) + vec(1, b"\0")
    return framed(1, body + (vec(2, *extensions) if present else b""))


def answer(*extensions: bytes, session: bytes = b"", present: bool = True) -> bytes:
    body = b"\3\3" + bytes(range(32, 64)) + vec(1, session) + b"\0\x2f\0"
    return framed(2, body + (vec(2, *extensions) if present else b""))


def built(chance: random.Random) -> Iterator[tuple[str, bytes, str]]:
    """One of every message and of every extension, both ways."""
    names = {
        "server_name": extension(0, vec(2, b"\0" + vec(2, b"localhost"))),
        "server_name-two": extension(0, vec(2, b"\0" + vec(2, b"a.test"), b"\1" + vec(2, b"x"))),
        "max_fragment_length": extension(1, b"\2"),
        "status_request": extension(5, b"\1" + vec(2) + vec(2)),
        "status_request-ids": extension(5, b"\1" + vec(2, vec(2, b"id")) + vec(2, b"ext")),
        "status_request-unknown": extension(5, b"\2whatever"),
        "supported_groups": extension(10, vec(2, b"\0\x1d\0\x17\0\x18\x0a\x0a")),
        "ec_point_formats": extension(11, vec(1, b"\0\1\2")),
        "signature_algorithms": extension(13, vec(2, b"\4\1\5\1\6\1\2\1\x08\4")),
        "alpn": extension(16, vec(2, vec(1, b"h2"), vec(1, b"http/1.1"))),
        "encrypt_then_mac": extension(22),
        "extended_master_secret": extension(23),
        "record_size_limit": extension(28, b"\x40\0"),
        "session_ticket-empty": extension(35),
        "session_ticket": extension(35, chance.randbytes(96)),
        "supported_versions": extension(43, vec(1, b"\3\4\3\3\x1a\x1a")),
        "signature_algorithms_cert": extension(50, vec(2, b"\4\1")),
        "renegotiation_info": extension(0xFF01, vec(1)),
        "unknown": extension(0x1234, b"anything"),
        "grease": extension(0xAAAA),
        "heartbeat": extension(15, b"\1"),
    }
    for name, one in names.items():
        yield f"client-hello-{name}", hello(one), "RSA"
    yield "client-hello-all", hello(*(e for n, e in names.items() if "-" not in n)), "RSA"
    yield "client-hello-no-extensions", hello(present=False), "RSA"
    yield "client-hello-empty-extensions", hello(), "RSA"
    yield "client-hello-session-id", hello(session=bytes(32), present=False), "RSA"
    yield "client-hello-many-suites", hello(suites=chance.randbytes(400), present=False), "RSA"
    for name in ("max_fragment_length", "ec_point_formats", "encrypt_then_mac", "extended_master_secret"):
        yield f"server-hello-{name}", answer(names[name]), "RSA"
    yield "server-hello-server_name", answer(extension(0)), "RSA"
    yield "server-hello-status_request", answer(extension(5)), "RSA"
    yield "server-hello-alpn", answer(extension(16, vec(2, vec(1, b"http/1.1")))), "RSA"
    yield "server-hello-record_size_limit", answer(extension(28, b"\x01\0")), "RSA"
    yield "server-hello-session_ticket", answer(extension(35)), "RSA"
    yield "server-hello-selected_version", answer(extension(43, b"\3\3")), "RSA"
    yield "server-hello-renegotiation_info", answer(extension(0xFF01, vec(1, b"twelve bytes" * 2))), "RSA"
    yield "server-hello-no-extensions", answer(session=chance.randbytes(32), present=False), "RSA"
    yield "hello-request", framed(0, b""), "RSA"
    yield "certificate-none", framed(11, vec(3)), "RSA"
    yield "certificate-two", framed(11, vec(3, vec(3, b"0\1one"), vec(3, b"0\1two!"))), "RSA"
    request = vec(1, b"\1\x40") + vec(2, b"\4\1\4\3") + vec(2, vec(2, b"0\x0bname"), vec(2, b"0\0"))
    yield "certificate-request", framed(13, request), "RSA"
    yield "certificate-request-no-authorities", framed(13, vec(1, b"\1") + vec(2, b"\4\1") + vec(2)), "RSA"
    yield "server-hello-done", framed(14, b""), "RSA"
    yield "certificate-verify", framed(15, b"\4\1" + vec(2, chance.randbytes(256))), "RSA"
    yield "client-key-exchange", framed(16, vec(2, chance.randbytes(256))), "RSA"
    yield "client-key-exchange-ecdhe", framed(16, vec(1, chance.randbytes(32))), "ECDHE"
    yield "client-key-exchange-dhe", framed(16, vec(2, chance.randbytes(128))), "DHE"
    ecdhe = b"\3\0\x1d" + vec(1, chance.randbytes(32)) + b"\4\1" + vec(2, chance.randbytes(64))
    yield "server-key-exchange-ecdhe", framed(12, ecdhe), "ECDHE"
    dhe = vec(2, chance.randbytes(64)) + vec(2, b"\2") + vec(2, chance.randbytes(64)) + b"\4\1" + vec(2, b"signed")
    yield "server-key-exchange-dhe", framed(12, dhe), "DHE"
    yield "new-session-ticket", framed(4, (7200).to_bytes(4, "big") + vec(2, chance.randbytes(160))), "RSA"
    yield "new-session-ticket-empty", framed(4, bytes(4) + vec(2)), "RSA"
    yield "finished", framed(20, chance.randbytes(12)), "RSA"
    yield "certificate-status", framed(22, b"\1" + vec(3, b"0\3\x0a\1\0")), "RSA"


def real() -> Iterator[tuple[str, bytes, str]]:
    """Messages out of the recorded handshakes, a few of each kind and program."""
    for path in sorted(VECTORS.glob("9*-handshakes-*.json")):
        document = json.loads(path.read_text())
        who = path.stem.split("-")[-1]
        for case in document["cases"]:
            if not case["id"].startswith(("AES-128-CBC-SHA-", "AES-256-GCM", "AES128-SHA")):
                continue
            records = [(side, bytes.fromhex(record)) for side, record in case["given"]["records"]]
            master = bytes.fromhex(case["given"].get("master_secret", ""))
            done = independent.decode(records, document["common"]["private_key"], master)
            for message in done.transcript:
                if message[0] in (1, 2, 4):
                    name = {1: "client-hello", 2: "server-hello", 4: "new-session-ticket"}[message[0]]
                    yield f"{who}-{case['id']}-{name}", message, "RSA"


def botan() -> Iterator[tuple[str, bytes, str]]:
    """The bodies in Botan's parser tests, whatever Botan thinks of them."""
    for name, (kind, key_exchange) in BOTAN_FILES.items():
        text = (BOTAN / f"{name}.vec").read_text()
        for number, match in enumerate(re.finditer(r"^Buffer *= *([0-9A-Fa-f]*) *$", text, re.M), 1):
            body = bytes.fromhex(match[1])
            if kind in (1, 2) and body[:2] not in (b"\3\3", b"\3\4"):
                continue
            yield f"botan-{name.removeprefix('tls_').replace('_', '-')}-{number}", framed(kind, body), key_exchange


def broken(chance: random.Random, whole: list[tuple[str, bytes, str]]) -> Iterator[tuple[str, bytes, str]]:
    """Each kind of message cut short, with something behind it, and with lengths that lie."""
    seen: set[tuple[int, str]] = set()
    for name, message, key_exchange in whole:
        if (message[0], key_exchange) in seen or (name.startswith("client-hello-") and name != "client-hello-all"):
            continue
        seen.add((message[0], key_exchange))
        kind, body = message[0], message[4:]
        yield f"{name}-trailing-byte", framed(kind, body + b"\0"), key_exchange
        yield f"{name}-header-too-long", message[:1] + (len(body) + 1).to_bytes(3, "big") + body, key_exchange
        if body:
            yield f"{name}-header-too-short", message[:1] + (len(body) - 1).to_bytes(3, "big") + body, key_exchange
        for cut in sorted(chance.sample(range(len(body)), min(6, len(body)))):
            yield f"{name}-cut-at-{cut}", framed(kind, body[:cut]), key_exchange
    yield "client-hello-odd-suites", hello(suites=b"\0\x2f\0", present=False), "RSA"
    yield "client-hello-no-suites", hello(suites=b"", present=False), "RSA"
    yield "client-hello-session-id-33", hello(session=bytes(33), present=False), "RSA"
    yield "server-hello-session-id-33", answer(session=bytes(33), present=False), "RSA"
    lies = {
        "server_name-empty-list": extension(0, vec(2)),
        "server_name-empty-name": extension(0, vec(2, b"\0" + vec(2))),
        "server_name-trailing": extension(0, vec(2, b"\0" + vec(2, b"a")) + b"\0"),
        "groups-odd": extension(10, vec(2, b"\0\x1d\0")),
        "groups-empty": extension(10, vec(2)),
        "formats-empty": extension(11, vec(1)),
        "schemes-odd": extension(13, vec(2, b"\4\1\5")),
        "schemes-no-length": extension(13),
        "alpn-empty-name": extension(16, vec(2, vec(1), vec(1, b"x"))),
        "alpn-empty": extension(16, vec(2)),
        "etm-not-empty": extension(22, b"\0"),
        "ems-not-empty": extension(23, b"\0"),
        "size-limit-short": extension(28, b"\x40"),
        "fragment-length-long": extension(1, b"\1\2"),
        "renegotiation-trailing": extension(0xFF01, vec(1) + b"\0"),
        "versions-odd": extension(43, vec(1, b"\3\4\3")),
        "length-runs-over": b"\0\x17\0\5",
        "half-an-extension": b"\0\x17\0",
    }
    for name, one in lies.items():
        yield f"client-hello-{name}", hello(one), "RSA"
    yield "server-hello-name-not-empty", answer(extension(0, b"\0")), "RSA"
    yield "server-hello-status-not-empty", answer(extension(5, b"\1")), "RSA"


def main() -> None:
    chance = random.Random("messages")
    whole = list(built(chance))
    taken = [(name, message, kx, "") for name, message, kx in whole]
    taken += [(name, message, kx, "") for name, message, kx in real()]
    source = "Botan src/tests/data @081417e4eba70f27f946c115f3b555f63961c5f6 (BSD-2-Clause)"
    taken += [(name, message, kx, source) for name, message, kx in botan()]
    taken += [(name, message, kx, "") for name, message, kx in broken(chance, whole)]
    cases: list[dict[str, Any]] = []
    seen = set()
    for name, message, key_exchange, where in taken:
        if (message, key_exchange) in seen:
            continue
        seen.add((message, key_exchange))
        given = {"message": message.hex(), **({} if key_exchange == "RSA" else {"key_exchange": key_exchange})}
        try:
            kind, fields = decode.message(message, key_exchange)
            expect: dict[str, Any] = {"name": kind, "fields": fields, "encoded": message.hex()}
        except ValueError:
            expect = {"error": "decode_error"}
        cases.append({"id": name, **({"source": where} if where else {}), "given": given, "expect": expect})
    write(
        "08-messages.json",
        {
            "area": "messages",
            "title": "Handshake messages and extensions (RFC 5246 section 7.4, RFC 6066, 7301, 7366, 7627, 8422, 8449)",
            "source": "Made by tests/conformance/make/messages.py, out of recorded handshakes, or named with the case",
            "licence": "none needed for own data; BSD-2-Clause (Botan)",
            "obtained": "Fields by tests/conformance/make/decode.py, sliced by hand; scapy confirms hellos (tests).",
            "cases": cases,
        },
    )


if __name__ == "__main__":
    main()
