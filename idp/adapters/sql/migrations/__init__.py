"""The history of the schema, a revision per file; `Database.upgrade()` runs it."""
