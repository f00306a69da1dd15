"""Create the tables of stable identity: retired subjects, and persons who were joined."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "retired_subs",
        sa.Column("sub_digest", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.String(length=40), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("why", sa.String(length=16), nullable=False),
        sa.Column("kept_by", sa.String(length=40), nullable=True),
        sa.ForeignKeyConstraint(
            ["kept_by"],
            ["people.id"],
            name=op.f("fk_retired_subs_kept_by_people"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("sub_digest", name=op.f("pk_retired_subs")),
    )
    op.create_index(op.f("ix_retired_subs_person_id"), "retired_subs", ["person_id"])
    op.create_index(op.f("ix_retired_subs_kept_by"), "retired_subs", ["kept_by"])
    op.create_table(
        "merges",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("kept_id", sa.String(length=40), nullable=False),
        sa.Column("into_id", sa.String(length=40), nullable=False),
        sa.Column("absorbed_id", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["kept_id"], ["people.id"], name=op.f("fk_merges_kept_id_people"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merges")),
    )
    op.create_index(op.f("ix_merges_kept_id_at"), "merges", ["kept_id", "at"])
    op.create_index(op.f("ix_merges_expires_at"), "merges", ["expires_at"])
    op.add_column("people", sa.Column("doubted_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Back."""
    op.drop_column("people", "doubted_at")
    op.drop_table("merges")
    op.drop_table("retired_subs")
