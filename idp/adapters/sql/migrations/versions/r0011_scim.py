"""Keep whether VUCE's system says that a person is active or gone, and what it calls them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.add_column(
        "people", sa.Column("active", sa.Boolean(), nullable=False, server_default=sa.true())
    )
    op.add_column("people", sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "external_ids",
        sa.Column("id", sa.String(length=150), nullable=False),
        sa.Column("person_id", sa.String(length=40), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["people.id"],
            name=op.f("fk_external_ids_person_id_people"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_external_ids")),
    )
    op.create_index(op.f("ix_external_ids_person_id"), "external_ids", ["person_id"])
    op.create_index(op.f("ix_external_ids_digest"), "external_ids", ["digest"])


def downgrade() -> None:
    """Back."""
    op.drop_table("external_ids")
    op.drop_column("people", "withdrawn_at")
    op.drop_column("people", "active")
