"""Types of tools, and what others offer as tools."""
