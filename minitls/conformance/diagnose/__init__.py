"""Diagnosis: the mistake behind a wrong value or a failed connection, by name."""
