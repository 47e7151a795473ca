"""Inqom (API Accounting, documents and FEC operations)."""
