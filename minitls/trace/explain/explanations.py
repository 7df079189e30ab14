"""Every field explained: what it is, why it is there, what goes wrong without it, and the section that says so.

The table is `prose/en/fields.json`, keyed by the kind of a field and never by its position, so an explanation cannot
drift away from the bytes. A kind is the field's path without indices; the extensions of both hellos share theirs:

    ClientHello.cipher_suites      extensions.server_name.server_name_list      Record.version      cbc.padding

Two families share one explanation each: lengths (of whatever field), and the bodies of extensions that minitls has no
struct for. A test walks every declared struct and fails on a kind that has no row.

Kinds that begin with ``der.`` are of what DER holds, by structure and member: ``der.Validity.notBefore``. Their table
is `prose/en/der.json`; what a member's row leaves out is said by the row of its structure.
"""

from __future__ import annotations

from typing import NamedTuple

from ... import prose
from ...wire.codes import ExtensionType, name_of
from ...wire.grammar import Path

LENGTH, UNREAD = "length", "unread extension"
DER = "der."
EXTENSION_TYPE = "extensions.extension_type"


class FieldExplanation(NamedTuple):
    """One row of the table; each of the first three parts is one to three whole sentences."""

    what: str
    why: str
    without: str
    """What goes wrong without it, or with a wrong one."""
    section: str
    """Where the rule stands."""
    says: str = ""
    """What the field says whatever its bytes are, in a few words; "" if that depends on them."""


def kind_of(path: Path) -> str:
    """The kind of a field: its path without indices, and without which hello an extension is in."""
    names = [part for part in path if isinstance(part, str)]
    if len(names) == 2 and names[1] in ("msg_type", "length") and names[0] not in ("Record", "additional_data"):
        return f"Handshake.{names[1]}"
    names[0] = names[0].removesuffix("ECDHE").removesuffix("DHE")
    if names[:2] in (["ClientHello", "extensions"], ["ServerHello", "extensions"]) and names[2:] != ["length"]:
        del names[0]
    return ".".join(names)


def find(kind: str) -> FieldExplanation | None:
    """The explanation of a kind of field, None if there is none."""
    if kind.startswith(DER):
        return _find_in_der(kind.removeprefix(DER))
    table = prose.rows("fields")
    family = table.get(".".join(kind.split(".")[:2]), {}) if kind.startswith("extensions.") else {}
    if kind in table:
        # What a field inside an extension leaves out is said by the extension; what that does, by its type alone.
        return FieldExplanation(**{**family, "says": "", **table[kind]})
    parent, _, last = kind.rpartition(".")
    if last == LENGTH:
        shared = FieldExplanation(**table[LENGTH])
        whose = find(parent) if parent in table else None
        return shared._replace(section=whose.section) if whose else shared
    return FieldExplanation(**table[UNREAD]) if parent == "extensions" else None


def _find_in_der(kind: str) -> FieldExplanation:
    """The explanation of a structure, a member, or an extension by its name (``Extension keyUsage``)."""
    table = prose.rows("der")
    structure, _, member = kind.partition(".")
    name = structure.partition(" ")[2] or structure
    row = table.get(name[0].upper() + name[1:]) or table.get(structure.partition(" ")[0]) or table["element"]
    return FieldExplanation(**{**row, **(table.get(kind, {}) if member else {})})


def extension_kind(number: int) -> str:
    """The kind whose explanation says what extension `number` does; for one that nobody knows, what a type is."""
    kind = f"extensions.{name_of(ExtensionType, number)}"
    return kind if kind in prose.rows("fields") else EXTENSION_TYPE


def explain(kind: str) -> FieldExplanation:
    """The explanation of a kind of field. KeyError if there is none, which is a gap in the table."""
    found = find(kind)
    if found is None:
        raise KeyError(f"no explanation for the field {kind}")
    return found
