"""Chain the audit log, sign its checkpoints, and let the database refuse to change either.

A later revision that alters one of these tables must mind the triggers: SQLite alters by copying,
and a copy has none. Drop them first and make them again (`_TRIGGERS`).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# Which rows may go: sealed ones up to where a signed record of a purge says so. No secret word
# opens it: whoever writes such a record without the audit key is found by `idp audit verify`.
_PURGED = "(SELECT max(purged_to) FROM audit_checkpoints)"
_KEPT = {
    "audit_log": f"NOT EXISTS (SELECT 1 FROM audit_seals WHERE audit_seals.seq = OLD.seq "
    f"AND audit_seals.number <= {_PURGED})",
    "audit_seals": f"NOT coalesce(OLD.number <= {_PURGED}, false)",
    # What waits for its seal leaves only when it has it.
    "audit_unsealed": "NOT EXISTS (SELECT 1 FROM audit_seals WHERE audit_seals.seq = OLD.seq)",
    "audit_checkpoints": "true",
}
# Of a checkpoint only that it is outside may be noted, once.
_STATED = ("n", "kind", "at", "number", "hash", "purged_to", "jws")
_NOTED = ("filed_at", "posted_at")


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "audit_unsealed",
        sa.Column("seq", _SERIAL, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_unsealed")),
    )
    op.create_table(
        "audit_seals",
        sa.Column("number", _SERIAL, autoincrement=False, nullable=False),
        sa.Column("seq", _SERIAL, nullable=False),
        sa.Column("record_id", sa.String(length=40), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("form", sa.SmallInteger(), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_seals")),
        sa.UniqueConstraint("seq", name=op.f("uq_audit_seals_seq")),
    )
    op.create_table(
        "audit_checkpoints",
        sa.Column("n", _SERIAL, autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("number", _SERIAL, nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("purged_to", _SERIAL, nullable=True),
        sa.Column("jws", sa.Text(), nullable=False),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("n", name=op.f("pk_audit_checkpoints")),
    )
    op.create_index(op.f("ix_audit_checkpoints_purged_to"), "audit_checkpoints", ["purged_to"])
    for name in ("filed", "posted"):
        left = sa.text(f"{name}_at IS NULL")
        op.create_index(
            op.f(f"ix_audit_checkpoints_not_{name}"),
            "audit_checkpoints",
            ["n"],
            postgresql_where=left,
            sqlite_where=left,
        )
    op.execute("INSERT INTO audit_unsealed (seq) SELECT seq FROM audit_log")
    for statement in _TRIGGERS[op.get_bind().dialect.name]():
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    """Back."""
    postgres = op.get_bind().dialect.name == "postgresql"
    for name in ("queued", "fixed", "kept", *(("whole",) if postgres else ())):
        on = " ON audit_log" if postgres else ""
        op.execute(f"DROP TRIGGER IF EXISTS audit_log_{name}{on}")
    for table in ("audit_checkpoints", "audit_seals", "audit_unsealed"):
        op.drop_table(table)
    if postgres:
        for table in _KEPT:
            op.execute(f"DROP FUNCTION {table}_keep()")
        op.execute("DROP FUNCTION audit_queue()")
        op.execute("DROP FUNCTION audit_refuse()")


def _fixed(table: str, distinct: str) -> str:
    """Which updates of a table are refused."""
    if table != "audit_checkpoints":
        return "true"
    changed = [f"NEW.{one} {distinct} OLD.{one}" for one in _STATED]
    taken_back = [f"(OLD.{one} IS NOT NULL AND NEW.{one} {distinct} OLD.{one})" for one in _NOTED]
    return " OR ".join(changed + taken_back)


def _sqlite() -> list[str]:
    found = [
        "CREATE TRIGGER audit_log_queued AFTER INSERT ON audit_log "
        "BEGIN INSERT INTO audit_unsealed (seq) VALUES (NEW.seq); END"
    ]
    for table, kept in _KEPT.items():
        no = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        found += [
            f"CREATE TRIGGER {table}_fixed BEFORE UPDATE ON {table} "
            f"WHEN {_fixed(table, 'IS NOT')} {no}",
            f"CREATE TRIGGER {table}_kept BEFORE DELETE ON {table} WHEN {kept} {no}",
        ]
    return found


def _postgresql() -> list[str]:
    found = [
        "CREATE FUNCTION audit_queue() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "INSERT INTO audit_unsealed (seq) SELECT seq FROM added; RETURN NULL; END $$",
        "CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' is append-only'; END $$",
        "CREATE TRIGGER audit_log_queued AFTER INSERT ON audit_log "
        "REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION audit_queue()",
    ]
    # A subquery may not stand in a trigger's WHEN there.
    for table, kept in _KEPT.items():
        found += [
            f"CREATE FUNCTION {table}_keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF {kept} THEN RAISE EXCEPTION '{table} is append-only'; END IF; "
            "RETURN OLD; END $$",
            f"CREATE TRIGGER {table}_kept BEFORE DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {table}_keep()",
            f"CREATE TRIGGER {table}_fixed BEFORE UPDATE ON {table} FOR EACH ROW "
            f"WHEN ({_fixed(table, 'IS DISTINCT FROM')}) EXECUTE FUNCTION audit_refuse()",
            f"CREATE TRIGGER {table}_whole BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()",
        ]
    return found


_TRIGGERS = {"sqlite": _sqlite, "postgresql": _postgresql}
