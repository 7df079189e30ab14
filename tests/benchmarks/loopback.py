"""A TLS server on 127.0.0.1 in a process of its own.

    python -m tests.benchmarks.loopback NAME STYLE FOLDER

STYLE is "engine" (an asyncio protocol around the end without I/O, the same for all), "asyncio" (the server for asyncio
that comes with it), "threads" (blocking, a thread a connection) or "idle" ("asyncio" with connections that stay open).
The first line it prints is its port; then, for each line on standard input, its CPU seconds, KiB in memory and open
connections. It ends with standard input.
"""

from __future__ import annotations

import asyncio
import json
import queue
import socketserver
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from time import process_time
from typing import Any

import minitls
from minitls.benchmark.credentials import Credentials
from minitls.benchmark.measures import GCM
from minitls.benchmark.ours import OurAdapter
from minitls.benchmark.python_ssl import SSLAdapter

from .adapters import adapter_named
from .worker import resident

BACKLOG = 512
Ready = Callable[[int], None]


class EngineProtocol(asyncio.Protocol):
    """The handshake, and then the end."""

    def __init__(self, adapter: Any) -> None:
        self.engine = adapter.server()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        if self.engine.done:
            return  # The client's close_notify has crossed our end.
        flight = self.engine.feed(data)
        if flight:
            self.transport.write(flight)
        if self.engine.done:
            self.transport.close()


class Idle:
    """Connections that wait for what their client will say."""

    open = 0

    @classmethod
    async def wait(cls, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        cls.open += 1
        try:
            await reader.read()
        except (minitls.TLSError, OSError):
            writer.transport.abort()  # The clients just go away: that is how the measuring ends.
        finally:
            cls.open -= 1
            writer.close()


async def end(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Nothing but the handshake is wanted."""
    writer.close()


async def engine(adapter: Any, ready: Ready) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: EngineProtocol(adapter), "127.0.0.1", 0, backlog=BACKLOG)
    await _forever(server, ready)


async def own(adapter: Any, ready: Ready, handler: Any = end) -> None:
    if isinstance(adapter, OurAdapter):
        server = await minitls.start_server(handler, "127.0.0.1", config=adapter.serving)
    else:
        assert isinstance(adapter, SSLAdapter)
        context = adapter.server_context
        server = await asyncio.start_server(handler, "127.0.0.1", 0, ssl=context, backlog=BACKLOG)
    await _forever(server, ready)


async def _forever(server: asyncio.Server, ready: Ready) -> None:
    ready(server.sockets[0].getsockname()[1])
    await server.serve_forever()


def threads(adapter: Any, ready: Ready) -> None:
    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            adapter.serve(self.request)

    class Server(socketserver.ThreadingTCPServer):
        request_queue_size = BACKLOG
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        ready(server.server_address[1])
        server.serve_forever()


STYLES: dict[str, Callable[[Any, Ready], None]] = {
    "engine": lambda adapter, ready: asyncio.run(engine(adapter, ready)),
    "asyncio": lambda adapter, ready: asyncio.run(own(adapter, ready)),
    "idle": lambda adapter, ready: asyncio.run(own(adapter, ready, Idle.wait)),
    "threads": threads,
}


def main(name: str, style: str, folder: str) -> None:
    adapter = adapter_named(name)(Credentials(Path(folder)), GCM)
    ports: queue.Queue[int] = queue.Queue()
    threading.Thread(target=STYLES[style], args=(adapter, ports.put), daemon=True).start()
    print(ports.get(timeout=30), flush=True)
    for _ in sys.stdin:
        print(json.dumps([process_time(), resident() / 1024, Idle.open]), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
