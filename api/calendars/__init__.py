"""Business hours in which the times of requests pass."""
