"""The agent loop: model call, tool calls in parallel, gates, next turn; each of them a step of the run."""
