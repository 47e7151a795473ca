"""Pennylane (Company API v2)."""
