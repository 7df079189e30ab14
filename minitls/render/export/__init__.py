"""What other tools read: key logs and captures."""
