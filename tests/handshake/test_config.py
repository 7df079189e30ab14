"""A configuration: what it refuses, in a sentence, and what it does when it is told nothing."""

from __future__ import annotations

import os
from dataclasses import FrozenInstanceError, fields
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import certifi
import pytest

from minitls import ClientConfig, Credential, ServerConfig, SessionCache, TicketKeys
from minitls.handshake.config import Config
from tests.handshake import certificates
from tests.helpers import DEMO, NOW, client_config, credential, seeded, server_config, trust


class TestBoth:
    @pytest.mark.parametrize(
        ("given", "told"),
        [
            ({"cipher_suites": ()}, "cipher_suites is empty"),
            ({"cipher_suites": ("AES128-SHA", "RC4-MD5")}, "unknown cipher suite 'RC4-MD5'"),
            ({"alpn": ("",)}, "1 to 255 bytes"),
            ({"alpn": ("h2", "x" * 256)}, "1 to 255 bytes"),
            ({"alpn": ("\u00e9" * 128,)}, "1 to 255 bytes"),  # 256 bytes in UTF-8.
            ({"record_size_limit": 63}, r"record_size_limit is 63, not in 64\.\.16384"),
            ({"record_size_limit": 16385}, r"record_size_limit is 16385, not in 64\.\.16384"),
            ({"record_size_limit": 0}, "record_size_limit is 0"),
        ],
    )
    def test_what_cannot_be_is_refused_when_it_is_made(self, given: dict[str, Any], told: str) -> None:
        for make in (client_config, server_config):
            with pytest.raises(ValueError, match=told):
                make(**given)

    @pytest.mark.parametrize(
        "given",
        [
            {"record_size_limit": 64},
            {"record_size_limit": 16384},
            {"alpn": ("x" * 255, "\u00e9" * 127)},
            {"cipher_suites": ("aes128-sha",)},
        ],
    )
    def test_what_is_just_allowed(self, given: dict[str, Any]) -> None:
        for make in (client_config, server_config):
            ((name, value),) = given.items()
            assert getattr(make(**given), name) == value

    def test_suites_in_the_order_given_by_either_name(self) -> None:
        """RFC 5246 appendix A.5 and RFC 5288 give the numbers."""
        config = client_config(cipher_suites=("AES256-SHA", "TLS_RSA_WITH_AES_128_GCM_SHA256", "AES128-SHA256"))
        assert [suite.code for suite in config.suites] == [0x0035, 0x009C, 0x003C]

    def test_all_six_suites_unless_told_otherwise(self) -> None:
        assert sorted(suite.code for suite in client_config().suites) == [0x2F, 0x35, 0x3C, 0x3D, 0x9C, 0x9D]

    def test_frozen(self) -> None:
        for field in fields(Config):
            with pytest.raises(FrozenInstanceError):
                setattr(client_config(), field.name, None)

    def test_safe_by_default(self) -> None:
        assert client_config().extended_master_secret and client_config().encrypt_then_mac
        assert server_config().extended_master_secret and server_config().encrypt_then_mac


class TestTime:
    def test_a_clock_without_a_zone_is_taken_as_utc(self) -> None:
        assert client_config(now=lambda: datetime(2026, 3, 1, 12)).time() == datetime(2026, 3, 1, 12, tzinfo=UTC)

    def test_a_clock_in_another_zone_tells_the_same_moment(self) -> None:
        east = timezone(timedelta(hours=5))
        assert client_config(now=lambda: datetime(2026, 3, 1, 17, tzinfo=east)).time() == NOW

    def test_the_clock_of_the_machine_unless_told_otherwise(self) -> None:
        before = datetime.now(UTC)
        assert before <= ClientConfig(trust=trust()).time() <= datetime.now(UTC)

    def test_who_injects_randomness_wants_to_reproduce(self) -> None:
        assert client_config(random=seeded(1)).reproducible
        assert not client_config().reproducible and not client_config(random=os.urandom).reproducible


class TestClient:
    @pytest.mark.parametrize("length", [512, 1024, 2048, 4096])
    def test_the_four_lengths_of_rfc_6066(self, length: int) -> None:
        assert client_config(max_fragment_length=length).max_fragment_length == length

    @pytest.mark.parametrize("length", [0, 1, 511, 513, 8192, 16384])
    def test_no_other_length(self, length: int) -> None:
        with pytest.raises(ValueError, match=rf"max_fragment_length is {length}, not one of \[512, 1024, 2048, 4096\]"):
            client_config(max_fragment_length=length)

    def test_it_trusts_the_built_in_roots_and_keeps_no_sessions(self) -> None:
        config = ClientConfig()
        assert config.sessions is None and config.credential is None
        in_the_files = sum(
            file.read_bytes().count(b"BEGIN CERT") for file in (DEMO / "root.pem", Path(certifi.where()))
        )
        assert len(config.trust.roots) + len(config.trust.skipped) == in_the_files > 50


class TestServer:
    def test_without_a_credential_there_is_no_server(self) -> None:
        with pytest.raises(ValueError, match="a server needs a credential"):
            ServerConfig(credentials=())

    def test_every_credential_must_be_able_to_decrypt(self) -> None:
        der, key = certificates.client("P-256")
        with pytest.raises(ValueError, match="need an RSA key"):
            server_config(credentials=(credential(), Credential((der,), key)))

    def test_who_requires_certificates_must_say_whom_to_trust(self) -> None:
        with pytest.raises(ValueError, match="require_client_certificate needs client_trust"):
            server_config(require_client_certificate=True)
        assert server_config(require_client_certificate=True, client_trust=trust()).require_client_certificate

    def test_ticket_keys_are_drawn_for_each_configuration(self) -> None:
        one, other = server_config(), server_config()
        assert isinstance(one.sealing, TicketKeys) and one.sealing is one.ticket_keys is not other.ticket_keys

    def test_ticket_keys_that_are_given_are_used(self) -> None:
        keys = TicketKeys()
        assert server_config(ticket_keys=keys).sealing is keys
        assert server_config(ticket_keys=keys, random=seeded(1)).sealing is keys

    def test_none_are_drawn_on_the_side_of_injected_randomness(self) -> None:
        assert server_config(random=seeded(1)).sealing is None

    def test_without_tickets_nothing_is_sealed(self) -> None:
        assert server_config(tickets=False).sealing is None
        assert server_config(tickets=False, ticket_keys=TicketKeys()).sealing is None

    def test_two_configurations_share_no_sessions(self) -> None:
        one, other = server_config(), server_config()
        assert isinstance(one.sessions, SessionCache) and one.sessions is not other.sessions

    def test_the_credential_for_a_name(self) -> None:
        der, key = certificates.server("other.test", "*.wild.test")
        other = Credential((der,), key)
        config = server_config(credentials=(credential(), other))
        assert config.credential_for(None) is credential()
        assert config.credential_for("LocalHost") is credential()
        assert config.credential_for("other.test") is config.credential_for("a.wild.test") is other
        assert config.credential_for("wild.test") is config.credential_for("elsewhere.test") is None
