"""Carries out bulk jobs, run by run."""
