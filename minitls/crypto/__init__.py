"""Keys in, keys out, records sealed and opened: knows no messages."""
