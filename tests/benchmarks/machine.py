"""Where and when it was measured: without that a figure says nothing."""

from __future__ import annotations

import os
import platform
import ssl
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from cryptography.hazmat.backends.openssl import backend

#: Packages whose version matters, by what they are called on the index.
PACKAGES = ("cryptography", "pyOpenSSL", "tlslite-ng")


def machine() -> dict[str, str]:
    """Date (UTC), processor, cores, Python, both OpenSSLs and the packages that are installed."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "processor": processor(),
        "cores": str(len(os.sched_getaffinity(0))),
        "python": platform.python_version(),
        "ssl": " ".join(ssl.OPENSSL_VERSION.split()[:2]),
        "libcrypto": " ".join(backend.openssl_version_text().split()[:2]),
        **installed(),
    }


def installed() -> dict[str, str]:
    """The versions of PACKAGES, without those that are not there."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def processor() -> str:
    """As Linux calls it, else the architecture."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
