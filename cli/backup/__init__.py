"""Backup and restore: an archive with checksums of the database, Temporal's own data and, if wanted, the secrets."""
