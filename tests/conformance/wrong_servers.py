"""Pre-master secrets that a server took out wrongly, by the name of the mistake: it has the key and the message."""

from __future__ import annotations

from collections.abc import Callable

from tests.conformance.worlds import World, numbers, pkcs1_block

#: What is taken for the pre-master secret.
Wrong = Callable[[World], bytes]


def _raised(number: bytes, order: str = "big") -> bytes:
    own = numbers()
    n = own.public_numbers.n
    value = int.from_bytes(number, "little" if order == "little" else "big") % n
    return pow(value, own.d, n).to_bytes(256, "big")


SERVERS: dict[str, list[Wrong]] = {
    "premaster-no-version": [lambda w: w.pms[2:]],
    "premaster-padding-kept": [lambda w: pkcs1_block(w.pms), lambda w: pkcs1_block(w.pms)[1:]],
    "premaster-separator": [lambda w: b"\0" + w.pms],
    "premaster-cut-elsewhere": [
        lambda w: pkcs1_block(w.pms)[:48],
        lambda w: pkcs1_block(w.pms)[2:50],
        lambda w: pkcs1_block(w.pms).split(b"\0")[-1],
        lambda w: pkcs1_block(w.pms)[-50:],
        lambda w: w.pms[1:],
    ],
    "premaster-length-decrypted": [lambda w: _raised(w.to_exchange[-1][4:])[-48:]],
    "premaster-decrypted-backwards": [lambda w: _raised(w.to_exchange[-1][6:], "little")[-48:]],
    "premaster-encrypted": [lambda w: w.to_exchange[-1][4:], lambda w: w.to_exchange[-1][6:54]],
    "premaster-other-version": [lambda w: b"\3\1" + w.pms[2:], lambda w: b"\3\2" + w.pms[2:]],
    "premaster-version-last": [lambda w: w.pms[2:] + w.pms[:2]],
    "premaster-version-twice": [lambda w: w.pms[:2] + w.pms],
    "premaster-other-length": [lambda w: w.pms[:32], lambda w: bytes(16) + w.pms],
    "premaster-zeros": [lambda w: bytes(48)],
    "premaster-little-endian": [lambda w: w.pms[::-1]],
    "premaster-c-string": [lambda w: w.pms.split(b"\0")[0]],
    "premaster-length-prefix": [lambda w: b"\x30" + w.pms, lambda w: b"\0\0\x30" + w.pms],
}
