"""Server and client on asyncio, in one program: the streams are asyncio's own."""

import asyncio
from pathlib import Path

import minitls
from minitls.pki import demo


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while line := await reader.readline():
        writer.write(line)
        await writer.drain()
    writer.close()


async def main() -> None:
    folder = Path(demo.__file__).parent
    credential = minitls.Credential.load(folder / "server.pem", folder / "server.key")
    server = await minitls.start_server(echo, "127.0.0.1", 0, config=minitls.ServerConfig(credentials=(credential,)))
    port = server.sockets[0].getsockname()[1]
    async with server:
        reader, writer = await minitls.open_connection("127.0.0.1", port, timeout=10)
        for line in (b"one\n", b"two\n"):
            writer.write(line)
            print("echoed:", (await reader.readline()).decode().rstrip())
        print("suite: ", writer.get_extra_info("negotiated").cipher_suite)
        writer.write_eof()
        await reader.read()  # The server has seen our end, and says so by closing.
        writer.close()
        await writer.wait_closed()


if __name__ == "__main__":
    asyncio.run(main())
