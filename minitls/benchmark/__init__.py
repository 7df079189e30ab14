"""How fast is it, beside the others? What is measured, and how it is measured fairly on a machine that others use.

    adapter.py       what an implementation must do to take part: the same work, verified
    ours.py, python_ssl.py      minitls itself, and Python's own ssl, which is the measure of all
    credentials.py   the certificates that all of them use
    measures.py      what is done: handshakes of each kind, records of each size, with close_notify each way
    worker.py        one implementation in a process of its own
    rounds.py        every implementation in turns, a short sample each, round after round
    spread.py        the median and the middle half of the ratios, round by round

`minitls bench` is the short form. `python -m tests.benchmarks`, in the repository, adds more implementations, what only
minitls can do, and how cost grows; it measures by the same definitions.
"""
