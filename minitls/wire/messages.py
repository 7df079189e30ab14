"""Every handshake message TLS_RSA needs (RFC 5246 section 7.4), each declared once as its RFC struct.

    struct {
        HandshakeType msg_type;
        uint24 length;
        select (HandshakeType) { ... } body;
    } Handshake;

`decode` takes one whole message, its 4-byte header included, and gives a value; `encode` is its inverse; `annotate`
names every byte. A few messages have a form for each key exchange, so that their number alone does not say which
struct they are: the state of a conversation does. Those of (EC)DHE live in `key_exchange_messages.py` and are loaded
when first asked for, as are those that only some extensions bring.
"""

from __future__ import annotations

from functools import cache, lru_cache
from struct import Struct as Layout
from typing import ClassVar, Literal, Self, TypeVar

from ..errors import DecodeError
from .codes import HandshakeType, name_of
from .extensions import Extension, client_extensions, server_extensions
from .grammar import Span, Struct, fixed, opaque, rest, uint8, uint16, uint16s, uint32, vector, wire

E = TypeVar("E", bound=Extension)

#: How the two sides agree on the pre-master secret; it decides the form of the key exchange messages.
KeyExchange = Literal["RSA", "DHE", "ECDHE"]

#: Bytes of msg_type and length before every body.
HEADER_SIZE = 4
_HEADER = Layout("!BBH")


class HandshakeMessage(Struct):
    """The body of a handshake message; `msg_type` is its number."""

    msg_type: ClassVar[HandshakeType]
    key_exchange: ClassVar[KeyExchange | None] = None
    """The key exchange that has this form of the message; None if all of them do."""

    def encode(self) -> bytes:
        """The whole message, header included."""
        body = self.write()
        size = len(body)
        if size > 0xFFFFFF:
            raise ValueError(f"{size} does not fit uint24")
        return _HEADER.pack(self.msg_type, size >> 16, size & 0xFFFF) + body

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """The inverse of `encode`: one whole message of this struct. DecodeError names the field that is wrong."""
        _check_header(data, cls)
        return cls.parse(data, HEADER_SIZE)

    @classmethod
    def spans(cls, data: bytes) -> list[Span]:
        """The fields of one whole message of this struct: spans that tile every byte of `data` exactly once."""
        cls.decode(data)  # The reader is the judge; what it accepts, the walk can name to the last byte.
        name = cls.__name__
        header = [Span((name, "msg_type"), 0, 1), Span((name, "length"), 1, HEADER_SIZE)]
        return header + list(cls.annotate(data, HEADER_SIZE, len(data), (name,)))


class HelloRequest(HandshakeMessage):
    """Section 7.4.1.1: the server would like to renegotiate. Never part of the transcript."""

    msg_type = HandshakeType.hello_request


class Hello(HandshakeMessage):
    """What both hellos share: extensions that can be looked up by their class."""

    def extension(self, kind: type[E]) -> E | None:
        """The extension of class `kind`, or None."""
        for extension in self.__dict__["extensions"] or ():
            if isinstance(extension, kind):
                return extension
        return None


class ClientHello(Hello):
    """Section 7.4.1.2. Extensions of None are absent, which differs from an empty list."""

    msg_type = HandshakeType.client_hello
    client_version: int = wire(uint16)
    random: bytes = wire(fixed(32))
    session_id: bytes = wire(opaque(0, 32))
    cipher_suites: tuple[int, ...] = wire(uint16s(2, 0xFFFE))
    compression_methods: tuple[int, ...] = wire(vector(uint8, 1, 0xFF))
    extensions: tuple[Extension, ...] | None = wire(client_extensions, default=None)


class ServerHello(Hello):
    """Section 7.4.1.3."""

    msg_type = HandshakeType.server_hello
    server_version: int = wire(uint16)
    random: bytes = wire(fixed(32))
    session_id: bytes = wire(opaque(0, 32))
    cipher_suite: int = wire(uint16)
    compression_method: int = wire(uint8)
    extensions: tuple[Extension, ...] | None = wire(server_extensions, default=None)


class Certificate(HandshakeMessage):
    """Section 7.4.2: DER certificates, the sender's own first, each then certifying the one before."""

    msg_type = HandshakeType.certificate
    certificate_list: tuple[bytes, ...] = wire(vector(opaque(1, 0xFFFFFF), 0, 0xFFFFFF))


class CertificateRequest(HandshakeMessage):
    """Section 7.4.4. Each authority is a DER-encoded distinguished name."""

    msg_type = HandshakeType.certificate_request
    certificate_types: tuple[int, ...] = wire(vector(uint8, 1, 0xFF))
    supported_signature_algorithms: tuple[int, ...] = wire(uint16s(2, 0xFFFE))
    certificate_authorities: tuple[bytes, ...] = wire(vector(opaque(1, 0xFFFF), 0, 0xFFFF))


class ServerHelloDone(HandshakeMessage):
    """Section 7.4.5: empty."""

    msg_type = HandshakeType.server_hello_done


class ClientKeyExchange(HandshakeMessage):
    """Section 7.4.7.1: the pre-master secret, encrypted to the RSA key in the server's certificate."""

    msg_type = HandshakeType.client_key_exchange
    key_exchange = "RSA"
    encrypted_pre_master_secret: bytes = wire(opaque(0, 0xFFFF))


class CertificateVerify(HandshakeMessage):
    """Section 7.4.8: the client's signature over all handshake messages so far."""

    msg_type = HandshakeType.certificate_verify
    algorithm: int = wire(uint16)
    signature: bytes = wire(opaque(0, 0xFFFF))


class Finished(HandshakeMessage):
    """Section 7.4.9: 12 bytes of verify_data for every suite spoken here. The length is judged with the value."""

    msg_type = HandshakeType.finished
    verify_data: bytes = wire(rest)


class NewSessionTicket(HandshakeMessage):
    """RFC 5077 section 3.3: a lifetime hint in seconds (0: unspecified) and the sealed session."""

    msg_type = HandshakeType.new_session_ticket
    ticket_lifetime_hint: int = wire(uint32)
    ticket: bytes = wire(opaque(0, 0xFFFF))


class ChangeCipherSpec(Struct):
    """Section 7.1: one byte, 01, in a record type of its own. No handshake message, and never in the transcript."""

    msg_type: ClassVar[None] = None
    key_exchange: ClassVar[None] = None
    type: int = wire(uint8)


#: The structs that a TLS_RSA handshake speaks.
_SPOKEN: tuple[type[HandshakeMessage], ...] = (
    HelloRequest,
    ClientHello,
    ServerHello,
    NewSessionTicket,
    Certificate,
    CertificateRequest,
    ServerHelloDone,
    CertificateVerify,
    ClientKeyExchange,
    Finished,
)


@cache
def structs() -> dict[str, type[HandshakeMessage]]:
    """Every handshake message there is a struct for, by the struct's name."""
    from .key_exchange_messages import RARE_MESSAGES  # 2 ms that a TLS_RSA handshake never needs.

    return {cls.__name__: cls for cls in (*_SPOKEN, *RARE_MESSAGES)}


def message_class(msg_type: int, key_exchange: KeyExchange | None = "RSA") -> type[HandshakeMessage] | None:
    """The struct of handshake type `msg_type` under `key_exchange` (None: one without structs of its own), or None.

    For bytes that come with the name of their key exchange. In a conversation the state decides (`handshake.machine`).
    """
    fitting = (cls for cls in structs().values() if cls.msg_type == msg_type)
    return next((cls for cls in fitting if cls.key_exchange in (None, key_exchange)), None)


@lru_cache(maxsize=256)
def message_name(msg_type: int) -> str:
    """The RFC's name of a message: ClientHello for 1, whichever struct a conversation has for it."""
    name = name_of(HandshakeType, msg_type)
    return f"Handshake{msg_type}" if name.startswith("0x") else "".join(map(str.capitalize, name.split("_")))


def _check_header(data: bytes, cls: type[HandshakeMessage]) -> None:
    """DecodeError unless the header names `cls` and encloses exactly the rest."""
    if len(data) < HEADER_SIZE:
        raise DecodeError(f"a header of {HEADER_SIZE} bytes wanted, {len(data)} left", ("Handshake",))
    if data[0] != cls.msg_type:
        name = name_of(HandshakeType, data[0])
        raise DecodeError(f"{name} is not {name_of(HandshakeType, cls.msg_type)}", ("Handshake", "msg_type"))
    length = int.from_bytes(data[1:HEADER_SIZE], "big")
    if length != len(data) - HEADER_SIZE:
        raise DecodeError(f"length {length}, but {len(data) - HEADER_SIZE} follow", (cls.__name__, "length"))


def _enclosed(data: bytes, key_exchange: KeyExchange | None) -> type[HandshakeMessage]:
    if len(data) < HEADER_SIZE:
        raise DecodeError(f"a header of {HEADER_SIZE} bytes wanted, {len(data)} left", ("Handshake",))
    cls = message_class(data[0], key_exchange)
    if cls is None:
        name = name_of(HandshakeType, data[0])
        by = f"{key_exchange} key exchange" if key_exchange else "a key exchange that is not known here"
        raise DecodeError(f"{name} is no message of {by}", ("Handshake", "msg_type"))
    return cls


def parse(data: bytes, key_exchange: KeyExchange | None = "RSA") -> HandshakeMessage:
    """One whole handshake message, header included. DecodeError names the path of the field that is wrong."""
    return _enclosed(data, key_exchange).decode(data)


def annotate(data: bytes, key_exchange: KeyExchange | None = "RSA") -> list[Span]:
    """The fields of one whole handshake message: spans that tile every byte of `data` exactly once."""
    return _enclosed(data, key_exchange).spans(data)
