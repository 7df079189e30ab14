"""How vector files are written: one way, so that a remade file shows in a diff only what changed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent.parent
VECTORS = ROOT / "vectors"


def write(name: str, document: dict[str, Any], *, a_line_each: bool = False) -> None:
    """Write vectors/`name`; with `a_line_each` every case takes one line."""
    document = {"minitls_vectors": 1, **document}
    text = json.dumps(document, indent=1, ensure_ascii=False)
    if a_line_each:
        head = json.dumps({**document, "cases": []}, indent=1, ensure_ascii=False)
        lines = ",\n".join("  " + json.dumps(case, ensure_ascii=False) for case in document["cases"])
        text = head.replace('"cases": []', f'"cases": [\n{lines}\n ]')
    (VECTORS / name).write_text(text + "\n", encoding="utf-8")
