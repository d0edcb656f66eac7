"""The first tables: workspaces, workflows, runs, people, waits, outbox; tenancy; the functions of the run log."""

from db.migrations.scripts import run_scripts

revision = "0001"
down_revision: str | None = None
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Run the SQL files of `sql/v0001` in the order of their names."""
    run_scripts("v0001")


def downgrade() -> None:
    """Not offered: going back would destroy runs."""
    raise NotImplementedError("migrations only go forward; restore a backup instead")
