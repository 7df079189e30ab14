"""The rules themselves, one small function each, in the order in which they count (see ../rules.py).

sent       what was sent can be read at all, and is no burden; and the last word, which is the library's
dates      every certificate of the path is valid now
leaf       it is the name we dialled, its key may do what the suite needs and is strong
anchor     issuers lead to a trusted root
signature  each issuer's key opens the signature below it
form       what every certificate must look like
leaf_form  what only the leaf must be
issuer     what gives a certificate the right to sign another
revocation the issuer has not taken it back, as far as the lists at hand say
"""

from ..rules import RULES
from . import anchor, dates, form, issuer, leaf, leaf_form, revocation, sent, signature  # noqa: F401 - the order of import is the order of the table.

__all__ = ["RULES"]
