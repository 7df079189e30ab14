"""Makes 09-certificates.json out of the gallery of broken chains that minitls ships, each with its sound twin.

    python -m tests.conformance.make.certificates

The verdicts are what the makers of the gallery meant each chain to show (its manifest); tests/pki holds them to
`openssl verify`, and the manifest tells where OpenSSL is milder.
"""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any

from .files import ROOT, write

DEMO = ROOT / "minitls" / "pki" / "demo"
_BLOCK = re.compile(r"-----BEGIN (?:CERTIFICATE|X509 CRL)-----(.*?)-----END", re.S)


def blocks(path: Path) -> list[str]:
    """Every PEM block of a file, as hex."""
    return [base64.b64decode(each).hex() for each in _BLOCK.findall(path.read_text(errors="replace"))]


def main() -> None:
    manifest = json.loads((DEMO / "gallery" / "manifest.json").read_text())
    cases: list[dict[str, Any]] = []
    for fault in manifest["faults"]:
        for id, one, expect in (
            (fault["name"], fault, {"accepted": False, "alert": fault["alert"], "rule": fault["rule"]}),
            (f"{fault['name']}-twin", fault["twin"], {"accepted": True, "alert": None, "rule": None}),
        ):
            given: dict[str, Any] = {
                "chain": blocks(DEMO / one["chain"]),
                "roots": blocks(DEMO / ("root.pem" if one["ca"] == "demo" else one["ca"])),
                "time": fault["time"].replace("Z", "+00:00"),
                "name": one["host"],
                "needs": fault["needs"],
            }
            if one["crl"]:
                given["crls"] = blocks(DEMO / one["crl"])
            comment = fault["about"] if one is fault else f"sound, and otherwise like {fault['name']}"
            if one is fault and fault["openssl"] != "refuses it too":
                comment += f". OpenSSL: {fault['openssl']}"
            cases.append({"id": id, "comment": comment, "given": given, "expect": expect})
    write(
        "09-certificates.json",
        {
            "area": "certificates",
            "title": "Certificate chains, one fault each, and the same without it (RFC 5280, RFC 6125)",
            "source": "minitls/pki/demo/gallery, made by `python -m minitls.pki.faults.freeze`",
            "licence": "none needed: own data",
            "obtained": (
                "The fault was put in on purpose; `openssl verify` refuses it too unless the comment tells otherwise. "
                "The id of the rule is minitls's own; other implementations are judged by `accepted` alone."
            ),
            "cases": cases,
        },
        a_line_each=True,
    )


if __name__ == "__main__":
    main()
