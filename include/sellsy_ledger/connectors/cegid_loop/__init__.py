"""Cegid Loop: its public APIs, the JSON import and the file imports."""
