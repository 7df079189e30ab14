"""Grading: somebody else's program asked, spoken to, and marked."""
