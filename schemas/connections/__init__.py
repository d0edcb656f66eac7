"""Connections: providers, the actions that they offer, and what travels through Temporal about them. Pure data."""
