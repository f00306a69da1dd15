"""Create the tables of the prober."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "upstream_probes",
        sa.Column("realm", sa.String(length=32), nullable=False),
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("step", sa.String(length=16), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("ms", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("realm", "at", "step", name=op.f("pk_upstream_probes")),
    )
    op.create_index(op.f("ix_upstream_probes_at"), "upstream_probes", ["at"])
    op.create_table(
        "upstream_probers",
        sa.Column("instance", sa.String(length=128), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("leading", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("instance", name=op.f("pk_upstream_probers")),
    )
    op.create_table(
        "upstream_prober_acts",
        sa.Column("realm", sa.String(length=32), nullable=False),
        sa.Column("act", sa.String(length=16), nullable=False),
        sa.Column("episode", sa.DateTime(timezone=True), nullable=False),
        sa.Column("up", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("realm", "act", "episode", name=op.f("pk_upstream_prober_acts")),
    )
    op.create_index(op.f("ix_upstream_prober_acts_at"), "upstream_prober_acts", ["at"])


def downgrade() -> None:
    """Back."""
    op.drop_table("upstream_prober_acts")
    op.drop_table("upstream_probers")
    op.drop_table("upstream_probes")
