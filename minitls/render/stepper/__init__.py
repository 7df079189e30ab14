"""The stepper: a connection step by step in the terminal, forwards and backwards."""
