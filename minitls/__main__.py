"""The `minitls` command, also as `python -m minitls`; where a library is missing, it says which install line helps.

`pip install minitls` brings the library alone, which needs no command line. So nothing here may import one.
"""

from __future__ import annotations

import sys

#: What the commands need beyond the library, by the extra of pyproject.toml that brings it.
EXTRAS = {"cli": ("click", "rich", "textual", "jinja2", "markupsafe", "jsonschema"), "capture": ("scapy",)}
EXTRA_OF = {library: extra for extra, libraries in EXTRAS.items() for library in libraries}


def main() -> None:
    """The console script. A missing library is wrong usage: one sentence and exit status 2."""
    try:
        from .cli.main import main as command

        command()
    except ModuleNotFoundError as missing:
        library = (missing.name or "").partition(".")[0]
        if library not in EXTRA_OF:
            raise
        install = f"pip install 'minitls[{EXTRA_OF[library]}]'"
        print(f"minitls: this needs {library}, which is not installed: {install}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
