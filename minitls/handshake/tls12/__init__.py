"""What belongs to TLS 1.2 alone: its states, its two flows, its key exchange and its key schedule."""
