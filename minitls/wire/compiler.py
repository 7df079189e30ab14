"""From the declaration of a struct to the reader and the writer that one would write by hand.

Walking a declaration field by field costs two calls a field for every message; this module walks it once, when a
struct is first read or written, and leaves a Python function behind. Of

    class CertificateVerify(HandshakeMessage):
        algorithm: int = wire(uint16)
        signature: bytes = wire(opaque(0, 0xFFFF))

it makes

    def read(data, at, end):
        start = at
        if at + 4 > end: return in_words(data, start, end)
        algorithm, signature_length, = unpack_4(data, at); at += 4
        signature_end = at + signature_length
        if signature_end > end: return in_words(data, start, end)
        signature = data[at:signature_end]; at = signature_end
        value = new(cls)
        value.__dict__.update(algorithm=algorithm, signature=signature)
        return value, at

What is made knows only what is right. At the first doubt it hands over to `in_words`, the walk field by field, which
finds the same fault and says what and where it is: so the words for an error stand once, in the kinds (`grammar.py`),
and a compiled reader cannot accept what the walk refuses. Each kind writes its own part, by the verbs of `Reader` and
`Writer`; a kind that does not is called.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from struct import Struct as Layout
from struct import error as PackError
from typing import Any

from ..errors import DecodeError

#: What `struct` calls an unsigned number of so many bytes. There is none of three: it is read as one and two.
FORMATS = {1: "B", 2: "H", 4: "I", 8: "Q"}
#: What the functions below call their own.
_OWN = frozenset(
    ("data", "at", "start", "end", "value", "cls", "new", "self", "wrong", "in_words", "len", "tuple", "unpack_from")
)


class _Function:
    """Lines of one Python function, and the objects that they name; `title` stands for a file in tracebacks."""

    def __init__(self, title: str, head: str) -> None:
        self._title = title
        self._lines = [head]
        self._indent = "    "
        self._known: dict[str, Any] = {}

    def line(self, text: str) -> None:
        """One statement."""
        self._lines.append(self._indent + text)

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        """The lines of the body stand under `head`."""
        self.line(head)
        self._indent += "    "
        yield
        self._indent = self._indent[:-4]

    def variable(self, field: str) -> str:
        """The local variable for a field, whose name may be one that a function here has already."""
        return f"{field}_" if field in _OWN else field

    def name(self, wish: str, meant: object) -> str:
        """A name for `meant` in the function."""
        while self._known.setdefault(wish, meant) is not meant:
            wish += "_"
        return wish

    @property
    def source(self) -> str:
        """The function as text."""
        return "\n".join(self._lines) + "\n"

    def made(self) -> Callable[..., Any]:
        """The function itself, the only one in the source."""
        # The source is made of declarations in this program and nothing else: of no byte that anybody sends.
        before = {*self._known, "__builtins__"}
        exec(compile(self.source, f"<{self._title}>", "exec"), self._known)
        (made,) = (value for name, value in self._known.items() if name not in before)
        return made  # type: ignore[no-any-return]  # What `def` leaves behind is a function.


class Reader(_Function):
    """The reader of one struct as it is written: it takes `data`, from `at` to `end`, and moves `at` on."""

    def __init__(self, title: str, in_words: Callable[..., Any]) -> None:
        super().__init__(title, "def read(data, at, end):")
        self.name("in_words", in_words)
        self.name("DecodeError", DecodeError)
        self.end = "end"
        """The name of the offset that what is being read may not pass."""
        self._run: list[tuple[str, str]] = []
        self._after_run: list[str] = []
        self._path: list[str] = []
        self.line("start = at")

    def number(self, size: int, target: str) -> None:
        """An unsigned number of 1, 2, 3, 4 or 8 bytes; `target` holds it after the next `settle`."""
        if size == 3:
            self._run += [("B", f"{target}_high"), ("H", f"{target}_low")]
            self._after_run.append(f"{target} = {target}_high << 16 | {target}_low")
        else:
            self._run.append((FORMATS[size], target))

    def octets(self, size: int, target: str) -> None:
        """`size` bytes; `target` holds them after the next `settle`."""
        self._run.append((f"{size}s", target))

    def settle(self) -> None:
        """Unpack the run of fields of fixed size that has come together, in one step."""
        if not self._run:
            return
        layout = Layout("!" + "".join(form for form, _ in self._run))
        unpack = self.name(f"unpack_{layout.size}", layout.unpack_from)
        self.doubt(f"at + {layout.size} > {self.end}")
        self.line(f"{', '.join(target for _, target in self._run)}, = {unpack}(data, at); at += {layout.size}")
        for text in self._after_run:
            self.line(text)
        self._run, self._after_run = [], []

    def doubt(self, condition: str) -> None:
        """Something is wrong if `condition` holds: let the walk say what."""
        self.line(f"if {condition}: return in_words(data, start, end)")

    def call(self, read: Callable[..., Any], target: str) -> None:
        """Leave a value to its own reader."""
        self.settle()
        self.attempt(f"{target}, at = {self.name(f'read_{target}', read)}(data, at, {self.end})")

    def attempt(self, text: str) -> None:
        """A statement in which another reader is called: it has the words for its error, and we where it stands."""
        with self.block("try:"):
            self.line(text)
        with self.block("except DecodeError as wrong:"):
            within = "".join(f".within({part})" for part in reversed(self._path))
            self.line(f"raise wrong{within} from None")

    @contextmanager
    def inside(self, part: str) -> Iterator[None]:
        """What is read in here is `part` of the path (an expression): the name of a field, or an index."""
        self._path.append(part)
        yield
        self._path.pop()

    @contextmanager
    def until(self, end: str) -> Iterator[None]:
        """What is read in here may not pass `end`."""
        before, self.end = self.end, end
        yield
        self.end = before


class Writer(_Function):
    """The writer of one struct as it is written: the bytes of `self`, piece by piece."""

    def __init__(self, title: str, in_words: Callable[..., Any]) -> None:
        super().__init__(title, "def write(self):\n    try:")
        self._indent += "    "
        self.name("in_words", in_words)
        self.name("DOUBTS", (PackError, ValueError, TypeError, AttributeError, OverflowError))
        self._run: list[tuple[str, str]] = []
        self._pieces: list[str] = []
        self._doubts: list[str] = []

    def number(self, size: int, value: str) -> None:
        """An unsigned number of 1, 2, 4 or 8 bytes; `value` is an expression, as in all that follows."""
        self._run.append((FORMATS[size], value))

    def octets(self, value: str) -> None:
        """Bytes as they are."""
        self._settle()
        self._pieces.append(value)

    def doubt(self, condition: str) -> None:
        """The value does not fit if `condition` holds: let the walk say why."""
        self._doubts.append(condition)

    def call(self, write: Callable[[Any], bytes], value: str) -> None:
        """Leave a value to its own writer."""
        self.octets(f"{self.name(f'write_{value}', write)}({value})")

    def _settle(self) -> None:
        if self._run:
            layout = Layout("!" + "".join(form for form, _ in self._run))
            pack = self.name(f"pack_{layout.size}", layout.pack)
            self._pieces.append(f"{pack}({', '.join(value for _, value in self._run)})")
            self._run = []

    def close(self) -> None:
        """Return the pieces, joined. What `struct` or a value of another type raises is a doubt as well."""
        self._settle()
        if self._doubts:
            self.line(f"if {' or '.join(self._doubts)}: return in_words(self)")
        # What is packed is bytes; a piece that comes as it is might be anything, and must not get through alone.
        if not self._pieces or not self._pieces[0].startswith("pack_"):
            self._pieces.insert(0, repr(b""))
        self.line(f"return {' + '.join(self._pieces)}")
        self._indent = self._indent[:-4]
        self.line("except DOUBTS:")
        self.line("    return in_words(self)")
