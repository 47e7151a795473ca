"""Which companies a page may speak of: those whose DAG the reader may read."""

from __future__ import annotations

from collections.abc import Collection

from sellsy_ledger_airflow.settings import read_companies

__all__ = ["dag_of", "readable_companies"]


def dag_of(company: str) -> str:
    """The DAG whose rights are the company's."""
    return f"sync__{company}"


def readable_companies(readable: Collection[str]) -> dict[str, str]:
    """Company → its name for people, in the order of the list; one whose settings are wrong comes last, by its word.

    Raises:
        ConfigurationError: the list as a whole cannot be read.
    """
    companies = read_companies()
    names = {entry.company: entry.name for entry in companies.entries}
    names |= {company: company for company in sorted(companies.wrong)}
    return {company: name for company, name in names.items() if dag_of(company) in readable}
