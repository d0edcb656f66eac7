"""What a company asks for: connections, sign-on, the chained audit log, privacy."""

from db.migrations.scripts import run_scripts

revision = "0013"
down_revision: str | None = "0012"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Create the tables."""
    run_scripts("v0013")


def downgrade() -> None:
    """Not offered: going back would destroy data."""
    raise NotImplementedError("migrations only go forward; restore a backup instead")
