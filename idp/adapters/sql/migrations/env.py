"""How alembic runs a revision: on the connection, and in the transaction, that it is given."""

from __future__ import annotations

from typing import Any

from alembic import context

from idp.adapters.sql.models import Base, FreeText, UtcDateTime


def render(kind: str, item: Any, autogen_context: Any) -> Any:
    """Write our types into a revision as what they are stored as: the code may change, it not."""
    if kind == "type" and isinstance(item, (UtcDateTime, FreeText)):
        return f"sa.{item.impl!r}"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    compare_type=True,
    # SQLite alters a table by copying it.
    render_as_batch=True,
    render_item=render,
)
with context.begin_transaction():
    context.run_migrations()
