"""Starts of schedules."""
