"""Every field explained: what it is, why it is there, what goes wrong without it, and the section that says so.

One table, keyed by the kind of a field and never by its position, so an explanation cannot drift away from the bytes.
A kind is the field's path without indices; the extensions of both hellos share theirs:

    ClientHello.cipher_suites      extensions.server_name.server_name_list      Record.version      cbc.padding

Two families share one explanation each: lengths (of whatever field), and the bodies of extensions that minitls has no
struct for. A test walks every declared struct and fails on a kind that has no row.
"""

from __future__ import annotations

from ...wire.grammar import Path
from .entry import Explanation
from .extensions import EXTENSIONS
from .hellos import HELLOS
from .layers import LAYERS
from .messages import MESSAGES

TABLE: dict[str, Explanation] = {**LAYERS, **HELLOS, **EXTENSIONS, **MESSAGES}

_LENGTH = Explanation(
    "The number of bytes that the following field takes.",
    "The field may have any length in its range, so the reader must be told where it ends before it reads it.",
    "A reader that believes a length without comparing it with what is really there reads other memory, as in "
    "Heartbleed (CVE-2014-0160); one that ignores bytes left over lets two readers see two different messages.",
    "RFC 5246 section 4.3",
)
_UNREAD = Explanation(
    "The body of an extension that TLS 1.2 with RSA key exchange has no use for; kept as bytes.",
    "Extensions are how the protocol grows: who does not know one steps over it by its length.",
    "If unknown ones were refused, no new one could ever be deployed; GREASE values (RFC 8701) keep servers honest.",
    "RFC 5246 section 7.4.1.4",
)


def kind_of(path: Path) -> str:
    """The kind of a field: its path without indices, and without which hello an extension is in."""
    names = [part for part in path if isinstance(part, str)]
    if len(names) == 2 and names[1] in ("msg_type", "length") and names[0] not in ("Record", "additional_data"):
        return f"Handshake.{names[1]}"
    names[0] = names[0].removesuffix("ECDHE").removesuffix("DHE")
    if names[:2] in (["ClientHello", "extensions"], ["ServerHello", "extensions"]) and names[2:] != ["length"]:
        del names[0]
    return ".".join(names)


def find(kind: str) -> Explanation | None:
    """The explanation of a kind of field, None if there is none."""
    if kind in TABLE:
        return TABLE[kind]
    parent, _, last = kind.rpartition(".")
    if last == "length":
        about = TABLE.get(parent)
        return _LENGTH._replace(section=about.section) if about else _LENGTH
    return _UNREAD if parent == "extensions" else None


def explain(kind: str) -> Explanation:
    """The explanation of a kind of field. KeyError if there is none, which is a gap in the table."""
    found = find(kind)
    if found is None:
        raise KeyError(f"no explanation for the field {kind}")
    return found
