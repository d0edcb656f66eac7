"""What starts runs and hears of them: schedules, hooks, subscriptions."""

from db.migrations.scripts import run_scripts

revision = "0012"
down_revision: str | None = "0011"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Create the tables."""
    run_scripts("v0012")


def downgrade() -> None:
    """Not offered: going back would destroy data."""
    raise NotImplementedError("migrations only go forward; restore a backup instead")
