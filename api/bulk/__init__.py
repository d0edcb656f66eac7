"""One operation on many runs: preview, start, watch, stop."""
