"""Session tickets: what is sealed opens, for as long as its key lives, and nothing else does."""

from __future__ import annotations

import hmac
import threading
from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from minitls import TicketKeys
from tests.helpers import NOW, a_session, seeded


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
