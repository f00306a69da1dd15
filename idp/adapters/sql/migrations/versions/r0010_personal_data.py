"""Keep who was erased and who must not be, and find what is too old."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_INDEXES = (
    ("ix_people_last_login_at", "people", ["last_login_at"]),
    ("ix_people_first_login_at_created_at", "people", ["first_login_at", "created_at"]),
    ("ix_addresses_verified_at_created_at", "addresses", ["verified_at", "created_at"]),
)


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "erased_identifiers",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_erased_identifiers")),
    )
    op.create_index(op.f("ix_erased_identifiers_erased_at"), "erased_identifiers", ["erased_at"])
    op.create_table(
        "legal_holds",
        sa.Column("person_id", sa.String(length=40), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["people.id"],
            name=op.f("fk_legal_holds_person_id_people"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_legal_holds")),
    )
    for name, table, columns in _INDEXES:
        op.create_index(op.f(name), table, columns)


def downgrade() -> None:
    """Back."""
    for name, table, _ in _INDEXES:
        op.drop_index(op.f(name), table_name=table)
    op.drop_table("legal_holds")
    op.drop_table("erased_identifiers")
