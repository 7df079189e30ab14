"""What teaches, by key: every sentence stands in a file that people edit, and none between lines of code.

    en/fields.json                  what a field is, why it is there, what goes wrong without it
    en/der.json                     the same of what certificates hold, by structure and member of RFC 5280
    en/{messages,derivations}.json  what happens in such a step and why; steps.json and notes.json for the other kinds
    en/rules.json                   what a certificate rule says if it holds, if it is broken, and what it keeps away
    en/advice.json                  what helps in a particular case, where a rule's remedy for all is too little
    en/hints.json                   what to try when a server answers the very first message with no handshake
    en/mistakes.json                how a mistake is told, and how it is mended
    en/reasons.json                 why a captured connection stays closed; {words in braces} are filled in

A file is a topic: rows by key, each of a few parts. The section of an RFC that a row rests on stands in the row, unless
code has a table of its own with such facts, as for rules and mistakes; then it stands there.

Another language is one more folder with the same files. It is chosen by argument or by the environment variable
MINITLS_LANG; whatever it lacks, be it a part, a row, a file or all of them, is told in English. Files are read when
somebody asks for their words, never before: who only wants a connection reads none.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

FOLDER = Path(__file__).parent
ENGLISH = "en"

#: The parts of one row, by name.
Row = Mapping[str, str]


def rows(topic: str, language: str | None = None) -> Mapping[str, Row]:
    """Every row of a topic by its key, in the order of the English file."""
    return _rows(FOLDER, topic, language or os.environ.get("MINITLS_LANG") or ENGLISH)


def row(topic: str, key: str, language: str | None = None) -> Row:
    """One row. KeyError if there is none, which is a gap in the English file."""
    return rows(topic, language)[key]


def language_of(topic: str, key: str, language: str | None = None) -> str:
    """The language in which a row is told, for HTML's `lang`: English unless it has words of its own."""
    wanted = language or os.environ.get("MINITLS_LANG") or ENGLISH
    return wanted if rows(topic, wanted).get(key) != rows(topic, ENGLISH).get(key) else ENGLISH


@lru_cache(maxsize=64)
def _rows(folder: Path, topic: str, language: str) -> dict[str, Row]:
    english = _read(folder / ENGLISH / f"{topic}.json")
    try:
        other = _read(folder / language / f"{topic}.json") if language != ENGLISH else {}
    except OSError:  # No such language, or it has no such file.
        other = {}
    return {key: {**parts, **other.get(key, {})} for key, parts in english.items()}


def _read(path: Path) -> dict[str, dict[str, str]]:
    import json  # Not at the top: a connection needs neither these files nor what reads them.

    read: dict[str, dict[str, str]] = json.loads(path.read_text(encoding="utf-8"))
    return read
