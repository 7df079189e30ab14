"""The names that IANA has registered for numbers of TLS, all of them: `registries.json`, hex digits to name.

    registered("named_groups", 0x001D)      x25519

`wire.codes` names what code works with; this names what hellos carry. Numbers that nobody registered are in it where
many peers send them: suites of drafts, the channel ID's forerunners.
"""

from __future__ import annotations

import json
from functools import lru_cache
from importlib.resources import files

from ...wire.codes import is_grease
from ...wire.messages import KeyExchange

#: What is said of a number that keeps peers used to unknown ones (RFC 8701).
GREASE = "GREASE: to be ignored"


@lru_cache(maxsize=1)
def _registries() -> dict[str, dict[str, str]]:
    read: dict[str, dict[str, str]] = json.loads(files(__package__).joinpath("registries.json").read_text("utf-8"))
    return read


def registered(registry: str, number: int, size: int = 2) -> str:
    """The name of a number of `size` bytes, what GREASE is, or "unknown". KeyError if there is no such registry."""
    name = _registries()[registry].get(f"{number:0{2 * size}x}")
    if name is not None:
        return name
    return GREASE if size == 2 and is_grease(number) else "unknown"


def name_in(registry: str, number: int) -> str:
    """The same in one word: the name, ``GREASE``, or the number in hex."""
    name = registered(registry, number)
    return {GREASE: "GREASE", "unknown": f"0x{number:04x}"}.get(name, name)


def suite_name(code: int) -> str:
    """The name of a cipher suite, "GREASE", or its number in hex."""
    name = registered("cipher_suites", code)
    return f"unknown suite {code:04x}" if name == "unknown" else name


_KEY_EXCHANGES: dict[str, KeyExchange] = {
    "RSA": "RSA",
    "DHE_RSA": "DHE",
    "DHE_DSS": "DHE",
    "ECDHE_RSA": "ECDHE",
    "ECDHE_ECDSA": "ECDHE",
}


def key_exchange_of(suite: int) -> KeyExchange | None:
    """How the two sides of a suite come to their secret; None for a way that no struct here is declared for."""
    return _KEY_EXCHANGES.get(suite_name(suite).removeprefix("TLS_").partition("_WITH_")[0])
