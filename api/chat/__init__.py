"""Chat: conversations with agents, each answer a run."""
