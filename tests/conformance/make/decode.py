"""Handshake messages a second time, sliced by hand: what `messages` vectors expect. Imports nothing of minitls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Cursor:
    """Bytes, read from the front. ValueError if they do not suffice."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def take(self, count: int) -> bytes:
        if count > len(self.data):
            raise ValueError(f"{count} bytes wanted, {len(self.data)} left")
        taken, self.data = self.data[:count], self.data[count:]
        return taken

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def opaque(self, size: int, floor: int = 0, ceiling: int = 1 << 24) -> bytes:
        length = self.number(size)
        if not floor <= length <= ceiling:
            raise ValueError(f"length {length}")
        return self.take(length)

    def numbers(self, size: int, each: int, floor: int = 0, ceiling: int = 1 << 24) -> list[int]:
        inner = Cursor(self.opaque(size, floor, ceiling))
        out = []
        while inner.data:
            out.append(inner.number(each))
        return out

    def opaques(self, size: int, each: int, floor: int = 0, lowest: int = 0) -> list[str]:
        inner = Cursor(self.opaque(size, floor))
        out = []
        while inner.data:
            out.append(inner.opaque(each, lowest).hex())
        return out

    def rest(self) -> str:
        return self.take(len(self.data)).hex()

    def end(self) -> None:
        if self.data:
            raise ValueError(f"{len(self.data)} bytes left over")


def message(data: bytes, key_exchange: str = "RSA") -> tuple[str, dict[str, Any]]:
    """Name and fields of a whole handshake message. ValueError if it is malformed."""
    at = Cursor(data)
    kind, length = at.number(1), at.number(3)
    if length != len(at.data):
        raise ValueError("length of the message")
    name, read = READERS.get((kind, key_exchange)) or READERS[kind, ""]
    fields = read(at)
    at.end()
    return name, fields


def client_hello(at: Cursor) -> dict[str, Any]:
    return {
        "client_version": at.number(2),
        "random": at.take(32).hex(),
        "session_id": at.opaque(1, 0, 32).hex(),
        "cipher_suites": at.numbers(2, 2, 2, 0xFFFE),
        "compression_methods": at.numbers(1, 1, 1),
        "extensions": extensions(at, CLIENT_EXTENSIONS),
    }


def server_hello(at: Cursor) -> dict[str, Any]:
    return {
        "server_version": at.number(2),
        "random": at.take(32).hex(),
        "session_id": at.opaque(1, 0, 32).hex(),
        "cipher_suite": at.number(2),
        "compression_method": at.number(1),
        "extensions": extensions(at, SERVER_EXTENSIONS),
    }


def extensions(at: Cursor, known: dict[int, Callable[[Cursor], dict[str, Any]]]) -> list[Any] | None:
    if not at.data:
        return None
    inner = Cursor(at.opaque(2))
    out: list[Any] = []
    while inner.data:
        number = inner.number(2)
        body = Cursor(inner.opaque(2))
        if number in known:
            out.append([number, known[number](body)])
        else:
            out.append([number, {"code": number, "data": body.rest()}])
        body.end()
    return out


def _server_names(at: Cursor) -> dict[str, Any]:
    inner = Cursor(at.opaque(2, 1))
    names = []
    while inner.data:
        kind = inner.number(1)
        names.append([kind, inner.opaque(2, 1 if kind == 0 else 0).hex()])
    return {"server_name_list": names}


def _status_request(at: Cursor) -> dict[str, Any]:
    kind = at.number(1)
    if kind != 1:
        return {"request": [kind, at.rest()]}
    return {"request": [kind, {"responder_id_list": at.opaques(2, 2, 0, 1), "request_extensions": at.opaque(2).hex()}]}


def _schemes(at: Cursor) -> dict[str, Any]:
    return {"supported_signature_algorithms": at.numbers(2, 2, 2, 0xFFFE)}


_EITHER: dict[int, Callable[[Cursor], dict[str, Any]]] = {
    1: lambda at: {"max_fragment_length": at.number(1)},
    11: lambda at: {"ec_point_format_list": at.numbers(1, 1, 1)},
    16: lambda at: {"protocol_name_list": at.opaques(2, 1, 2, 1)},
    22: lambda at: {},
    23: lambda at: {},
    28: lambda at: {"record_size_limit": at.number(2)},
    35: lambda at: {"ticket": at.rest()},
    0xFF01: lambda at: {"renegotiated_connection": at.opaque(1).hex()},
}
CLIENT_EXTENSIONS = _EITHER | {
    0: _server_names,
    5: _status_request,
    10: lambda at: {"named_group_list": at.numbers(2, 2, 2, 0xFFFE)},
    13: _schemes,
    43: lambda at: {"versions": at.numbers(1, 2, 2, 254)},
    50: _schemes,
}
SERVER_EXTENSIONS = _EITHER | {
    0: lambda at: {},
    5: lambda at: {},
    43: lambda at: {"selected_version": at.number(2)},
}


def _certificate_request(at: Cursor) -> dict[str, Any]:
    return {
        "certificate_types": at.numbers(1, 1, 1),
        "supported_signature_algorithms": at.numbers(2, 2, 2, 0xFFFE),
        "certificate_authorities": at.opaques(2, 2, 0, 1),
    }


def _server_key_exchange_ecdhe(at: Cursor) -> dict[str, Any]:
    kind = at.number(1)
    if kind != 3:
        raise ValueError("curve type")
    return {
        "curve_params": [kind, at.number(2)],
        "public": at.opaque(1, 1).hex(),
        "algorithm": at.number(2),
        "signature": at.opaque(2).hex(),
    }


def _certificate_status(at: Cursor) -> dict[str, Any]:
    if at.number(1) != 1:
        raise ValueError("a status type that RFC 6066 section 8 does not know")
    return {"response": [1, at.opaque(3, 1).hex()]}


READERS: dict[tuple[int, str], tuple[str, Callable[[Cursor], dict[str, Any]]]] = {
    (0, ""): ("HelloRequest", lambda at: {}),
    (1, ""): ("ClientHello", client_hello),
    (2, ""): ("ServerHello", server_hello),
    (4, ""): ("NewSessionTicket", lambda at: {"ticket_lifetime_hint": at.number(4), "ticket": at.opaque(2).hex()}),
    (11, ""): ("Certificate", lambda at: {"certificate_list": at.opaques(3, 3, 0, 1)}),
    (12, "ECDHE"): ("ServerKeyExchangeECDHE", _server_key_exchange_ecdhe),
    (12, "DHE"): (
        "ServerKeyExchangeDHE",
        lambda at: {
            "dh_p": at.opaque(2, 1).hex(),
            "dh_g": at.opaque(2, 1).hex(),
            "dh_Ys": at.opaque(2, 1).hex(),
            "algorithm": at.number(2),
            "signature": at.opaque(2).hex(),
        },
    ),
    (13, ""): ("CertificateRequest", _certificate_request),
    (14, ""): ("ServerHelloDone", lambda at: {}),
    (15, ""): ("CertificateVerify", lambda at: {"algorithm": at.number(2), "signature": at.opaque(2).hex()}),
    (16, "RSA"): ("ClientKeyExchange", lambda at: {"encrypted_pre_master_secret": at.opaque(2).hex()}),
    (16, "ECDHE"): ("ClientKeyExchangeECDHE", lambda at: {"ecdh_Yc": at.opaque(1, 1).hex()}),
    (16, "DHE"): ("ClientKeyExchangeDHE", lambda at: {"dh_Yc": at.opaque(2, 1).hex()}),
    (20, ""): ("Finished", lambda at: {"verify_data": at.rest()}),
    (22, ""): ("CertificateStatus", _certificate_status),
}
