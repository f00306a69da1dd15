"""Create the tables of coverage and of campaigns; read past uses off the audit log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# Days in Lima, which keeps UTC-5 all year. What is older than four months nobody asks for.
_USES = {
    "sqlite": """
        INSERT INTO component_uses (person_id, client_id, last_on)
        SELECT person_id, client_id, max(date(at, '-5 hours')) FROM audit_log
        WHERE event = 'code.issued' AND at > datetime('now', '-120 days')
        AND client_id IS NOT NULL AND person_id IN (SELECT id FROM people)
        GROUP BY person_id, client_id
    """,
    "postgresql": """
        INSERT INTO component_uses (person_id, client_id, last_on)
        SELECT person_id, client_id, max((at AT TIME ZONE 'UTC' - interval '5 hours')::date)
        FROM audit_log
        WHERE event = 'code.issued' AND at > now() - interval '120 days'
        AND client_id IS NOT NULL AND person_id IN (SELECT id FROM people)
        GROUP BY person_id, client_id
    """,
}


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "component_uses",
        sa.Column("person_id", sa.String(length=40), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["people.id"],
            name=op.f("fk_component_uses_person_id_people"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("person_id", "client_id", name=op.f("pk_component_uses")),
    )
    op.execute(_USES[op.get_bind().dialect.name])
    op.create_index(op.f("ix_component_uses_last_on"), "component_uses", ["last_on"])
    op.create_table(
        "coverage_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("realm", sa.String(length=32), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("able", sa.Integer(), nullable=False),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("day", "days", "client_id", "realm", name=op.f("pk_coverage_days")),
    )
    _campaigns()


def _campaigns() -> None:
    op.create_table(
        "campaigns",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("under_way", sa.Integer(), nullable=True),
        sa.Column("realm", sa.String(length=32), nullable=True),
        sa.Column("client_id", sa.Text(), nullable=True),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("most", sa.Integer(), nullable=True),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("expected", sa.Integer(), nullable=False),
        sa.Column("reached", sa.String(length=40), nullable=False),
        sa.Column("chosen", sa.Integer(), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("began_by", sa.Text(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaigns")),
        sa.UniqueConstraint("under_way", name=op.f("uq_campaigns_under_way")),
    )
    op.create_index(op.f("ix_campaigns_began_at"), "campaigns", ["began_at"])
    op.create_table(
        "campaign_mails",
        sa.Column("campaign_id", sa.String(length=40), nullable=False),
        sa.Column("person_id", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("put_off", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"],
            ["campaigns.id"],
            name=op.f("fk_campaign_mails_campaign_id_campaigns"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["people.id"],
            name=op.f("fk_campaign_mails_person_id_people"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("campaign_id", "person_id", name=op.f("pk_campaign_mails")),
    )
    columns = ["campaign_id", "state", "due_at"]
    op.create_index(op.f("ix_campaign_mails_campaign_id_state_due_at"), "campaign_mails", columns)
    op.create_index(op.f("ix_campaign_mails_person_id"), "campaign_mails", ["person_id"])


def downgrade() -> None:
    """Back."""
    for name in ("campaign_mails", "campaigns", "coverage_days", "component_uses"):
        op.drop_table(name)
