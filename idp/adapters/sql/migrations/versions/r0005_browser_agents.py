"""Keep what a known browser is, in two words."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.add_column(
        "known_browsers",
        sa.Column("agent", sa.String(length=40), nullable=False, server_default=sa.text("''")),
    )


def downgrade() -> None:
    """Back."""
    op.drop_column("known_browsers", "agent")
