"""Fields as a tree: what is short is flat, what is long is closed until somebody opens it, and no field is lost."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from minitls.render.outline import MANY, TreeNode, outline, place_of, visible
from minitls.trace.explain import annotate
from minitls.trace.explain.annotate import AnnotatedField
from minitls.trace.file.events import Message
from minitls.wire.grammar import Path
from tests.trace.conversations import FLAVOURS, recorded

LIST = ("Certificate", "certificate_list", 0)
TBS = (*LIST, "tbsCertificate")


def fields(*paths: Path) -> list[AnnotatedField]:
    """A byte each."""
    return [AnnotatedField(path, at, at + 1, "Data.unread", f"v{at}", "", "") for at, path in enumerate(paths)]


def numbers(nodes: Iterable[TreeNode]) -> list[int]:
    found = []
    for node in nodes:
        found += [] if node.field is None else [node.field]
        found += numbers(node.children)
    return found


CERTIFICATE = fields(
    ("Certificate", "msg_type"),
    (*LIST, "length"),
    (*TBS, "version"),
    *[(*TBS, "issuer", at) for at in range(3)],
    (*TBS, "validity", "notBefore"),
    (*TBS, "validity", "notAfter"),
    (*LIST, "signatureAlgorithm"),
    (*LIST, "signature"),
    (*LIST, "end"),
)


def test_a_structure_of_many_fields_is_one_row_until_it_is_opened() -> None:
    tree = outline(CERTIFICATE)
    assert len(CERTIFICATE) - 1 > MANY
    assert [row.node.place[-1] for row in visible(tree, ())] == ["msg_type", "certificate_list[0]"]
    opened = {place_of(LIST)}
    assert [(row.depth, row.node.place[-1]) for row in visible(tree, opened)] == [
        (0, "msg_type"),
        (0, "certificate_list[0]"),
        (1, "length"),
        (1, "tbsCertificate"),
        (1, "signatureAlgorithm"),
        (1, "signature"),
        (1, "end"),
    ]
    opened |= {place_of(TBS), (*place_of(TBS), "validity")}
    assert [row.node.place[-1] for row in visible(tree, opened) if row.depth == 3] == ["notBefore", "notAfter"]
    assert numbers(tree) == list(range(len(CERTIFICATE)))


def test_a_branch_spans_its_fields_and_says_what_they_say() -> None:
    branch = outline(CERTIFICATE)[1]
    assert (branch.start, branch.end, branch.leaves) == (1, len(CERTIFICATE), len(CERTIFICATE) - 1)
    assert "v2" in branch.said and "v1," not in branch.said, "lengths say nothing of their own"


def test_a_field_with_the_path_of_a_branch_is_the_branch() -> None:
    own = fields(("Certificate", "x"), TBS, *[(*TBS, f"part{at}") for at in range(9)])
    tree = outline(own)
    (branch,) = tree[1].children
    assert branch.field == 1 and len(branch.children) == 9 and branch.said == "v1"
    assert numbers(tree) == list(range(len(own)))


@pytest.mark.parametrize("how", FLAVOURS, ids=lambda how: "-".join(str(each) for each in how))
def test_every_field_of_every_message_is_in_the_tree_once(how: tuple[str, str, bool, bool]) -> None:
    for event in recorded(*how).events:
        if isinstance(event, Message) and isinstance(event.bytes, bytes):
            found = annotate.message(event.bytes, event.type)
            assert numbers(outline(found)) == list(range(len(found)))
            if event.type in ("ClientHello", "ServerHello"):
                assert all(not node.children for node in outline(found)), "a hello stands open"
