"""What the API measures, and where Prometheus reads it."""
