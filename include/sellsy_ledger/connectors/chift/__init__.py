"""Chift's unified accounting API: one way to several accounting tools, told apart by the tool behind it."""
