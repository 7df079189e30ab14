"""Every fault knows its alert, says what was seen, and survives a trip to another process."""

from __future__ import annotations

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minitls import errors
from minitls.errors import (
    AlertDescription,
    AlertLevel,
    CertificateError,
    DecodeError,
    PeerAlert,
    TLSError,
    counted,
    dotted,
    shown,
)

#: What RFC 5246 section 7.2.2 (and the RFC of each extension) wants sent for each fault; None: nothing is sent.
ALERTS: dict[str, int | None] = {
    "TLSError": 80,
    "DecodeError": 50,
    "UnexpectedMessage": 10,
    "IllegalParameter": 47,
    "HandshakeFailure": 40,
    "NoCommonSuite": 40,
    "ProtocolVersionError": 70,
    "UnsupportedExtension": 110,
    "UnrecognizedName": 112,
    "NoApplicationProtocol": 120,
    "BadRecordMAC": 20,
    "RecordOverflow": 22,
    "DecryptError": 51,
    "CertificateError": 42,
    "NotTLS": 10,
    "PlainHTTP": None,
    "PeerAlert": None,
    "Truncated": None,
    "TLSTimeout": None,
}


def all_errors(root: type[TLSError] = TLSError) -> set[type[TLSError]]:
    return {root}.union(*(all_errors(cls) for cls in root.__subclasses__() if cls.__module__ == errors.__name__))


def examples() -> list[TLSError]:
    """One error of every class, with all that its constructor takes."""
    made: dict[type[TLSError], TLSError] = {
        DecodeError: DecodeError("1 byte wanted, 0 left", ("ClientHello", "cipher_suites", 2)),
        errors.BadRecordMAC: errors.BadRecordMAC(),
        CertificateError: CertificateError("too old", AlertDescription.certificate_expired),
        PeerAlert: PeerAlert(48),
    }
    return [made.get(cls) or cls("what was seen, what was allowed") for cls in sorted(all_errors(), key=str)]


def test_every_fault_has_the_alert_of_the_rfc() -> None:
    told = {cls.__name__: None if cls.alert is None else int(cls.alert) for cls in all_errors()}
    assert told == ALERTS


@pytest.mark.parametrize("error", examples(), ids=lambda error: type(error).__name__)
def test_an_error_survives_copying_and_another_process(error: TLSError) -> None:
    for again in (copy.copy(error), pickle.loads(pickle.dumps(error))):
        assert type(again) is type(error)
        assert str(again) == str(error)
        assert again.args == error.args
        assert vars(again) == vars(error)
        assert again.alert == error.alert


def test_levels() -> None:
    """RFC 5246 section 7.2."""
    assert {level.name: int(level) for level in AlertLevel} == {"warning": 1, "fatal": 2}


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ((), ""),
        (("ClientHello",), "ClientHello"),
        (("ClientHello", "cipher_suites", 2), "ClientHello.cipher_suites[2]"),
        (("ClientHello", "extensions", 0, "server_name"), "ClientHello.extensions[0].server_name"),
        (("Certificate", "certificate_list", 1, "length"), "Certificate.certificate_list[1].length"),
    ],
)
def test_paths_are_written_as_people_write_them(path: tuple[str | int, ...], told: str) -> None:
    assert dotted(path) == told


@given(path=st.lists(st.one_of(st.sampled_from(("a", "b_c", "D")), st.integers(0, 99)), max_size=5))
def test_an_error_is_told_from_the_outside_in(path: list[str | int]) -> None:
    error = DecodeError("why", tuple(path))
    assert str(error) == (f"{dotted(tuple(path))}: why" if path else "why")
    assert error.within("Outer", 3) is error
    assert str(error).startswith("Outer[3]")
    assert error.path == ("Outer", 3, *path)


@given(st.integers(0, 255))
def test_a_peers_alert_is_told_by_name_and_number(description: int) -> None:
    error = PeerAlert(description)
    assert error.alert is None
    assert f"({description})" in str(error)
    if description in set(AlertDescription):
        assert AlertDescription(description).name in str(error)


def test_a_peers_alert_may_be_explained() -> None:
    assert str(PeerAlert(40, "the server has no TLS_RSA suite")) == "the server has no TLS_RSA suite"


def test_a_timeout_is_pythons_too() -> None:
    assert issubclass(errors.TLSTimeout, TimeoutError)
    with pytest.raises(TimeoutError):
        raise errors.TLSTimeout("the peer was silent for 10 s")


def test_a_certificate_error_bears_the_alert_of_its_rule() -> None:
    assert CertificateError("why").alert is AlertDescription.bad_certificate
    assert CertificateError("why", AlertDescription.unknown_ca).alert is AlertDescription.unknown_ca
    assert CertificateError.alert is AlertDescription.bad_certificate


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", ""),
        (b"h2, http/1.1", "h2, http/1.1"),
        (b"\x1b[2Jred", r"\x1b[2Jred"),
        (b"two\r\nlines", r"two\x0d\x0alines"),
        (b"\x80\xff\x7f", r"\x80\xff\x7f"),
        (b"a" * 64, "a" * 64),
        (b"a" * 65, "a" * 64 + "... (65 bytes)"),
    ],
)
def test_a_peers_bytes_are_shown_short_and_harmless(data: bytes, told: str) -> None:
    assert shown(data) == told


@given(st.binary(max_size=300))
def test_nothing_of_a_peer_reaches_a_terminal_raw(data: bytes) -> None:
    told = shown(data)
    assert told.isascii() and (told.isprintable() or not told)
    assert len(told) <= 64 * 4 + 20


def test_one_of_a_kind_is_no_plural() -> None:
    assert [counted(number, "byte") for number in (0, 1, 2, 1024)] == ["0 bytes", "1 byte", "2 bytes", "1,024 bytes"]
