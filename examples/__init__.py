"""Worked examples; each folder explains itself."""
