"""Sockets and asyncio around the sans-IO connection: they move bytes and decide nothing."""
