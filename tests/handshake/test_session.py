"""What a session is, where sessions are kept, and the keys that seal them into tickets (RFC 5246 F.1.4, RFC 5077)."""

from __future__ import annotations

import random
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from minitls import Session, SessionCache
from tests.helpers import NOW, a_session
from tests.wire.strategies import structs


class TestSession:
    def test_its_form(self) -> None:
        """Stores outlive the program that filled them: the bytes are written out here, field by field."""
        session = a_session(
            master_secret=b"M" * 48,
            created=0x0102030405060708,
            ticket=b"tt",
            ticket_lifetime_hint=300,
            peer_certificates=(b"DER", b"x"),
            max_fragment_length=512,
        )
        written = (
            *("0303", "009c", "4d" * 48, "01", "0102030405060708"),
            *("0009" + b"localhost".hex(), "02" + b"id".hex(), "0002" + b"tt".hex(), "0000012c"),
            *("00000a", "000003" + b"DER".hex(), "000001" + b"x".hex(), "0200"),
        )
        assert session.write().hex() == "".join(written)

    @given(structs(Session))
    def test_it_survives_being_stored_as_bytes(self, session: Session) -> None:
        assert Session.parse(session.write()) == session

    @given(st.integers(-(10**6), 10**6), st.integers(1, 10**5))
    def test_it_lives_from_its_creation_for_its_lifetime(self, age: int, seconds: int) -> None:
        expired = a_session().expired(NOW + timedelta(seconds=age), timedelta(seconds=seconds))
        assert expired == (age < 0 or age > seconds)


class TestCache:
    def test_the_oldest_goes_when_it_is_full(self) -> None:
        cache = SessionCache(size=3)
        for number in range(5):
            cache.store(bytes([number]), a_session())
        assert len(cache) == 3
        assert [cache.fetch(bytes([number]), NOW) is not None for number in range(5)] == [
            False,
            False,
            True,
            True,
            True,
        ]

    def test_storing_again_makes_young(self) -> None:
        cache = SessionCache(size=2)
        for key in (b"a", b"b", b"a", b"c"):
            cache.store(key, a_session())
        assert cache.fetch(b"b", NOW) is None and cache.fetch(b"a", NOW)

    def test_what_expired_is_gone(self) -> None:
        cache = SessionCache(lifetime=timedelta(minutes=1))
        cache.store(b"a", a_session())
        assert cache.fetch(b"a", NOW + timedelta(seconds=60))
        assert cache.fetch(b"a", NOW + timedelta(seconds=61)) is None and len(cache) == 0

    def test_forgetting(self) -> None:
        cache = SessionCache()
        cache.store(b"a", a_session())
        cache.forget(b"nothing")
        assert cache.fetch(b"a", NOW)
        cache.forget(b"a")
        assert cache.fetch(b"a", NOW) is None and len(cache) == 0

    def test_three_thousand_clients_take_no_more_room_than_allowed(self) -> None:
        cache, rng = SessionCache(), random.Random(1)
        for _ in range(3000):
            cache.store(rng.randbytes(32), a_session())
        assert len(cache) == 1000
