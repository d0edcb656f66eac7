"""What kinds of nodes there are."""
