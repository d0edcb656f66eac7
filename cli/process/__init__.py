"""The long-running processes behind the commands: children, their supervisor, and how a child follows its parent."""
