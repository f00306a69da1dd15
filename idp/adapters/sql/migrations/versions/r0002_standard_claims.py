"""Keep standard claims of people."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    # Nullable and without a batch: SQLite would make the table anew, and dropping the old one takes
    # the rows along that refer to it.
    op.add_column("people", sa.Column("standard", sa.JSON(), nullable=True))


def downgrade() -> None:
    """Back."""
    op.drop_column("people", "standard")
