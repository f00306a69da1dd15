"""Create the table of reports on contingencies."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "upstream_incidents",
        sa.Column("id", sa.String(length=48), nullable=False),
        sa.Column("realm", sa.String(length=32), nullable=False),
        sa.Column("began", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upstream_incidents")),
    )
    op.create_index(op.f("ix_upstream_incidents_ended"), "upstream_incidents", ["ended"])


def downgrade() -> None:
    """Back."""
    op.drop_table("upstream_incidents")
