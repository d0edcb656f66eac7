"""Watching a run in the terminal: events are folded into a view, the view is drawn as a tree or told line by line."""
