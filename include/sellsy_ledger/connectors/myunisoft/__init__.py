"""MyUnisoft (API Partenaires v1)."""
