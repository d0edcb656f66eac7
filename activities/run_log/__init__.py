"""The run log: what every step did, kept in PostgreSQL beside the workflow that decided it."""
