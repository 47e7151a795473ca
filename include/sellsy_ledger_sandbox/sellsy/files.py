"""Sellsy's file host: signed links that change with each update of the document, and what lies behind them."""

from __future__ import annotations

import base64
import binascii
import hashlib
from urllib.parse import urlencode

from flask import Response, request

from sellsy_ledger_sandbox.pdf import money, render_pdf
from sellsy_ledger_sandbox.sellsy.account import Account, Filed
from sellsy_ledger_sandbox.sellsy.papers import Paper

__all__ = ["answer_file", "link", "pdf_of"]

_OOPS = "<!DOCTYPE html><html lang='fr'><body><h1>Oups</h1><p>Oups, aucun fichier n'a été trouvé</p></body></html>"
_TITLES = {"invoice": "Facture", "credit-note": "Avoir", "purchase-invoice": "Facture", "purchase-credit-note": "Avoir"}


def _signed(account: Account, filed: Filed, which: str) -> tuple[str, str]:
    content = f"{account.account_id}:{filed.kind}:{filed.id}:{filed.revision}:{which}"
    key = hashlib.md5(f"sandbox {content}".encode(), usedforsecurity=False).hexdigest()
    return base64.b64encode(content.encode()).decode(), key


def link(account: Account, filed: Filed, which: str = "document") -> str:
    """The signed link of the document's PDF (``document``) or of the supplier's (``original``)."""
    identifier, key = _signed(account, filed, which)
    return f"{request.host_url}sellsy/file/?{urlencode({'id': identifier, 'key': key, 'display': 'Y'})}"


def partial_link(account: Account, filed: Filed, which: str) -> str:
    """The same as V1 gives it, to be put behind the site's address."""
    identifier, key = _signed(account, filed, which)
    return f"?{urlencode({'_f': 'file', 'id': identifier, 'key': key})}"


def answer_file(accounts: dict[str, Account]) -> Response:
    """Serve what the signed link in the query string names; a page instead of a PDF where there is none."""
    identifier, key = request.args.get("id", ""), request.args.get("key", "")
    found = _find(accounts, identifier, key)
    if found is None:
        return Response(_OOPS, 404, content_type="text/html; charset=utf-8")
    filed, which = found
    if filed.pdf == "html" and which == "document":
        return Response(_OOPS, 200, content_type="text/html; charset=utf-8")
    name = f"{filed.document.get('number') or filed.document.get('ident') or 'document'}.pdf"
    headers = {"Content-Disposition": f'inline; filename="{name}"'}
    return Response(pdf_of(filed, which), 200, headers=headers, content_type="application/pdf")


def _find(accounts: dict[str, Account], identifier: str, key: str) -> tuple[Filed, str] | None:
    try:
        account_id, kind, number, _, which = base64.b64decode(identifier, validate=True).decode().split(":")
    except (binascii.Error, ValueError):
        return None
    for account in accounts.values():
        filed = account.documents.get((kind, int(number)))
        if str(account.account_id) == account_id and filed and (identifier, key) == _signed(account, filed, which):
            return filed, which
    return None


def pdf_of(filed: Filed, which: str = "document") -> bytes:
    """The PDF of a document: Sellsy's own, or the supplier's original of a purchase."""
    paper: Paper = filed.booking.paper
    number = filed.booking.number
    if filed.booking.is_purchase and which == "original":
        number = filed.booking.external_reference or "sans numéro"
    rows = tuple((row.label, money(row.net, paper.currency)) for row in paper.rows)
    return render_pdf(
        _TITLES[filed.kind],
        number,
        paper.date.isoformat(),
        (paper.seller.name, paper.buyer.name),
        rows,
        money(paper.gross, paper.currency),
    )
