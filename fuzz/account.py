"""A Sellsy account in memory that holds one document: the real client over transports that answer from it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fuzz.written import text_of
from sellsy_ledger.core.documents import Direction, Kind
from sellsy_ledger.errors import LedgerError
from sellsy_ledger.http.throttle import Throttle
from sellsy_ledger.http.transport import Answer
from sellsy_ledger.sources.sellsy.client import SellsyClient
from sellsy_ledger.sources.sellsy.errors import login_rule, v1_rule, v2_rule
from sellsy_ledger.sources.sellsy.reader import SellsyReader
from sellsy_ledger_sandbox.sellsy.reference import TAXES

__all__ = ["reader_on"]

Rule = Callable[[Answer, bool], LedgerError | None]

_EMPTY = '{"data":[],"pagination":{"limit":100,"total":0,"count":0,"offset":null}}'
_TAXES = text_of([tax.as_listed() for tax in TAXES])
_NONE = '{"response":{"infos":{"nbpages":1,"nbperpage":100},"result":[]},"error":"","status":"success"}'
_THROTTLE = Throttle([(10**9, 1.0)])


class _Transport:
    """Answers by path; 404 where nothing is known."""

    def __init__(self, rule: Rule, answers: Callable[[str, dict[str, Any]], str | None]) -> None:
        self._rule = rule
        self._answers = answers
        self.throttle = _THROTTLE

    def read(self, method: str, path: str, **request: Any) -> Answer:
        body = self._answers(path, request)
        answer = Answer(404 if body is None else 200, {}, (body or "{}").encode(), path)
        if error := self._rule(answer, False):
            raise error
        return answer


def _page(items: str) -> str:
    """One page of one object."""
    return f'{{"data":[{items}],"pagination":{{"limit":100,"total":1,"count":1,"offset":null}}}}'


def reader_on(kind: Kind, listed: str, detail: str, party: str, journal: str) -> SellsyReader:
    """The reader on an account that holds one document.

    Args:
        kind: the document's kind.
        listed: the document as its list gives it, JSON.
        detail: as it is given alone.
        party: the third party that a search finds.
        journal: the one line of Sellsy's accounting journal; empty: it has none.
    """
    path = {Kind.SALES_INVOICE: "/invoices/search", Kind.SALES_CREDIT_NOTE: "/credit-notes"}.get(kind)
    side = "sells" if kind.direction is Direction.SALES else "purchases"
    doctype = "creditNote" if kind.is_credit_note else "invoice"

    def v2(asked: str, request: dict[str, Any]) -> str | None:
        if asked == path:
            return _page(listed)
        if asked == "/taxes":
            return f'{{"data":{_TAXES},"pagination":{{"limit":100,"total":{len(TAXES)},"offset":null}}}}'
        if asked == "/companies/search":
            return _page(party)
        if asked == f"/accounting-journal/{side}/search" and journal:
            return _page(journal)
        if path and asked.startswith(f"{path.removesuffix('/search')}/") and asked != "/invoices/search":
            return detail
        return None if asked.startswith("/taxes/") else _EMPTY

    def v1(_: str, request: dict[str, Any]) -> str:
        said = request["data"]["do_in"]
        if "Purchase.getOne" in said:
            return f'{{"response":{detail},"error":"","status":"success"}}'
        if f'"doctype":"{doctype}"' not in said:
            return _NONE
        infos = '{"nbpages":1,"nbperpage":100}'
        return f'{{"response":{{"infos":{infos},"result":[{listed}]}},"error":"","status":"success"}}'

    client = SellsyClient(
        api=_Transport(v2_rule, v2),  # type: ignore[arg-type]
        login=_Transport(login_rule, lambda *_: '{"access_token":"t","expires_in":3600}'),  # type: ignore[arg-type]
        v1=_Transport(v1_rule, v1),  # type: ignore[arg-type]
        credentials=("an-id", "a-secret"),
    )
    return SellsyReader(client)
