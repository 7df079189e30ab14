"""minitls beside other implementations of TLS for Python, what only minitls can do, and how cost grows.

    python -m tests.benchmarks                      # all of it, about seven minutes on two cores
    python -m tests.benchmarks --quick              # does it still measure? a minute, and no figure to quote

The definitions are those of `minitls bench` (minitls/benchmark/); here are

    adapters/        the other implementations, and the floor: the cryptography that none of them can leave out
    worker.py        one of them in a process of its own
    loopback.py      a TCP server around one of them, for servers.py
    servers.py       handshakes per CPU second of a server, memory of open connections
    startup.py       what importing and `--help` cost
    alone.py         what only minitls does: annotate, check, decode a capture, explain a chain
    curves.py        how cost grows with size, and the exponent
    machine.py       where and when it was measured
    report.py, chart.py         the tables, and the picture of the README
"""
