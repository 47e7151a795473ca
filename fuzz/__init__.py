"""Hostile Sellsy objects through the reader, the core and the file formats; ``python -m fuzz`` runs it."""
