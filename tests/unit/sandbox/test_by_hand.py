"""Entries that somebody types into a tool: by one route for every tool, whole or not at all, also after a restart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import requests

from sellsy_ledger_sandbox.server import Sandbox

ENTRY = {
    "journal": "VE",
    "date": "2026-02-03",
    "piece": "VF-77",
    "third_party_account": "CDURAND",
    "third_party_name": "Durand SARL",
    "lines": [
        {"account": "411000", "debit_cents": 24000, "credit_cents": 0, "label": "Facture 77"},
        {"account": "706000", "debit_cents": 0, "credit_cents": 24000, "label": "Conseil"},
    ],
}
TOOLS = ("acd", "cegid_loop", "sage100")


def type_in(sandbox: Sandbox, tool: str, **changes: Any) -> int:
    return requests.post(f"{sandbox.url}/_sandbox/{tool}/entries", json={**ENTRY, **changes}, timeout=9).status_code


@pytest.mark.parametrize("tool", TOOLS)
def test_a_typed_entry_lies_in_the_ledger_without_anybodys_key_and_outlives_the_process(
    tool: str, tmp_path: Path
) -> None:
    state = tmp_path / "state.jsonl"
    with Sandbox(quota=False, state=state) as sandbox:
        assert type_in(sandbox, tool) == 201
    with Sandbox(quota=False, state=state) as sandbox:
        (entry,) = sandbox.entries(tool)
        assert (entry["journal"], entry["date"], entry["piece"]) == ("VE", "2026-02-03", "VF-77")
        assert [line["auxiliary_account"] for line in entry["lines"]] == ["CDURAND", None]
        sandbox.reset()
        assert sandbox.entries(tool) == []


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize(
    "changes",
    [
        {"lines": [*ENTRY["lines"][:1], {"account": "706000", "debit_cents": 0, "credit_cents": 23999}]},
        {"lines": ENTRY["lines"][:1]},
        {"lines": [{"account": "706000", "debit_cents": 5, "credit_cents": 5}] * 2},
        {"date": "3 février"},
        {"journal": "ZZ"},
        {"company": "nobody's"},
    ],
)
def test_an_entry_that_is_none_is_refused(tool: str, changes: dict[str, Any]) -> None:
    with Sandbox(quota=False) as sandbox:
        assert type_in(sandbox, tool, **changes) == 400
        assert sandbox.entries(tool) == []


def test_nobody_types_into_a_source() -> None:
    with Sandbox(quota=False) as sandbox:
        assert type_in(sandbox, "sellsy") == 400
        assert type_in(sandbox, "unknown") == 400
