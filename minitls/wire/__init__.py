"""Bytes to values and back: no secrets, no state, no clock."""
