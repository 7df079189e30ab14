"""The certificates of a comparison: a fresh RSA-2048 root, and the RSA-2048 server certificate that it issued."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from ..pki.faults.issue import certificate_pem, hold, key_pem, root_plan, server_plan

#: The name that clients dial.
HOST = "server.test"


class Credentials(NamedTuple):
    """PEM files in `folder`. The root is all that clients trust, and the server sends its own certificate alone."""

    folder: Path

    @property
    def root(self) -> Path:
        return self.folder / "root.pem"

    @property
    def leaf(self) -> Path:
        return self.folder / "leaf.pem"

    @property
    def key(self) -> Path:
        """The leaf's private key, PKCS#8."""
        return self.folder / "leaf.key"

    @classmethod
    def make(cls, folder: Path) -> Credentials:
        """New keys and certificates, written to `folder`; they serve for one run and are thrown away."""
        made = cls(folder)
        root = hold(root_plan("benchmark root", permitted=()))
        leaf = hold(server_plan("benchmark server", HOST), root)
        made.root.write_text(certificate_pem(root.certificate))
        made.leaf.write_text(certificate_pem(leaf.certificate))
        made.key.write_text(key_pem(leaf.key))
        return made
