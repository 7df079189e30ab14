"""Makes the shipped demo PKI anew: `python -m minitls.pki.freeze [DIR]`. Run by developers, seldom.

One run makes everything, then forgets the keys of the CAs: they live only in this process.
"""

from __future__ import annotations

import sys
from pathlib import Path

from .issue import make_demo_pki, write_files


def freeze(directory: Path) -> list[Path]:
    """Every file of the demo PKI, written into `directory`."""
    return write_files(directory, make_demo_pki(), ca_keys=False)


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "demo"
    for path in freeze(target):
        print(path.relative_to(target))
