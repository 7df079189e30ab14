"""A TLS echo server in a few lines. Run it, then `python demo/client.py` in another terminal."""

import contextlib
import socket
import sys
from pathlib import Path

import minitls
from minitls.pki import demo

HERE = ("127.0.0.1", 4433)


def main() -> None:
    # The demo certificate and its (published) key; for your own: minitls.Credential.load("cert.pem", "key.pem").
    folder = Path(demo.__file__).parent
    credential = minitls.Credential.load(folder / "server.pem", folder / "server.key")
    config = minitls.ServerConfig(credentials=(credential,))
    with socket.create_server(HERE) as listener:
        print(f"listening on {HERE[0]}:{HERE[1]}; Ctrl-C ends", flush=True)
        while True:
            sock, address = listener.accept()
            sock.settimeout(10)
            try:
                with minitls.wrap_socket(sock, config, server_side=True) as tls:
                    print(f"{address[0]}:{address[1]} speaks {tls.negotiated.cipher_suite}", flush=True)
                    while data := tls.recv(4096):
                        tls.sendall(data)
            except (minitls.TLSError, OSError) as error:
                print(f"{address[0]}:{address[1]}: {error}", file=sys.stderr)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main()
