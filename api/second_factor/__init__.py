"""The second factor of signing in: codes of an authenticator, and recovery codes."""
