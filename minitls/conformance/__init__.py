"""Conformance: minitls checked, anybody's implementation graded, and the mistake behind a wrong value named.

run        minitls against vector files, our own and foreign ones (run.py)
"""

from __future__ import annotations

from .run import run
from .vector_files import BadVectorFile

__all__ = ["BadVectorFile", "run"]
