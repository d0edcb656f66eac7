"""Notifications as rows: who hears of what, when, with which link; and what became of each message."""
