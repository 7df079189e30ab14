"""A certificate is valid from its first second to its last one, both included (RFC 5280 section 4.1.2.5)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minitls.pki.checks.dates import span, validity
from tests.pki.chains import made, place

BEGIN, END = datetime(2025, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, 12, 30, 59, tzinfo=UTC)
CERTIFICATE = made(begin=BEGIN, end=END)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(("now", "holds"), [(BEGIN - SECOND, False), (BEGIN, True), (END, True), (END + SECOND, False)])
def test_at_both_ends(now: datetime, holds: bool) -> None:
    ((ok, told),) = validity(place(CERTIFICATE), now)
    assert ok == holds
    seen = {"from": "2025-01-01 00:00:00", "now": f"{now:%Y-%m-%d %H:%M:%S}", "until": "2030-01-01 12:30:59"}
    off = {} if holds else {"begins": "in 1 second"} if now < BEGIN else {"expired": "1 second ago"}
    assert told == {**seen, **off}


@pytest.mark.parametrize(
    ("time", "told"),
    [
        (timedelta(seconds=59), "59 seconds"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(hours=23, minutes=59), "23 hours"),
        (timedelta(days=1), "1 day"),
        (timedelta(days=4000), "4,000 days"),
    ],
)
def test_by_how_much_in_the_largest_whole_unit(time: timedelta, told: str) -> None:
    assert span(time) == told


@given(st.datetimes(datetime(1951, 1, 1), datetime(9998, 1, 1), timezones=st.just(UTC)))
def test_at_any_time(now: datetime) -> None:
    ((ok, _),) = validity(place(CERTIFICATE), now)
    assert ok == (BEGIN.timestamp() <= now.timestamp() <= END.timestamp())


def test_of_the_place_that_is_asked_about() -> None:
    issuer = made(begin=BEGIN, end=BEGIN + SECOND)
    assert [ok for at in (0, 1) for ok, _ in validity(place(CERTIFICATE, issuer, at=at), END)] == [True, False]
