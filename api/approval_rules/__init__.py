"""Rules that answer requests in place of a person."""
