"""The fixtures of the pages, whose Airflow home must be set first."""

from __future__ import annotations

from tests.pages.conftest import companies, register

__all__ = ["companies", "register"]
