"""Messages of ephemeral key exchanges and the rare ones, which only a listener meets: their bytes by hand."""

from __future__ import annotations

import pytest

from minitls.errors import DecodeError
from minitls.wire.key_exchange_messages import (
    RARE_MESSAGES,
    CertificateStatus,
    CertificateURL,
    ClientKeyExchangeDHE,
    ClientKeyExchangeECDHE,
    ServerKeyExchangeDHE,
    ServerKeyExchangeECDHE,
)
from minitls.wire.messages import HandshakeMessage, KeyExchange, message_class, parse

#: (key exchange, message, its bytes with the header), from the section that each class names.
WRITTEN: tuple[tuple[KeyExchange, HandshakeMessage, str], ...] = (
    (
        "ECDHE",
        ServerKeyExchangeECDHE((3, 0x001D), b"point", 0x0401, b"sig"),
        "0c 000010 03 001d 05 706f696e74 0401 0003 736967",
    ),
    (
        "DHE",
        ServerKeyExchangeDHE(b"p", b"g", b"Ys", 0x0401, b""),
        "0c 00000e 0001 70 0001 67 0002 5973 0401 0000",
    ),
    ("ECDHE", ClientKeyExchangeECDHE(b"point"), "10 000006 05 706f696e74"),
    ("DHE", ClientKeyExchangeDHE(b"Yc"), "10 000004 0002 5963"),
    ("RSA", CertificateStatus((1, b"OCSP")), "16 000008 01 000004 4f435350"),
    ("RSA", CertificateURL(b"anything"), "15 000008 616e797468696e67"),
)


@pytest.mark.parametrize(("key_exchange", "message", "told"), WRITTEN)
def test_by_hand(key_exchange: KeyExchange, message: HandshakeMessage, told: str) -> None:
    assert message.encode() == bytes.fromhex(told)
    assert parse(bytes.fromhex(told), key_exchange) == message


def test_every_rare_message_is_written_out_above() -> None:
    assert {type(message) for _, message, _ in WRITTEN} == set(RARE_MESSAGES)


def test_which_message_it_is_depends_on_the_key_exchange() -> None:
    """RFC 5246 section 7.4.3: with RSA a ServerKeyExchange is not legal."""
    assert message_class(12, "RSA") is None
    assert (message_class(12, "DHE"), message_class(12, "ECDHE")) == (ServerKeyExchangeDHE, ServerKeyExchangeECDHE)
    assert (message_class(16, "DHE"), message_class(16, "ECDHE")) == (ClientKeyExchangeDHE, ClientKeyExchangeECDHE)


@pytest.mark.parametrize("key_exchange", ["RSA", "DHE", "ECDHE"])
def test_stapled_responses_come_with_any_key_exchange(key_exchange: KeyExchange) -> None:
    assert message_class(22, key_exchange) is CertificateStatus and message_class(21, key_exchange) is CertificateURL


@pytest.mark.parametrize(
    ("key_exchange", "told", "reason"),
    [
        ("ECDHE", "0c 000001 01", "ServerKeyExchangeECDHE.curve_params: a value of this type is not allowed here"),
        ("ECDHE", "0c 000004 03 001d 00", "ServerKeyExchangeECDHE.public: length 0 is not in 1..255"),
        ("DHE", "0c 000002 0000", "ServerKeyExchangeDHE.dh_p: length 0 is not in 1..65535"),
        ("DHE", "0c 000005 0001 70 0000", "ServerKeyExchangeDHE.dh_g: length 0 is not in 1..65535"),
        ("ECDHE", "10 000001 00", "ClientKeyExchangeECDHE.ecdh_Yc: length 0 is not in 1..255"),
        ("ECDHE", "10 000003 01 61 62", "ClientKeyExchangeECDHE: 1 byte left over"),
        ("DHE", "10 000001 01", "ClientKeyExchangeDHE.dh_Yc: a length of 2 bytes wanted, 1 left"),
        ("RSA", "16 000005 02 000001 61", "CertificateStatus.response: a value of this type is not allowed here"),
        ("RSA", "16 000004 01 000000", "CertificateStatus.response: length 0 is not in 1..16777215"),
    ],
)
def test_faults(key_exchange: KeyExchange, told: str, reason: str) -> None:
    with pytest.raises(DecodeError) as raised:
        parse(bytes.fromhex(told), key_exchange)
    assert str(raised.value).startswith(reason)
