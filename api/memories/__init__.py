"""Memories of agents, as people see and correct them."""
