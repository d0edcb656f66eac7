"""People, their sessions, memberships, groups, invitations, API keys."""

from db.migrations.scripts import run_script, run_scripts

revision = "0003"
down_revision: str | None = "0002"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Run the SQL files of `sql/v0003` in the order of their names."""
    run_script("v0001/0_roles.sql")  # a role that the first migration did not know when it was first run
    run_scripts("v0003")


def downgrade() -> None:
    """Not offered: going back would destroy data."""
    raise NotImplementedError("migrations only go forward; restore a backup instead")
