"""The ladder: a connection from top to bottom in the terminal."""
