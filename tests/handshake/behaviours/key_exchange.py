"""ClientKeyExchange, ServerHelloDone and Finished: bodies that are too short, too long or wrong."""

from __future__ import annotations

from tests.handshake.behaviours.steps import Row, changed, cut, longer, with_body
from tests.handshake.peer import FULL_SERVER_FLIGHT

ROWS: tuple[Row, ...] = (
    # To a server: ClientKeyExchange has one form (RFC 5246 section 7.4.7.1), Finished one value.
    Row(
        "a byte behind ClientKeyExchange",
        "RFC 5246 7.4.7",
        ("ClientHello", changed("ClientKeyExchange", longer)),
        "decode_error",
    ),
    Row("ClientKeyExchange cut", "RFC 5246 7.4.7", ("ClientHello", changed("ClientKeyExchange", cut)), "decode_error"),
    Row(
        "ClientKeyExchange of no bytes",
        "RFC 5246 7.4.7",
        ("ClientHello", with_body("ClientKeyExchange", lambda peer: b"")),
        "decode_error",
    ),
    Row(
        "ClientKeyExchange without its inner length, as in SSL 3.0",
        "RFC 5246 7.4.7.1",
        ("ClientHello", changed("ClientKeyExchange", lambda body: b"\x01" + body[3:])),
        "decode_error",
    ),
    *(
        Row(
            f"Finished {name}",
            "RFC 5246 7.4.9",
            ("ClientHello", "ClientKeyExchange", "ChangeCipherSpec", changed("Finished", change)),
            "decrypt_error",
        )
        for name, change in {
            "wrong in the first bit": lambda body: bytes([body[0] ^ 0x80]) + body[1:],
            "wrong in the last bit": lambda body: body[:-1] + bytes([body[-1] ^ 1]),
            "of no bytes": lambda body: b"",
            "cut by a byte": cut,
            "longer by a byte": longer,
            "of 1000 bytes": lambda body: body + bytes(988),
        }.items()
    ),
    # To a client.
    Row(
        "a body in ServerHelloDone",
        "RFC 5246 7.4.5",
        ("ServerHello", "Certificate", with_body("ServerHelloDone", lambda peer: b"\x00")),
        "decode_error",
        side="client",
    ),
    *(
        Row(
            f"the server's Finished {name}",
            "RFC 5246 7.4.9",
            (*FULL_SERVER_FLIGHT, "ChangeCipherSpec", changed("Finished", change)),
            "decrypt_error",
            side="client",
        )
        for name, change in {"wrong": lambda body: bytes(12), "empty": lambda body: b"", "longer": longer}.items()
    ),
)
