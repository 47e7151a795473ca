"""Tests of the package; shared helpers are imported as ``tests.<folder>.<module>``."""
