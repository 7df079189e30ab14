"""Vector files: data that any implementation can be checked against, with its sources told.

A file is JSON of the shape that `vectors/schema.json` publishes:

    {"minitls_vectors": 1, "area": "prf", "title": ..., "source": ..., "licence": ..., "obtained": ...,
     "common": {inputs that all cases share}, "cases": [{"id": ..., "given": {inputs}, "expect": {values}}]}

`given` holds inputs only. `expect` holds every value that follows, in the order in which one would compute them, so
that the first one that differs is the step that went wrong. Bytes are lower-case hex. The data lies once in the
repository, in the top-level vectors/, which `minitls/vectors` links to and every wheel contains.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

_PACKAGED = Path(__file__).parents[2] / "vectors"
#: Where the shipped files lie. A checkout without symbolic links has only the directory that the link leads to.
DIRECTORY = _PACKAGED if _PACKAGED.is_dir() else _PACKAGED.parent.parent / "vectors"


class BadVectorFile(ValueError):
    """A file that cannot be read or does not fit the schema; the message names file, case and field."""


@dataclass(frozen=True)
class Case:
    """One case: inputs, and the values that follow from them, in order."""

    id: str
    given: Mapping[str, Any]
    expect: Mapping[str, Any]


@dataclass(frozen=True)
class VectorFile:
    """One file of cases of one area."""

    path: Path
    area: str
    title: str
    cases: tuple[Case, ...]


def shipped() -> list[Path]:
    """The files that come with minitls, in the order in which one would implement TLS."""
    return sorted(DIRECTORY.glob("[0-9]*.json"))


def load(path: Path) -> VectorFile:
    """A file of our own form. BadVectorFile if it is missing, no JSON, or does not fit the schema."""
    return parse(path, read_json(path))


def read_json(path: Path) -> Any:
    """The JSON in a file. BadVectorFile tells why if there is none."""
    try:
        return json.loads(path.read_bytes())
    except OSError as fault:
        raise BadVectorFile(f"{path}: cannot be read: {fault.strerror or fault}") from None
    except (ValueError, RecursionError) as fault:
        raise BadVectorFile(f"{path}: this is no JSON: {fault}") from None


def parse(path: Path, document: Any) -> VectorFile:
    """The cases of a document in our own form; `path` is for messages. BadVectorFile if it does not fit the schema."""
    check(document, validator(), str(path))
    common = document.get("common", {})
    cases = [Case(case["id"], {**common, **case["given"]}, case["expect"]) for case in document["cases"]]
    seen: set[str] = set()
    for case in cases:
        if case.id in seen:
            raise BadVectorFile(f"{path}: case {case.id}: the id stands twice")
        seen.add(case.id)
    return VectorFile(path, document["area"], document["title"], tuple(cases))


@lru_cache(maxsize=1)
def validator() -> Draft202012Validator:
    """The schema of vector files, ready to use."""
    from jsonschema import Draft202012Validator  # 60 ms that only those who read vector files should pay.

    return Draft202012Validator(json.loads((DIRECTORY / "schema.json").read_bytes()))


def check(document: Any, schema: Draft202012Validator, name: str) -> None:
    """BadVectorFile with file, case and field if `document` does not fit."""
    error = next(schema.iter_errors(document), None)
    if error is not None:
        text = error.message if len(error.message) < 160 else f"{error.message[:80]} ... {error.message[-70:]}"
        raise BadVectorFile(f"{name}: {_place(document, error.absolute_path)}{text}")


def _place(document: Any, path: Iterable[str | int]) -> str:
    """``case one, given.secret: `` for the path of a schema error."""
    parts = list(path)
    case = ""
    if len(parts) >= 2 and parts[0] == "cases":
        entry = document["cases"][parts[1]]
        named = entry.get("id") if isinstance(entry, dict) else None
        case = f"case {named if isinstance(named, str) else f'number {int(parts[1]) + 1}'}"
        parts = parts[2:]
    field = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts).removeprefix(".")
    place = ", ".join(part for part in (case, f"field {field}" if field else "") if part)
    return f"{place}: " if place else ""
