"""Credentials as documents name them, and what each type of them is made of."""
