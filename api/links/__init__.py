"""Answering a request by a link from a message, without being signed in."""
