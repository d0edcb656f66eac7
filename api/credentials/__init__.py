"""Credentials: secrets that steps use. Once written, a value is never shown again, to nobody."""
