"""The conversation: what is said in which order, what it means, and which secrets come of it."""
