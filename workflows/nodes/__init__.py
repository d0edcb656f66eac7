"""Behaviour of the kinds that run inside the workflow; one file per kind, named like its spec."""
