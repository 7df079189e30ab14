"""Everything that is drawn from a trace."""
