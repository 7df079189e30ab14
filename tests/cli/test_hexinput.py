"""Hex as people paste it: what xxd, hexdump, od and other programs print is read back byte for byte."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minitls.cli.hexinput import HalfAByte, read_hex
from tests.peers import require_program

ALERT = bytes.fromhex("15030300020228")
#: Its characters look like hex, like an offset and like a frame.
AWKWARD = bytes(range(0x16, 0x3B)) + b"abcdef 0123 beef |x|  00000040"


@pytest.mark.parametrize(
    "text",
    [
        "15030300020228",
        "15 03 03 00 02 02 28\n",
        "15:03:03:00:02:02:28",
        "15-03-03-00-02-02-28",
        "15,03,03,00,02,02,28",
        "0x15030300020228",
        "0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x28",
        "0x15,0x3,0x3,0x0,0x2,0x2,0x28",
        "{0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x28};",
        "[0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x28]",
        "unsigned char alert[] = {\n  0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x28\n};\nunsigned int alert_len = 7;\n",
        r"\x15\x03\x03\x00\x02\x02\x28",
        r'"\x15\x03\x03\x00\x02\x02\x28"',
        r"b'\x15\x03\x03\x00\x02\x02('",
        "b'15030300020228'",
        "h'15030300020228'",
        "1503 0300 0202 28",
        "00000000: 1503 0300 0202 28                        ......(",
        "00000000  15 03 03 00 02 02 28                              |......(|\n00000007\n",
        "0000   15 03 03 00 02 02 28                              ......(",
        "\t0x0000:  1503 0300 0202 28                        ......(",
        "0000000 0315 0003 0202 0028\n0000007\n",
    ],
)
def test_every_dress(text: str) -> None:
    assert read_hex(text) == ALERT


@pytest.mark.parametrize(
    "text", ["hello", "", "  \n", "GET / HTTP/1.1", "15 03 xx", "0x", "b'\\x1'", "-----BEGIN CERTIFICATE-----\nMIIB\n"]
)
def test_what_is_no_hex(text: str) -> None:
    assert read_hex(text) is None


@pytest.mark.parametrize("text", ["150", "15:03:0", "1503030"])
def test_half_a_byte(text: str) -> None:
    with pytest.raises(HalfAByte, match="hex digits: a byte takes two"):
        read_hex(text)


def test_a_message_that_begins_with_zeros_is_no_dump() -> None:
    """server_name is extension 0, and ServerHelloDone has three zeros of length: neither is an offset."""
    for text in ("0000 000e 000c 0000 096c", "0000000e000c", "00000000", "0000\n000e\n000c"):
        assert read_hex(text) == bytes.fromhex(text)


@pytest.mark.parametrize(
    "command",
    ["xxd", "xxd -p", "xxd -i", "xxd -g 1 -c 8", "hexdump", "hexdump -C", "od -x", "od -t x1", "od -A x -t x1z"],
)
def test_what_programs_print(command: str, tmp_path: Path) -> None:
    program, *options = command.split()
    for data in (AWKWARD, AWKWARD[:-1], ALERT, bytes(range(256))):
        (tmp_path / "data").write_bytes(data)
        dumped = subprocess.run([require_program(program), *options, tmp_path / "data"], capture_output=True, text=True)
        assert read_hex(dumped.stdout) == data


def test_lines_that_a_dump_leaves_out_are_not_made_up() -> None:
    text = "00000000  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|\n*\n00000040\n"
    assert read_hex(text) is None


@given(st.binary(min_size=1, max_size=60), st.sampled_from(["", " ", ":", ", ", "\n"]))
def test_any_bytes(data: bytes, between: str) -> None:
    assert read_hex(data.hex(between) if len(between) == 1 else between.join(f"{byte:02x}" for byte in data)) == data


@given(st.text(max_size=80))
def test_any_text(text: str) -> None:
    try:
        read_hex(text)
    except HalfAByte:
        return


def test_a_megabyte_takes_no_longer_than_it_should() -> None:
    blanks = " " * 1_000_000
    for text in ("16" * 500_000, blanks, f"0000: {blanks}16", f"00000000  16{blanks}|", f"b'{blanks}", "0x" * 500_000):
        began = time.process_time()
        read_hex(text)
        assert time.process_time() - began < 3
