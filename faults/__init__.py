"""Thousands of faults on every way into the books, each story seeded and repeatable; ``python -m faults`` runs it."""
