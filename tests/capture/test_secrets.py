"""Keys and key logs: every kind of line, and files that hold neither."""

from __future__ import annotations

from pathlib import Path

import pytest

from minitls.capture.capture_file import CaptureError
from minitls.capture.secrets import Secrets, read_key, read_key_log
from tests.trace.captures import recording, run
from tests.trace.packets import packets, pcap, server_key

pytest.importorskip("scapy")


def test_all_kinds_of_lines_are_understood_and_others_stepped_over(tmp_path: Path) -> None:
    path = tmp_path / "keys.log"
    random, secret, session = "aa" * 32, "bb" * 48, "cc" * 32
    path.write_text(
        f"\ufeff# comment\r\nCLIENT_RANDOM {random} {secret}\r\nRSA {'dd' * 8} {secret}\r\n"
        f"PMS_CLIENT_RANDOM {random} {secret}\nRSA Session-ID:{session} Master-Key:{secret}\n"
        f"CLIENT_TRAFFIC_SECRET_0 {'ee' * 32} {'ff' * 32}\nCLIENT_RANDOM {random} {'12' * 5}\nCLIENT_RANDOM zz yy\n\n",
        encoding="utf-8",
    )
    secrets = Secrets()
    secrets.add_log(read_key_log(path))
    assert secrets.lines == 5
    assert secrets.master(bytes.fromhex(random)) == bytes.fromhex(secret)
    assert secrets.pre_master(bytes(32), bytes.fromhex("dd" * 8) + bytes(248)) == bytes.fromhex(secret)
    assert secrets.session(bytes.fromhex(session)) == bytes.fromhex(secret)
    assert secrets.knows_tls13(bytes.fromhex("ee" * 32))
    with pytest.raises(CaptureError, match="RSA keys"):
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

        other = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (tmp_path / "ed.key").write_bytes(other)
        read_key(tmp_path / "ed.key")


def test_bad_secrets_are_told_in_a_sentence(tmp_path: Path) -> None:
    capture = pcap(tmp_path / "c.pcap", packets(recording(0).flows))
    public = server_key().parent / "server.pem"
    for option, path, told in (
        ("--key", public, "no private key"),
        ("--key", capture, "no private key"),
        ("--keylog", capture, "no key log"),
    ):
        done = run(capture, option, path, "-o", tmp_path / "t.jsonl")
        assert done.exit_code == 1
        assert told in done.output
