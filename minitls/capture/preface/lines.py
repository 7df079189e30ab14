"""Protocols of lines that ask for TLS by one of them: a row each, and how its answers are told apart.

An answer is found by counting where every command has one (SMTP, POP3, FTP), by its tag (IMAP), or because it can be
nothing else (IRC, XMPP). So the order in which a capture holds the two directions does not matter, nor whether commands
were sent in one go.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from ...wire.sniff import foreign_protocol
from .stretch import Stretch, quoted

Requests = Sequence[re.Match[bytes]]


class Lines(NamedTuple):
    """One protocol; patterns are of whole lines unless said otherwise."""

    protocol: str
    section: str
    greeting: re.Pattern[bytes]
    """How its server begins."""
    speech: re.Pattern[bytes]
    """How its client begins."""
    asks: re.Pattern[bytes]
    """What asks for TLS; its group `ask` is the command."""
    answers: re.Pattern[bytes]
    """What ends an answer of the server's."""
    grants: re.Pattern[bytes]
    """How such an answer begins that says yes."""
    find: Callable[[Lines, bytes, bytes, Requests], list[bytes]]
    """The answers to the requests, as far as they have come."""


def counted(row: Lines, client: bytes, server: bytes, requests: Requests) -> list[bytes]:
    """Every line of the client's has one answer; the first answer is the greeting."""
    answers = [each[0] for each in row.answers.finditer(server)]
    at = lines = 0
    numbers = []
    for each in requests:
        lines += client.count(b"\n", at, each.start("ask"))
        at = each.start("ask")
        numbers.append(lines + 1)
    return [answers[number] for number in numbers if number < len(answers)]


def tagged(row: Lines, client: bytes, server: bytes, requests: Requests) -> list[bytes]:
    """An answer bears the tag of its command (RFC 9051 section 2.2.1)."""
    by_tag = {each["tag"]: each[0] for each in row.answers.finditer(server)}
    return [by_tag[each["tag"]] for each in requests if each["tag"] in by_tag]


def named(row: Lines, client: bytes, server: bytes, requests: Requests) -> list[bytes]:
    """Nothing else is answered so."""
    return [each[0] for each in row.answers.finditer(server)][: len(requests)]


def _row(
    protocol: str,
    section: str,
    greeting: bytes,
    speech: bytes,
    asks: bytes,
    answers: bytes,
    grants: bytes,
    find: Callable[[Lines, bytes, bytes, Requests], list[bytes]] = counted,
) -> Lines:
    def pattern(written: bytes) -> re.Pattern[bytes]:
        return re.compile(written, re.IGNORECASE | re.MULTILINE)

    said = pattern(greeting), pattern(speech), pattern(asks), pattern(answers), pattern(grants)
    return Lines(protocol, section, *said, find)


_END = rb"[ \t]*\r?\n"
_CODES = rb"^\d{3}(?: [^\n]*|\r?)\n"
_STARTTLS = rb"^(?P<ask>STARTTLS)" + _END

PROTOCOLS: tuple[Lines, ...] = (
    _row("SMTP", "RFC 3207", rb"220[ -]", rb"EHLO |HELO |STARTTLS", _STARTTLS, _CODES, rb"220"),
    _row("LMTP", "RFC 2033, RFC 3207", rb"220[ -]", rb"LHLO ", _STARTTLS, _CODES, rb"220"),
    _row(
        "FTP",
        "RFC 4217",
        rb"220[ -]",
        rb"AUTH (?:TLS|SSL)|USER |FEAT|OPTS |HOST |SYST",
        rb"^(?P<ask>AUTH[ ]+(?:TLS|SSL)(?:-[CP])?)" + _END,
        _CODES,
        rb"234|334",
    ),
    _row("NNTP", "RFC 4642", rb"20[01] ", rb"CAPABILITIES|MODE READER|STARTTLS", _STARTTLS, _CODES, rb"382"),
    _row(
        "POP3",
        "RFC 2595",
        rb"\+OK",
        rb"CAPA|STLS|USER |AUTH",
        rb"^(?P<ask>STLS)" + _END,
        rb"^(?:\+OK|-ERR)[^\n]*\n",
        rb"\+OK",
    ),
    _row(
        "IMAP",
        "RFC 9051 section 6.2.1",
        rb"\* (?:OK|PREAUTH|BYE)",
        rb"\S+ (?:CAPABILITY|STARTTLS|ID |NOOP|LOGIN )",
        rb"^(?P<tag>[^\s*+]+) (?P<ask>STARTTLS)" + _END,
        rb"^(?P<tag>[^\s*+]+) (?:OK|NO|BAD)\b[^\n]*\n",
        rb"\S+ OK",
        tagged,
    ),
    _row(
        "ManageSieve",
        "RFC 5804 section 2.2",
        rb'"(?:IMPLEMENTATION|SIEVE|SASL|STARTTLS|VERSION)"',
        rb"CAPABILITY|STARTTLS|NOOP|AUTHENTICATE",
        _STARTTLS,
        rb"^(?:OK|NO|BYE)\b[^\n]*\n",
        rb"OK",
    ),
    _row(
        "IRC",
        "the tls extension of IRCv3",
        rb":\S+ (?:NOTICE|020|CAP|\d{3}) |NOTICE |PING ",
        rb"CAP |NICK |PASS |USER |STARTTLS",
        _STARTTLS,
        rb"^:?\S+ (?:670|691|451|421) [^\n]*\n",
        rb":?\S+ 670 ",
        named,
    ),
    _row(
        "XMPP",
        "RFC 6120 section 5",
        rb"\s*(?:<\?xml[^>]*>\s*)?<stream:",
        rb"\s*(?:<\?xml[^>]*>\s*)?<(?:stream:|starttls\b)",
        rb"<(?P<ask>starttls)\b[^>]{0,200}?(?:/>|>\s*</starttls>)\s*",
        rb"<(?:proceed|failure)\b[^>]{0,200}>",
        rb"<proceed",
        named,
    ),
)


def lines(client: bytes, server: bytes) -> Stretch | None:
    """The protocol of lines that these two speak, None if it is none of them."""
    best, row = max(((_likeness(each, client, server), each) for each in PROTOCOLS), key=lambda pair: pair[0])
    if not best:
        return None
    requests = list(row.asks.finditer(client))
    if best == 1:
        # Only a greeting: several protocols may begin so.
        return Stretch((foreign_protocol(server) or row.protocol,))
    if not requests:
        return Stretch((row.protocol,))
    answers = row.find(row, client, server, requests)
    refused = sum(row.grants.match(each) is None for each in answers)
    granted = bool(answers) and row.grants.match(answers[-1]) is not None
    answer = quoted(answers[-1]) if answers else ""
    words = (row.protocol, requests[-1]["ask"].decode().strip())
    return Stretch(words, requests[-1].end(), 0, answer, refused, granted)


def _likeness(row: Lines, client: bytes, server: bytes) -> int:
    greets, speaks = row.greeting.match(server) is not None, row.speech.match(client) is not None
    asks = (greets or speaks) and row.asks.search(client) is not None
    return greets + 2 * speaks + 4 * asks
