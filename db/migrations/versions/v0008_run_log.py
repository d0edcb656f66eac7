"""The functions of the run log, as the tables of the migrations before want them."""

from db.migrations.scripts import run_scripts

revision = "0008"
down_revision: str | None = "0007"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Make the functions anew; none of them holds data."""
    run_scripts("functions")


def downgrade() -> None:
    """Not offered: going back would destroy data."""
    raise NotImplementedError("migrations only go forward; restore a backup instead")
