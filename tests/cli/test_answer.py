"""What `minitls server` does with a connection that is up, and with one that cannot be accepted."""

from __future__ import annotations

import errno
import time
from typing import Any, cast

import pytest

from minitls.cli import server
from minitls.cli.answer import MAX_HEAD, answer


class Dripping:
    """A TLS connection whose client sends `opening` and then the same byte for ever, one at a time."""

    def __init__(self, opening: bytes, byte: bytes) -> None:
        self.opening, self.byte, self.sent = opening, byte, b""

    def recv(self, size: int) -> bytes:
        data, self.opening = self.opening or self.byte, b""
        return data

    def sendall(self, data: bytes) -> None:
        self.sent += data


@pytest.mark.parametrize("byte", [b"a", b"\r"])
def test_a_head_in_single_bytes_costs_no_square(byte: bytes) -> None:
    dripping = Dripping(b"GET / HTTP/1.0\r\n", byte)
    before = time.process_time()
    answer(cast(Any, dripping), None)
    assert dripping.sent.startswith(b"HTTP/1.1 400 ")
    assert time.process_time() - before < 5  # 0.1 s; searching all of it again each time took 24 s.
    assert MAX_HEAD == 65536


@pytest.mark.parametrize("end", [b"\r\n\r\n", b"\n\n", b"\n\r\n"])
def test_an_end_of_head_in_single_bytes_is_seen(end: bytes) -> None:
    class Pieces(Dripping):
        left = b"GET / HTTP/1.0" + end

        def recv(self, size: int) -> bytes:
            data, self.left = self.left[:1], self.left[1:]
            return data

        negotiated = None

    pieces = Pieces(b"", b"")
    with pytest.raises(AttributeError):  # The page tells of the connection, which this one is not.
        answer(cast(Any, pieces), "http")
    assert not pieces.left and not pieces.sent


def test_no_hurry_while_nothing_can_be_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that may open no more files must not spend its time on asking for one."""
    pauses: list[float] = []

    class Full:
        def accept(self) -> Any:
            if len(pauses) == 3:
                raise KeyboardInterrupt
            raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(time, "sleep", pauses.append)
    with pytest.raises(KeyboardInterrupt):
        server.serve(cast(Any, Full()), cast(Any, None), cast(Any, None), None, 1)
    assert pauses == [server.PAUSE] * 3
