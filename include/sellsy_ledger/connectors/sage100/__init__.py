"""Sage 100 (France) as a target."""
