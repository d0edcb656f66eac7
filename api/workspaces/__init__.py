"""Workspaces: making one, naming one."""
