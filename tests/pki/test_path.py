"""The question: what may be asked; any bytes get a verdict, never an exception, and never the good one by mistake."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as some

from minitls.errors import AlertDescription
from minitls.pki import Purpose, demo, verify_chain
from tests.pki.chains import DEMO, INTERMEDIATE, LEAF, NOW, ask, rules


@pytest.mark.parametrize("name", ["localhost", "LOCALHOST", "127.0.0.1", "::1", "0:0::1"])
def test_the_demo_chain_is_good_for_its_names(name: str) -> None:
    verdict = ask(LEAF, INTERMEDIATE, name=name)
    assert verdict.ok
    assert [each.label for each in verdict.path] == [
        "minitls demo server",
        "minitls demo intermediate",
        "minitls demo root",
    ]


@pytest.mark.parametrize("name", ["example.org", "localhost.", "a.localhost", "127.0.0.2", "", "*", "x" * 300, "\0"])
def test_and_for_no_others(name: str) -> None:
    assert rules(ask(LEAF, INTERMEDIATE, name=name)) == {"name"}


def test_a_clients_certificate_is_asked_for_its_purpose() -> None:
    needs = frozenset(("digital_signature",))
    ask_client = {"trust": DEMO, "now": NOW, "name": None, "purpose": Purpose.client, "needs": needs}
    assert verify_chain(demo.client_chain(), **ask_client).ok  # type: ignore[arg-type]  # A dict of mixed values.
    refused = verify_chain((LEAF, INTERMEDIATE), **ask_client)  # type: ignore[arg-type]  # A dict of mixed values.
    assert (rules(refused), refused.alert) == ({"purpose"}, AlertDescription.unsupported_certificate)


def test_time_is_whole_seconds_of_any_zone() -> None:
    edge = datetime(2025, 1, 1, tzinfo=UTC)
    assert ask(LEAF, INTERMEDIATE, now=edge).ok
    assert rules(ask(LEAF, INTERMEDIATE, now=edge - timedelta(microseconds=1))) == {"validity"}
    end = datetime(2049, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
    assert ask(LEAF, INTERMEDIATE, now=end).ok
    assert ask(LEAF, INTERMEDIATE, now=end.astimezone(timezone(timedelta(hours=-11)))).ok
    assert not ask(LEAF, INTERMEDIATE, now=end + timedelta(microseconds=1)).ok


@pytest.mark.parametrize(
    "wrong",
    [{"now": datetime(2026, 1, 1)}, {"needs": frozenset(("everything",))}, {"name": None}],
)
def test_misuse_is_a_value_error(wrong: dict[str, object]) -> None:
    question = {"trust": DEMO, "now": NOW, "name": "localhost", **wrong}
    with pytest.raises(ValueError, match=r"aware|needs may be|dialled"):
        verify_chain((LEAF,), **question)  # type: ignore[arg-type]  # Wrong values are what is tested.


NO_CERTIFICATES = (
    b"",
    b"\0",
    b"not a certificate",
    b"\x30",
    b"\x30\x84" + b"\xff" * 80,
    LEAF[:-1],
    LEAF[:40],
    LEAF + b"\0",
)


@pytest.mark.parametrize("data", NO_CERTIFICATES)
def test_bytes_that_are_no_certificate(data: bytes) -> None:
    verdict = ask(data, INTERMEDIATE)
    assert (rules(verdict), verdict.alert) == ({"readable"}, AlertDescription.bad_certificate)
    assert verdict.leaf is None


@pytest.mark.slow
def test_every_byte_of_the_chain_counts() -> None:
    """No single bit turned over anywhere in leaf or intermediate leaves an acceptable chain."""
    for which, data in enumerate((LEAF, INTERMEDIATE)):
        for position in range(len(data)):
            changed = [LEAF, INTERMEDIATE]
            changed[which] = data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :]
            assert not ask(*changed).ok, f"certificate {which}, byte {position}"


@given(some.data())
def test_no_bytes_raise(data: some.DataObject) -> None:
    """Certificates with a piece cut out, doubled or exchanged: a verdict, and never the good one."""
    chain = [LEAF, INTERMEDIATE]
    which = data.draw(some.integers(0, 1))
    original = chain[which]
    start = data.draw(some.integers(0, len(original) - 1))
    end = data.draw(some.integers(start, min(len(original), start + 40)))
    piece = data.draw(some.binary(max_size=40))
    chain[which] = original[:start] + piece + original[end:]
    verdict = ask(*chain)
    assert verdict.ok == (chain == [LEAF, INTERMEDIATE])
    assert all(each.isprintable() for step in verdict.steps for each in (step.certificate, *step.values.values()))
