"""The rules themselves, one small function each, in the order in which they count (see ../rules.py).

sent       what was sent can be read at all, and is no burden
dates      every certificate of the path is valid now
leaf       it is the name we dialled, its key may do what the suite needs and is strong
anchor     issuers lead to a trusted root
signature  each issuer's key opens the signature below it
form       what every certificate must look like
leaf_form  what only the leaf must be
issuer     what gives a certificate the right to sign another
"""

from . import sent, dates, leaf, anchor, signature, form, leaf_form, issuer, revocation  # noqa: F401, I001 - the order of import is the order of the table.
