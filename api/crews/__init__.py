"""Crews: agents that work together, made and run as such."""
