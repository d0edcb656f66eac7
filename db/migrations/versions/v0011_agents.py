"""Agents: what they are, talk about, know and may spend."""

from db.migrations.scripts import run_scripts

revision = "0011"
down_revision: str | None = "0010"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Create what agents need, and make the functions of the run log anew."""
    run_scripts("v0011")
    run_scripts("functions")


def downgrade() -> None:
    """Not offered: going back would destroy data."""
    raise NotImplementedError("migrations only go forward; restore a backup instead")
