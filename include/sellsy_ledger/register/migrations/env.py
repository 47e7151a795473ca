"""Alembic's entry point: migrate on the connection handed in, inside its transaction."""

from alembic import context

from sellsy_ledger.register.migrate import VERSION_TABLE
from sellsy_ledger.register.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
