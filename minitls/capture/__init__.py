"""Connections overheard: from a capture file to traces, by whatever secrets the listener has."""
