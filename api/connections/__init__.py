"""Connections: accounts elsewhere through which steps act, and the OAuth clients that they are made with."""
