"""What can go wrong, and what each fault says on the wire.

The core raises *facts*: an exception that names the values it saw, what was allowed and the rule that
was broken. Every class knows the one alert that reports it (RFC 5246 section 7.2.2), and exactly one place,
`connection.py`, turns a raised fact into alert bytes. Nothing below it ever writes an alert by hand.

Misuse of the API by the program that calls us is not in this file: that is ValueError or TypeError.
"""

from __future__ import annotations

from enum import IntEnum


class AlertLevel(IntEnum):
    """RFC 5246 section 7.2."""

    warning = 1
    fatal = 2


class AlertDescription(IntEnum):
    """RFC 5246 section 7.2, with the additions of RFC 6066, 7301, 7507 and 8446. One byte on the wire."""

    close_notify = 0
    unexpected_message = 10
    bad_record_mac = 20
    decryption_failed_RESERVED = 21
    record_overflow = 22
    decompression_failure = 30
    handshake_failure = 40
    no_certificate_RESERVED = 41
    bad_certificate = 42
    unsupported_certificate = 43
    certificate_revoked = 44
    certificate_expired = 45
    certificate_unknown = 46
    illegal_parameter = 47
    unknown_ca = 48
    access_denied = 49
    decode_error = 50
    decrypt_error = 51
    export_restriction_RESERVED = 60
    protocol_version = 70
    insufficient_security = 71
    internal_error = 80
    inappropriate_fallback = 86
    user_canceled = 90
    no_renegotiation = 100
    missing_extension = 109
    unsupported_extension = 110
    certificate_unobtainable = 111
    unrecognized_name = 112
    bad_certificate_status_response = 113
    bad_certificate_hash_value = 114
    unknown_psk_identity = 115
    certificate_required = 116
    no_application_protocol = 120


def alert_name(description: int) -> str:
    """The RFC's name of an alert description (0..255), or the number itself if it has none."""
    try:
        return AlertDescription(description).name
    except ValueError:
        return f"alert {description}"


class TLSError(Exception):
    """Something went wrong on a TLS connection. `alert` is what the peer is told, None for nothing."""

    alert: AlertDescription | None = AlertDescription.internal_error
    events: tuple[object, ...] = ()
    """What the connection received before the fault, in the same portion of bytes: see `minitls.events`."""


class DecodeError(TLSError):
    """Bytes that break the grammar (RFC 5246 section 4). `path` names the field, outermost first."""

    alert = AlertDescription.decode_error

    def __init__(self, reason: str, path: tuple[str | int, ...] = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.path = path

    def within(self, *outer: str | int) -> DecodeError:
        """The same error, told from one level further out."""
        self.path = (*outer, *self.path)
        return self

    def __str__(self) -> str:
        return f"{dotted(self.path)}: {self.reason}" if self.path else self.reason


def dotted(path: tuple[str | int, ...]) -> str:
    """A field path as people write it: ``ClientHello.cipher_suites[2]``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def counted(count: int, what: str) -> str:
    """A number and what it counts: ``1 byte``, ``1,024 bytes``."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def shown(data: bytes, limit: int = 64) -> str:
    """A peer's bytes for an error message: at most `limit` of them, and nothing that a terminal or a log would obey."""
    text = "".join(chr(byte) if 0x20 <= byte < 0x7F else f"\\x{byte:02x}" for byte in data[:limit])
    return f"{text}... ({counted(len(data), 'byte')})" if len(data) > limit else text


class UnexpectedMessage(TLSError):
    """A message, record or alert that has no place at this point of the conversation."""

    alert = AlertDescription.unexpected_message


class IllegalParameter(TLSError):
    """A field that parses but whose value is forbidden, or contradicts another one."""

    alert = AlertDescription.illegal_parameter


class HandshakeFailure(TLSError):
    """No acceptable set of security parameters could be found."""

    alert = AlertDescription.handshake_failure


class NoCommonSuite(HandshakeFailure):
    """None of the `offered` suites (their codes) is one that the server may take."""

    def __init__(self, reason: str, offered: tuple[int, ...] = ()) -> None:
        super().__init__(reason)
        self.offered = offered


class ProtocolVersionError(TLSError):
    """A version that is recognised but not spoken here."""

    alert = AlertDescription.protocol_version


class UnsupportedExtension(TLSError):
    """A server sent an extension that the client never offered (RFC 5246 section 7.4.1.4)."""

    alert = AlertDescription.unsupported_extension


class UnrecognizedName(TLSError):
    """server_name names no host of this server, and the server was told to be strict (RFC 6066 section 3)."""

    alert = AlertDescription.unrecognized_name


class NoApplicationProtocol(TLSError):
    """Client and server share no ALPN protocol (RFC 7301 section 3.2)."""

    alert = AlertDescription.no_application_protocol


class BadRecordMAC(TLSError):
    """A record that fails authentication. One sentence for padding, MAC and tag: telling them apart is an oracle."""

    alert = AlertDescription.bad_record_mac

    def __init__(self) -> None:
        super().__init__()

    def __str__(self) -> str:
        return "a record failed authentication (RFC 5246 section 7.2.2, bad_record_mac)"


class RecordOverflow(TLSError):
    """A record longer than the limit (RFC 5246 section 6.2, RFC 8449)."""

    alert = AlertDescription.record_overflow


class DecryptError(TLSError):
    """A Finished or a handshake signature that does not verify."""

    alert = AlertDescription.decrypt_error


class CertificateError(TLSError):
    """A certificate chain that is not accepted. The failing rule chooses the alert (RFC 5246 section 7.2.2)."""

    alert = AlertDescription.bad_certificate

    def __init__(self, reason: str, alert: AlertDescription = AlertDescription.bad_certificate) -> None:
        super().__init__(reason)
        self.alert = alert


class NotTLS(TLSError):
    """The first bytes of the peer are no TLS record; `protocol` says what they look like."""

    alert: AlertDescription | None = AlertDescription.unexpected_message

    def __init__(self, reason: str, protocol: str = "") -> None:
        super().__init__(reason)
        self.protocol = protocol


class PlainHTTP(NotTLS):
    """An HTTP request on a TLS port. It is answered in HTTP, so no alert goes out."""

    alert = None


class PeerAlert(TLSError):
    """The peer ended the connection with an alert; nothing is sent back (RFC 5246 section 7.2.2)."""

    alert = None

    def __init__(self, description: int, reason: str = "") -> None:
        super().__init__(description, reason)
        self.description = description
        self.reason = reason

    def __str__(self) -> str:
        sentence = f"the peer sent the fatal alert {alert_name(self.description)} ({self.description})"
        return self.reason or sentence


class Truncated(TLSError):
    """TCP ended before close_notify: whatever was read may be incomplete (RFC 5246 section 7.2.1)."""

    alert = None


class TLSTimeout(TLSError, TimeoutError):
    """The peer was silent for longer than the configured timeout."""

    alert = None
