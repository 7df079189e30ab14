"""Bytes as people have them at hand: hex in all its dresses, or a dump with offsets and a column of characters.

    160303 0002, 16:03:03, 16-03-03, 0x16, 0x03, {0x16,0x03}, \\x16\\x03, b'\\x16\\x03', h'160303'
    00000000: 1603 0300 02          .....            xxd
    00000000  16 03 03 00 02 |.....|                 hexdump -C; `od -t x1` counts in octal and has no characters
    0000   16 03 03 00 02  .....                     Wireshark's bytes, text2pcap
    0x0000:  1603 0300 02   .....                    tcpdump -x, -X
    0000000 0316 0003 0002                           hexdump, od -x: words of two bytes, the low one first

A dump is known by its offsets: each says how many bytes stand before its line. All of it is text of at most a few
characters a byte, and read in one pass.
"""

from __future__ import annotations

import ast
import re

#: What may stand between the bytes of hex that is no dump, and what may stand around all of it.
_WRAPPING = re.compile(r"\s*(?:[bhBH]?(['\"])(?P<quoted>.*)\1|[\[{(](?P<listed>.*)[\]})])\s*[;,]?\s*", re.DOTALL)
#: An array of C, as `xxd -i` writes it.
_ARRAY = re.compile(r"=\s*\{(?P<listed>[^{}]*)\}(?P<quoted>)")
_LITERAL = re.compile(r"\s*[bB](?:'[^'\n]*'|\"[^\"\n]*\")\s*\Z")
_BETWEEN = re.compile(r"[\s:,;_-]+|0[xX]|\\x|%")
_OFFSET = re.compile(r"\s*(?:0x)?([0-9a-fA-F]{4,16})(:?)(?:\s+(.*))?")
_HEX = re.compile(r"[0-9a-fA-F]+")
_PAIRS = re.compile(r"(?:[0-9a-fA-F]{2})+")


class HalfAByte(ValueError):
    """Hex, but of an odd number of digits."""


def read_hex(text: str) -> bytes | None:
    """The bytes that `text` writes out as hex or as a dump, None if it is no hex. HalfAByte if a digit is missing."""
    dumped = _read_dump(text)
    if dumped is not None:
        return dumped
    if _LITERAL.match(text):
        return _read_literal(text.strip())
    wrapped = _ARRAY.search(text) or _WRAPPING.fullmatch(text)
    inner = (wrapped["quoted"] or wrapped["listed"] or "") if wrapped else text
    parts = [part for part in _BETWEEN.split(inner) if part]
    if not parts or not all(_HEX.fullmatch(part) for part in parts):
        return None
    if any(sign in inner for sign in ("0x", "0X", "\\x")) and all(len(part) <= 2 for part in parts):
        parts = [part.zfill(2) for part in parts]  # A list of numbers may write 0x2 for 0x02.
    digits = "".join(parts)
    if len(digits) % 2:
        raise HalfAByte(f"{len(digits)} hex digits: a byte takes two, so one is missing")
    return bytes.fromhex(digits)


def _read_literal(text: str) -> bytes | None:
    """A bytes literal of Python, as `print` shows bytes: some are escaped, some stand for themselves."""
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError):
        return None
    written = value.decode("ascii", "replace")
    return read_hex(written) if _PAIRS.fullmatch(written) else value


def _read_dump(text: str) -> bytes | None:
    """The bytes of a dump, None if it is none: its lines must all begin with an offset that is right."""
    rows: list[tuple[str, str, str]] = []
    for line in text.splitlines():
        if not line.strip() or line.strip() == "*":
            if line.strip() and rows:
                return None  # hexdump's "*" leaves lines out that repeat; what is not there cannot be read.
            continue
        found = _OFFSET.fullmatch(line.rstrip())
        if found is None:
            return None
        rows.append((found[1], found[2], found[3] or ""))
    if not rows or int(rows[0][0], 16) != 0 or not _looks_like_a_dump(rows):
        return None
    for base in (16, 8):  # `od` counts in octal unless told otherwise.
        data = _joined(rows, base)
        if data is not None:
            return data
    return None


def _looks_like_a_dump(rows: list[tuple[str, str, str]]) -> bool:
    """A colon, a column of characters, a second offset, or single bytes after a wider first number."""
    offset, colon, rest = rows[0]
    tokens = rest.split()
    singles = bool(tokens) and all(len(token) == 2 for token in tokens[:4])
    return bool(tokens) and (bool(colon) or "|" in rest or len(rows) > 1 or (len(offset) >= 4 and singles))


def _joined(rows: list[tuple[str, str, str]], base: int) -> bytes | None:
    data = bytearray()
    for index, (offset, colon, rest) in enumerate(rows):
        try:
            if int(offset, base) != len(data):
                # The last line of words may be followed by the true size, one less than the words hold.
                if index == len(rows) - 1 and not rest and int(offset, base) == len(data) - 1:
                    return bytes(data[:-1])
                return None
            room = int(rows[index + 1][0], base) - len(data) if index + 1 < len(rows) else 64
        except ValueError:
            return None
        data += _row(rest, colon, room)
    return bytes(data)


def _row(rest: str, colon: str, room: int) -> bytes:
    """The bytes of one line, at most `room` (or one more, where words are filled up): what stands before characters."""
    text = rest.partition("|")[0].rstrip()
    if colon:
        text = re.split(r"\s{2,}", text.strip(), maxsplit=1)[0]
    found = bytearray()
    words = not colon and bool(re.fullmatch(r"[0-9a-fA-F]{4}(?:\s+[0-9a-fA-F]{4})*", text.strip()))
    for gap, token in re.findall(r"(\s*)(\S+)", text):
        if not _PAIRS.fullmatch(token) or len(found) >= room or (len(gap) > 2 and found):
            break
        piece = bytes.fromhex(token)
        found += piece[::-1] if words else piece
    return bytes(found[: room + room % 2])
