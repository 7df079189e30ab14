"""Traces as files: the events, how they travel in JSON Lines, their schema, and what refers to what."""
