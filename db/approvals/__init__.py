"""Requests to people. The row is the arbiter: whoever changes a request locks its run, then its row."""
