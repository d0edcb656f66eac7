"""Starting, reading and steering runs."""
