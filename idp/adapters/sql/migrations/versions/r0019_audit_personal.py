"""Create the table of what is kept beside audit records, and may be erased."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "audit_personal",
        sa.Column("record_id", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_id", sa.String(length=40), nullable=True),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_audit_personal")),
    )
    op.create_index(op.f("ix_audit_personal_at"), "audit_personal", ["at"])
    op.create_index(op.f("ix_audit_personal_person_id"), "audit_personal", ["person_id"])


def downgrade() -> None:
    """Back."""
    op.drop_table("audit_personal")
