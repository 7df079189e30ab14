"""What the bytes say: fields with value, meaning and section, intermediates, lines for the shell."""
