"""Create the tables of the switch: evidence, windows, transitions and requests."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def _moment(name: str, *, nullable: bool = True) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    """Forward."""
    with op.batch_alter_table("upstream_flags") as table:
        table.add_column(_moment("changed_at"))
    flags = sa.table("upstream_flags", sa.column("since"), sa.column("changed_at"))
    op.execute(flags.update().values(changed_at=flags.c.since))
    with op.batch_alter_table("upstream_flags") as table:
        table.alter_column("changed_at", existing_type=sa.DateTime(timezone=True), nullable=False)
    with op.batch_alter_table("upstream_flag_history") as table:
        table.add_column(
            sa.Column("via", sa.String(length=16), nullable=False, server_default="cli")
        )
        table.add_column(sa.Column("approved_by", sa.Text(), nullable=True))
        table.add_column(sa.Column("override_id", sa.String(length=40), nullable=True))
        table.add_column(sa.Column("evidence", sa.JSON(), nullable=False, server_default="{}"))
        table.create_unique_constraint(
            op.f("uq_upstream_flag_history_override_id"), ["override_id"]
        )
    with op.batch_alter_table("upstream_flag_history") as table:
        table.alter_column("via", existing_type=sa.String(length=16), server_default=None)
        table.alter_column("evidence", existing_type=sa.JSON(), server_default=None)
    _evidence_and_windows()
    _transitions_and_requests()


def _evidence_and_windows() -> None:
    op.create_table(
        "upstream_evidence",
        sa.Column("realm", sa.String(length=32), nullable=False),
        sa.Column("policy", sa.String(length=16), nullable=True),
        sa.Column("judged_up", sa.Boolean(), nullable=True),
        _moment("judged_since"),
        sa.Column("judged_reason", sa.Text(), nullable=True),
        sa.Column("healthy", sa.Boolean(), nullable=True),
        _moment("healthy_since"),
        sa.Column("health_reason", sa.Text(), nullable=True),
        _moment("probed_at"),
        sa.Column("probe_ok", sa.Boolean(), nullable=True),
        _moment("failing_since"),
        sa.PrimaryKeyConstraint("realm", name=op.f("pk_upstream_evidence")),
    )
    op.create_table(
        "upstream_windows",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("realm", sa.String(length=32), nullable=False),
        _moment("starts_at", nullable=False),
        _moment("ends_at", nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        _moment("cancelled_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upstream_windows")),
    )
    op.create_index(op.f("ix_upstream_windows_ends_at"), "upstream_windows", ["ends_at"])


def _transitions_and_requests() -> None:
    op.create_table(
        "upstream_transitions",
        sa.Column("id", sa.String(length=48), nullable=False),
        sa.Column("realm", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        _moment("at", nullable=False),
        sa.Column("up", sa.Boolean(), nullable=False),
        sa.Column("why", sa.String(length=16), nullable=False),
        _moment("until"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=True),
        sa.Column("evidence", sa.JSON(), nullable=False),
        _moment("told_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upstream_transitions")),
        sa.UniqueConstraint("realm", "seq", name=op.f("uq_upstream_transitions_realm_seq")),
    )
    for column in ("at", "told_at"):
        name = op.f(f"ix_upstream_transitions_{column}")
        op.create_index(name, "upstream_transitions", [column])
    op.create_table(
        "upstream_requests",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("realm", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("wanted", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        _moment("asked_at", nullable=False),
        _moment("deadline", nullable=False),
        sa.Column("do_then", sa.Boolean(), nullable=False),
        _moment("until"),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("decision", sa.String(length=16), nullable=True),
        _moment("decided_at"),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upstream_requests")),
    )
    for column in ("decided_at", "asked_at"):
        op.create_index(op.f(f"ix_upstream_requests_{column}"), "upstream_requests", [column])


def downgrade() -> None:
    """Back."""
    op.drop_table("upstream_requests")
    op.drop_table("upstream_transitions")
    op.drop_table("upstream_windows")
    op.drop_table("upstream_evidence")
    with op.batch_alter_table("upstream_flag_history") as table:
        table.drop_constraint(op.f("uq_upstream_flag_history_override_id"), type_="unique")
        for column in ("evidence", "override_id", "approved_by", "via"):
            table.drop_column(column)
    with op.batch_alter_table("upstream_flags") as table:
        table.drop_column("changed_at")
