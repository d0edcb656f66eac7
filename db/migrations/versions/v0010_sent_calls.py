"""Calls that were sent and not answered yet."""

from db.migrations.scripts import run_scripts

revision = "0010"
down_revision: str | None = "0009"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Give steps a place for the call, and make the functions of the run log anew."""
    run_scripts("v0010")
    run_scripts("functions")


def downgrade() -> None:
    """Not offered: going back would destroy data."""
    raise NotImplementedError("migrations only go forward; restore a backup instead")
