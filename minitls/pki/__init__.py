"""Whose certificate is this? Trust, told check by check.

verify_chain   every rule on a chain of certificates, and the verdict that follows (path.py)
require        the one place where a refusal becomes an exception (verdict.py)
TrustStore     whom we believe without being shown why (trust.py)
"""

from __future__ import annotations

from .certificate import Certificate
from .path import verify_chain
from .rules import Profile, Purpose
from .trust import TrustStore
from .verdict import ChainRefused, Verdict, require
from .verdict import RuleResult as Step  # Its public name: here nothing else is called a step.

__all__ = [
    "Certificate",
    "ChainRefused",
    "Profile",
    "Purpose",
    "Step",
    "TrustStore",
    "Verdict",
    "require",
    "verify_chain",
]
