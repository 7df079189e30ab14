"""Traces as stories: events joined into steps, in one order, with what each viewer knows after each."""
