"""Channels of the workspace, preferences of its people, and the log of what was sent."""
