"""What filters, bulk jobs and forks of runs need."""

from db.migrations.scripts import run_scripts

revision = "0005"
down_revision: str | None = "0004"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Run the SQL files of `sql/v0005` in the order of their names."""
    run_scripts("v0005")


def downgrade() -> None:
    """Not offered: going back would destroy data."""
    raise NotImplementedError("migrations only go forward; restore a backup instead")
