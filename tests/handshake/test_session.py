"""What a session is, where sessions are kept, and the keys that seal them into tickets (RFC 5246 F.1.4, RFC 5077)."""

from __future__ import annotations

import hmac
import random
import threading
from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from minitls import Session, SessionCache, TicketKeys
from tests.helpers import NOW, seeded
from tests.wire.strategies import structs


def a_session(**changed: Any) -> Session:
    fields: dict[str, Any] = {
        "version": 0x0303,
        "cipher_suite": 0x009C,
        "master_secret": bytes(range(48)),
        "extended_master_secret": 1,
        "created": int(NOW.timestamp()),
        "server_name": b"localhost",
        "session_id": b"id",
        "ticket": b"",
        "ticket_lifetime_hint": 0,
        "peer_certificates": (b"DER",),
    }
    return Session(**{**fields, **changed})


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


class TestTicketKeys:
    def test_the_form_of_a_ticket(self) -> None:
        """Key name, nonce, AES-256-GCM under the key that was drawn second, with the name authenticated too."""
        drawn: list[bytes] = []
        source = seeded(3)

        def draw(size: int) -> bytes:
            drawn.append(source(size))
            return drawn[-1]

        ticket = TicketKeys(draw).seal(a_session(), NOW)
        name, key, nonce_key = drawn
        assert (len(name), len(key), len(nonce_key)) == (16, 32, 32) and ticket[:16] == name
        plaintext = AESGCM(key).decrypt(ticket[16:28], ticket[28:], name)
        assert plaintext == a_session().write()
        # Two sessions under one nonce would give away their difference; this one depends on all of the session.
        assert ticket[16:28] == hmac.digest(nonce_key, plaintext, "sha256")[:12]

    def test_what_was_sealed_is_opened(self) -> None:
        keys = TicketKeys()
        assert keys.open(keys.seal(a_session(ticket_lifetime_hint=7), NOW), NOW) == a_session(ticket_lifetime_hint=7)

    @given(st.data())
    def test_a_changed_ticket_opens_to_nothing(self, data: st.DataObject) -> None:
        keys = TicketKeys(seeded(2))
        ticket = bytearray(keys.seal(a_session(), NOW))
        ticket[data.draw(st.integers(0, len(ticket) - 1))] ^= data.draw(st.integers(1, 255))
        assert keys.open(bytes(ticket), NOW) is None

    def test_a_sealed_text_that_is_no_session_opens_to_nothing(self) -> None:
        """Hosts that share keys may run other versions of the program, with other fields in their sessions."""
        source = seeded(4)
        keys = TicketKeys(source)
        name = keys.seal(a_session(), NOW)[:16]
        again = seeded(4)
        assert again(16) == name
        sealed = AESGCM(again(32)).encrypt(bytes(12), a_session().write() + b"a field of the future", name)
        assert keys.open(name + bytes(12) + sealed, NOW) is None

    def test_a_session_that_is_too_old_or_not_yet_made_opens_to_nothing(self) -> None:
        keys = TicketKeys(lifetime=timedelta(hours=1))
        ticket = keys.seal(a_session(), NOW)
        assert keys.open(ticket, NOW + timedelta(minutes=60)) and not keys.open(ticket, NOW + timedelta(minutes=61))
        assert keys.open(ticket, NOW - timedelta(seconds=1)) is None

    def test_renewal_is_due_when_another_key_seals(self) -> None:
        keys = TicketKeys(lifetime=timedelta(hours=1))
        ticket = keys.seal(a_session(), NOW)
        assert not keys.renewal_due(ticket, NOW + timedelta(minutes=60))
        assert keys.renewal_due(ticket, NOW + timedelta(minutes=61))
        assert TicketKeys().renewal_due(ticket, NOW), "no other host seals with it"

    def test_current_and_previous_key_open_and_no_older_one(self) -> None:
        keys = TicketKeys(lifetime=timedelta(hours=1))
        # The session itself is young in each case: what goes is the key.
        tickets = []
        for hours in range(4):
            now = NOW + timedelta(hours=1.01 * hours)
            tickets.append(keys.seal(a_session(created=int((NOW + timedelta(hours=3.03)).timestamp())), now))
        now = NOW + timedelta(hours=3.03)
        assert [keys.open(ticket, now) is not None for ticket in tickets] == [False, False, True, True]

    def test_a_session_too_long_for_a_ticket_gets_an_empty_one(self) -> None:
        assert TicketKeys().seal(a_session(peer_certificates=(bytes(70000),)), NOW) == b""

    def test_threads_share_one_key(self) -> None:
        for seed in range(20):
            keys = TicketKeys(seeded(seed))
            barrier = threading.Barrier(4)
            tickets: list[bytes] = []

            def seal(keys: TicketKeys = keys, tickets: list[bytes] = tickets, barrier: Any = barrier) -> None:
                barrier.wait()
                tickets.append(keys.seal(a_session(), NOW))

            threads = [threading.Thread(target=seal) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert all(keys.open(ticket, NOW) for ticket in tickets), "a key was lost"

    @given(st.binary(max_size=300))
    def test_any_bytes_open_to_nothing(self, ticket: bytes) -> None:
        keys = TicketKeys(seeded(1))
        name = keys.seal(a_session(), NOW)[:16]
        assert keys.open(ticket, NOW) is None and keys.open(name + ticket, NOW) is None


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
