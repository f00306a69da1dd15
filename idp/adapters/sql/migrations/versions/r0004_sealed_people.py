"""Seal what is personal, and find it by keyed hashes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import context, op

from idp.kernel.errors import StartError
from idp.people.vault import Vault

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_BATCH = 1_000
_TEXTS = ("ruc", "usuario", "tipo_usuario", "name", "given_name", "family_name")
_MAPS = ("extras", "standard")


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "vault_check",
        sa.Column("fingerprint", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_vault_check")),
    )
    op.add_column("people", _added("realm", sa.String(length=32)))
    op.add_column("people", sa.Column("ruc_digest", sa.String(length=64), nullable=True))
    op.add_column("people", _added("sealed", sa.Text()))
    op.add_column("addresses", _added("email_digest", sa.String(length=64)))
    op.add_column("addresses", _added("sealed", sa.Text()))
    op.create_table(
        "sealed_identifiers",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("realm", sa.String(length=32), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("person_id", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["people.id"],
            name=op.f("fk_identifiers_person_id_people"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_sealed_identifiers")),
    )
    _seal_people()
    _seal_addresses()
    if _count("people"):
        row = {"fingerprint": _vault().fingerprint}
        op.get_bind().execute(sa.text("INSERT INTO vault_check VALUES (:fingerprint)"), row)
    op.drop_table("identifiers")
    op.rename_table("sealed_identifiers", "identifiers")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER INDEX pk_sealed_identifiers RENAME TO pk_identifiers")
    op.create_index(op.f("ix_identifiers_person_id"), "identifiers", ["person_id"])
    op.create_index(op.f("ix_people_ruc_digest"), "people", ["ruc_digest"])
    op.create_index(op.f("ix_people_updated_at_id"), "people", ["updated_at", "id"])
    op.create_index(op.f("ix_addresses_email_digest"), "addresses", ["email_digest"])
    for name in (*_TEXTS, *_MAPS):
        op.drop_column("people", name)
    op.drop_column("addresses", "email")


def downgrade() -> None:
    """Back: only an empty database, since what was sealed is not to be written in clear again."""
    if _count("people"):
        raise StartError(["IDP_DATABASE_URL: there are people, and they stay sealed"])
    for name in _TEXTS:
        op.add_column("people", _added(name, sa.Text(), nullable=name == "ruc"))
    op.add_column("people", sa.Column("extras", sa.JSON(), nullable=False, server_default="{}"))
    op.add_column("people", sa.Column("standard", sa.JSON(), nullable=True))
    op.add_column("addresses", _added("email", sa.Text()))
    op.drop_index(op.f("ix_addresses_email_digest"), "addresses")
    op.drop_index(op.f("ix_people_updated_at_id"), "people")
    op.drop_index(op.f("ix_people_ruc_digest"), "people")
    for name in ("realm", "ruc_digest", "sealed"):
        op.drop_column("people", name)
    for name in ("email_digest", "sealed"):
        op.drop_column("addresses", name)
    op.drop_table("identifiers")
    op.create_table(
        "identifiers",
        sa.Column("realm", sa.String(length=32), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("person_id", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["people.id"],
            name=op.f("fk_identifiers_person_id_people"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("realm", "value", name=op.f("pk_identifiers")),
        sa.UniqueConstraint("person_id", name=op.f("uq_identifiers_person_id")),
    )
    op.drop_table("vault_check")


def _added(name: str, kind: Any, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=nullable, server_default=None if nullable else sa.text("''"))


def _count(table: str) -> int:
    found = op.get_bind().execute(sa.text(f"SELECT count(*) FROM {table}"))
    return int(found.scalar_one())


def _vault() -> Vault:
    vault = context.config.attributes.get("vault")
    if not isinstance(vault, Vault):
        raise StartError(["IDP_DATABASE_URL: people are there; run `idp db upgrade` to seal them"])
    return vault


def _pages(query: str) -> Iterator[list[Any]]:
    """The rows after `:after`, page by page."""
    after = ""
    while True:
        rows = op.get_bind().execute(sa.text(query), {"after": after, "some": _BATCH}).all()
        if not rows:
            return
        yield list(rows)
        after = rows[-1].id


def _seal_people() -> None:
    query = (
        f"SELECT p.id, i.realm, i.value, {', '.join(f'p.{one}' for one in (*_TEXTS, *_MAPS))}"
        " FROM people p JOIN identifiers i ON i.person_id = p.id"
        " WHERE p.id > :after ORDER BY p.id LIMIT :some"
    )
    for rows in _pages(query):
        vault, people, identifiers = _vault(), [], []
        for row in rows:
            known = {one: getattr(row, one) for one in _TEXTS}
            known |= {one: _mapping(getattr(row, one)) for one in _MAPS}
            text = json.dumps({**known, "identifier": row.value, "profile": {}}, ensure_ascii=False)
            digest = vault.lookup(f"identifier:{row.realm}", row.value)
            people.append(
                {
                    "of": row.id,
                    "realm": row.realm,
                    "ruc_digest": vault.lookup("ruc", row.ruc) if row.ruc else None,
                    "sealed": vault.seal(text, f"people:{row.id}"),
                }
            )
            identifiers.append(
                {
                    "digest": digest,
                    "realm": row.realm,
                    "sealed": vault.seal(row.value, f"identifiers:{digest}"),
                    "person_id": row.id,
                }
            )
        bind = op.get_bind()
        bind.execute(
            sa.text(
                "UPDATE people SET realm = :realm, ruc_digest = :ruc_digest, sealed = :sealed"
                " WHERE id = :of"
            ),
            people,
        )
        bind.execute(
            sa.text(
                "INSERT INTO sealed_identifiers (digest, realm, sealed, person_id)"
                " VALUES (:digest, :realm, :sealed, :person_id)"
            ),
            identifiers,
        )


def _mapping(found: Any) -> dict[str, str]:
    """A JSON column of a plain query: SQLite gives its text, PostgreSQL the value."""
    loaded = json.loads(found) if isinstance(found, str) else found
    return dict(loaded or {})


def _seal_addresses() -> None:
    query = "SELECT id, email FROM addresses WHERE id > :after ORDER BY id LIMIT :some"
    for rows in _pages(query):
        vault = _vault()
        op.get_bind().execute(
            sa.text(
                "UPDATE addresses SET email_digest = :email_digest, sealed = :sealed WHERE id = :of"
            ),
            [
                {
                    "of": row.id,
                    "email_digest": vault.lookup("email", row.email.casefold()),
                    "sealed": vault.seal(row.email, f"addresses:{row.id}"),
                }
                for row in rows
            ],
        )
