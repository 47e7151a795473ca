"""Sellsy and the accounting tools, emulated over HTTP from their public documentation; imports no product code."""
