"""A TLS client in a few lines, for `python demo/server.py` in another terminal."""

import sys

import minitls


def main() -> int:
    try:
        with minitls.connect(("localhost", 4433), timeout=10) as tls:
            agreed = tls.negotiated
            print(f"connected: {agreed.version}, {agreed.cipher_suite}")
            tls.sendall(b"hello, server\n")
            print(f"the server says: {tls.recv(4096).decode().rstrip()}")
    except ConnectionRefusedError:
        print("nobody listens on localhost:4433: run `python demo/server.py` in another terminal", file=sys.stderr)
        return 1
    except minitls.TLSError as error:
        print(f"refused: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
