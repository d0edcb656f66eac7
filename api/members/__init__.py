"""Members of a workspace: their roles, and how they leave."""
