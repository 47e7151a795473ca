"""Sellsy and the accounting tools, emulated over HTTP from their public documentation. Imports nothing of the product."""
