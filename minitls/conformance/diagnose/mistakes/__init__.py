"""The catalogue: mistakes that people make on the way to a TLS 1.2 connection, each with its rule and its fix.

The table with stage and rule is `diagnose/mistakes.json`, the words stand in `prose/en/mistakes.json`; here every
name gets its meaning. Two kinds, because two kinds of values exist. What is computed can be computed wrongly on
purpose: a change of the recipe (`recipe.py`), whose result is compared. What is padded with random bytes can only be
looked at: a shape to recognise (`pkcs1_mistakes.py`).
"""

from __future__ import annotations

import json
from pathlib import Path
from types import MappingProxyType

from .block_mistakes import BLOCK_MISTAKES, SLICE_MISTAKES
from .mistake import Change, Mistake
from .pkcs1_mistakes import EXCHANGE_MISTAKES, PKCS1_MISTAKES
from .pre_master_mistakes import PRE_MASTER_MISTAKES
from .prf_mistakes import PRF_MISTAKES
from .record_mistakes import CBC_MISTAKES, GCM_MISTAKES, SHARED_MISTAKES
from .secret_mistakes import MASTER_MISTAKES
from .transcript_mistakes import FINISHED_MISTAKES, TRANSCRIPT_MISTAKES

#: Every mistake, in the order of the protocol.
CATALOGUE: tuple[Mistake, ...] = tuple(
    Mistake(row["name"], row["stage"], row["rule"], row.get("common", False))
    for row in json.loads((Path(__file__).parent.parent / "mistakes.json").read_bytes())
)
BY_NAME = MappingProxyType({mistake.name: mistake for mistake in CATALOGUE})
#: What becomes of a recipe, by the name of the mistake.
CHANGES: MappingProxyType[str, Change] = MappingProxyType(
    PRE_MASTER_MISTAKES
    | PRF_MISTAKES
    | MASTER_MISTAKES
    | TRANSCRIPT_MISTAKES
    | FINISHED_MISTAKES
    | BLOCK_MISTAKES
    | SLICE_MISTAKES
    | SHARED_MISTAKES
    | CBC_MISTAKES
    | GCM_MISTAKES
)
#: Mistakes in what is computed.
COMPUTED = tuple(mistake for mistake in CATALOGUE if mistake.name in CHANGES)

__all__ = ["BY_NAME", "CATALOGUE", "CHANGES", "COMPUTED", "EXCHANGE_MISTAKES", "PKCS1_MISTAKES", "Mistake"]
