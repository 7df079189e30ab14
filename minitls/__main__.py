"""`python -m minitls` is the `minitls` command."""

from .cli.main import main

main()
