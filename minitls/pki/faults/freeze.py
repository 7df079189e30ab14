"""Makes the shipped demo PKI and the gallery anew: `python -m minitls.pki.faults.freeze [DIR]`. Developers run it.

One run makes everything, then forgets the keys of the CAs: they live only in this process.
"""

from __future__ import annotations

import json
import ssl
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ..checks import RULES
from .exhibit import Exhibit
from .issue import BEGIN, SigningKey, write_demo_pki, write_key
from .issuers import ISSUER_FAULTS
from .leaves import LEAF_FAULTS
from .recipes import Chain, Lab, revocation_list

SERVED_NEEDS = ["key_encipherment"]
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
"""The time at which the gallery is looked at, so that it never gets stale."""
FAULTS = (*LEAF_FAULTS, *ISSUER_FAULTS)


def freeze(directory: Path) -> list[Path]:
    """Every file of the demo PKI and the gallery, written into `directory`."""
    lab = Lab()
    paths = write_demo_pki(directory, lab.demo, ca_keys=False)
    files = dict(gallery(lab))
    (directory / "gallery" / "twins").mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (directory / name).write_bytes(content)
    keys: dict[str, SigningKey] = {"weak-leaf-key": lab.small, "ecdsa-leaf": lab.curve}
    for name, key in keys.items():
        write_key(directory / f"gallery/{name}.key", key, public=True)
        paths.append(directory / f"gallery/{name}.key")
    return [*paths, *(directory / name for name in files)]


def gallery(lab: Lab) -> dict[str, bytes]:
    """The files of the gallery by name, but for the keys."""
    files: dict[str, bytes] = {}
    rows = []
    for exhibit in FAULTS:
        chain = exhibit.recipe(lab, exhibit.name, True)
        files[f"gallery/{exhibit.name}.pem"] = pem(chain, exhibit.about)
        if not exhibit.well:
            files[f"gallery/twins/{exhibit.name}.pem"] = pem(
                exhibit.recipe(lab, exhibit.name, False), f"not: {exhibit.about}"
            )
        rows.append(row(exhibit))
        if exhibit.name == "revoked":
            serial = x509.load_der_x509_certificate(chain[0]).serial_number
            files["gallery/revoked.crl"] = revocation_list(lab.demo.intermediate, serial)
    files["gallery/other.pem"] = lab.other.certificate.public_bytes(Encoding.PEM)
    files["gallery/empty.crl"] = revocation_list(lab.demo.intermediate)
    files["gallery/stale.crl"] = revocation_list(lab.demo.intermediate, until=BEGIN.replace(month=6))
    manifest = {"made by": "python -m minitls.pki.faults.freeze", "faults": rows}
    files["gallery/manifest.json"] = (json.dumps(manifest, indent=1, ensure_ascii=False) + "\n").encode()
    return files


def row(exhibit: Exhibit) -> dict[str, Any]:
    """One line of the manifest."""
    question = {"host": exhibit.host, "ca": exhibit.ca, "crl": exhibit.crl}
    twin = {"chain": f"gallery/{exhibit.name}.pem" if exhibit.well else f"gallery/twins/{exhibit.name}.pem"}
    return {
        "name": exhibit.name,
        "about": exhibit.about,
        "rule": exhibit.rule,
        "alert": RULES[exhibit.rule].alert.name,
        "chain": f"gallery/{exhibit.name}.pem",
        "key": exhibit.key,
        **question,
        "time": text_of(NOON),
        "needs": SERVED_NEEDS,
        "twin": {**twin, **question, **exhibit.well},
        "openssl": exhibit.openssl or "refuses it too",
    }


def text_of(time: datetime) -> str:
    """A time as ISO 8601 with a Z."""
    return f"{time:%Y-%m-%dT%H:%M:%SZ}"


def pem(chain: Chain, about: str) -> bytes:
    """A chain as PEM under a line that says what is wrong with it; by hand, for the library may not even load it."""
    blocks = "".join(ssl.DER_cert_to_PEM_cert(each) for each in chain)
    return f"{about}\n{blocks}".encode()


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent.parent / "demo"
    print(f"{len(freeze(target))} files in {target}")
