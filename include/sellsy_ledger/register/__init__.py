"""The SQL memory of every document."""
