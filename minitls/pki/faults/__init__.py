"""Certificates made on purpose: the demo PKI, and the gallery of what can be wrong with one."""
