"""minitls: the TLS you can watch think."""
