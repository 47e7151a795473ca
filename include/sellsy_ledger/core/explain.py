"""Each line's explanation in French, made from its :class:`~sellsy_ledger.core.entries.Why` when somebody looks."""

from __future__ import annotations

from sellsy_ledger.core.entries import EntryLine

__all__ = ["explain"]


def explain(line: EntryLine) -> str:
    """Which source field, rule and mapping made ``line``."""
    return line.why.rule
