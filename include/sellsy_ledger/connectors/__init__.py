"""Accounting tools: the contract, and one folder per tool."""
