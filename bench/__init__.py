"""Benchmarks: Perdure beside plain Temporal code and LangGraph, on one machine in one run (`make bench`)."""
