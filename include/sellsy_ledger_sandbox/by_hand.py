"""Entries that somebody typed into a tool's ledger: what is in the books besides what was posted.

``POST /_sandbox/<tool>/entries`` takes one; :attr:`Tool.type_in` is how a tool keeps it. It carries no key of anybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, cast

from sellsy_ledger_sandbox.base import EntryLine, HandEntry

__all__ = ["COLLECTIVE", "checked"]

COLLECTIVE = ("411", "401")
_TEXTS = ("journal", "date", "piece", "third_party_account", "third_party_name")


def checked(raw: Mapping[str, Any]) -> HandEntry:
    """The entry, complete: every line has both sides and a label, a third party's line its auxiliary account.

    Raises:
        ValueError: something is missing, or it does not balance.
    """
    texts = {name: raw.get(name, "") for name in _TEXTS}
    if not all(isinstance(text, str) for text in texts.values()) or not texts["journal"]:
        raise ValueError(f"send the texts {', '.join(_TEXTS)}")
    date.fromisoformat(texts["date"])
    rows = raw.get("lines")
    if not isinstance(rows, list) or len(rows) < 2 or not all(isinstance(row, dict) for row in rows):
        raise ValueError("send two lines or more")
    lines = [_line(row, texts) for row in rows]
    if sum(line["debit_cents"] - line["credit_cents"] for line in lines):
        raise ValueError("the entry does not balance")
    company = {"company": str(raw["company"])} if raw.get("company") else {}
    return cast(HandEntry, {**texts, "lines": lines, **company})


def _line(row: Mapping[str, Any], texts: Mapping[str, str]) -> EntryLine:
    account, debit, credit = str(row.get("account", "")), row.get("debit_cents", 0), row.get("credit_cents", 0)
    if not account or not isinstance(debit, int) or not isinstance(credit, int) or (debit > 0) == (credit > 0):
        raise ValueError("a line needs an account and cents on one side")
    own = texts["third_party_account"] if account.startswith(COLLECTIVE) else None
    return {
        "account": account,
        "debit_cents": debit,
        "credit_cents": credit,
        "label": str(row.get("label") or texts["third_party_name"]),
        "auxiliary_account": row.get("auxiliary_account") or own or None,
    }
