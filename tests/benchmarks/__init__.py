"""minitls beside other implementations of TLS for Python, what only minitls can do, and how cost grows.

    python -m tests.benchmarks                      # all of it, about six minutes on two cores
    python -m tests.benchmarks --quick              # does it still measure? a minute, and no figure to quote

The definitions are those of `minitls bench` (minitls/benchmark/); here are

    adapters/            the other implementations, and the floor: the cryptography that none of them can leave out
    worker.py            one of them in a process of its own
    loopback.py          a TCP server around one of them, for
    servers.py           handshakes per CPU second of a server, memory of open connections
    startup.py           what importing and `--help` cost
    alone.py             what only minitls does: annotate, check, explain a chain, decode a capture (captures.py)
    curves.py            how cost grows with size, and the exponent
    catalog.py, run.py   every measure there is, and one run of them
    machine.py           where and when it was measured
    results.py           a run as JSON; report.py has the tables, chart.py the picture of the README
    flights.py           a tool beside all that: microseconds of each turn of a handshake
"""
