"""Live changes of runs and of the inbox over a WebSocket."""
