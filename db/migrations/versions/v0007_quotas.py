"""Quotas and usage of workspaces."""

from db.migrations.scripts import run_scripts

revision = "0007"
down_revision: str | None = "0006"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Run the SQL files of `sql/v0007` in the order of their names."""
    run_scripts("v0007")


def downgrade() -> None:
    """Not offered: going back would destroy data."""
    raise NotImplementedError("migrations only go forward; restore a backup instead")
