"""SQL (SQLite or PostgreSQL) behind the ports of the rooms: what must survive any restart.

Owns: the engine and the unit of work, tables, migrations, the statements of each repository.
Statements are SQLAlchemy Core on the tables of the declarative models: an ORM session would double
the cost of a read, and hide what is locked.
Does not own: any policy; what a record means.
May import: the rooms' ports and values, kernel, SQLAlchemy, Flask-SQLAlchemy, Flask-Migrate.
"""
