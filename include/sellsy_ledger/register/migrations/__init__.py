"""Alembic migrations of the register, run by :func:`sellsy_ledger.register.migrate.ensure_schema`."""

HEAD = "0002"
"""The newest revision, written down so that opening a register need not import Alembic; a test keeps it true."""
