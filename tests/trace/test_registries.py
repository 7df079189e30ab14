"""Names of numbers, against three other implementations' lists of them."""

from __future__ import annotations

import subprocess
from functools import cache

import pytest

from minitls.trace.explain.registries import _registries, name_in, registered, suite_name
from minitls.wire.codes import ExtensionType, NamedGroup, SignatureScheme
from tests.peers import require_program


@cache
def _values() -> str:
    command = [require_program("tshark"), "-G", "values"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def tshark(field: str) -> dict[int, str]:
    """The names that Wireshark has for the values of a field."""
    rows = (line.split("\t") for line in _values().splitlines() if line.startswith(f"V\t{field}\t"))
    return {int(number, 0): name for _, _, number, name in rows if "GREASE" not in name}


@pytest.mark.slow
def test_every_suite_that_wireshark_knows() -> None:
    known = {code: name for code, name in tshark("tls.handshake.ciphersuite").items() if name.startswith("TLS_")}
    assert len(known) > 350
    # Numbers of the drafts of ChaCha20 have the same names as those of the RFC.
    assert [f"{code:04x} {name}" for code, name in known.items() if suite_name(code).removesuffix("_OLD") != name] == []


def test_suites_and_groups_that_scapy_and_tlslite_know() -> None:
    groups = pytest.importorskip("scapy.layers.tls.crypto.groups")._tls_named_groups
    constants = pytest.importorskip("tlslite.constants")
    for code, name in groups.items():
        assert registered("named_groups", code) == name
    for code, name in constants.CipherSuite.ietfNames.items():
        if code <= 0xFFFF and "draft" not in name:
            assert suite_name(code).lower() == name.lower()
    schemes = {name: at for name, at in vars(constants.SignatureScheme).items() if isinstance(at, tuple)}
    for name, (first, second) in schemes.items():
        assert registered("signature_schemes", first << 8 | second).replace("_rsae", "") == name.replace("_rsae", "")


@pytest.mark.slow
def test_every_extension_that_wireshark_knows() -> None:
    known = tshark("tls.handshake.extension.type")
    missing = {code: name for code, name in known.items() if code not in set(ExtensionType)}
    assert set(missing.values()) == {"Reserved (key_share)", "Reserved (ticket_early_data_info)"}


def test_what_code_works_with_has_the_same_names() -> None:
    for group in NamedGroup:
        assert registered("named_groups", group) == group.name
    for scheme in SignatureScheme:
        assert registered("signature_schemes", scheme) == scheme.name


def test_numbers_without_a_name() -> None:
    assert registered("named_groups", 0x1A1A) == "GREASE: to be ignored"
    assert registered("named_groups", 0x9999) == "unknown"
    assert registered("psk_key_exchange_modes", 0x0A, 1) == "unknown"
    assert (name_in("named_groups", 0x1A1A), name_in("named_groups", 0x9999)) == ("GREASE", "0x9999")
    with pytest.raises(KeyError):
        registered("favourite_colours", 1)


def test_keys_are_hex_in_order() -> None:
    for registry, names in _registries().items():
        keys = [int(key, 16) for key in names]
        assert keys == sorted(keys) and all(key == key.lower() for key in names), registry
