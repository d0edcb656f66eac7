"""Alembic migrations; run by `db.migrate`."""
