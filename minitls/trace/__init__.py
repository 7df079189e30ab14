"""Traces: a connection recorded, re-derived, explained and rendered."""
