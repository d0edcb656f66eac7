"""Credentials at the point of use: opened inside the activity, checked there, and kept out of what it gives back."""
