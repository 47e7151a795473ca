"""A small real PDF for a document: its number, its parties, its rows and its total, the same bytes every time."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from io import BytesIO

from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

__all__ = ["render_pdf"]

_ROWS_ON_PAGE = 40


@lru_cache(maxsize=4096)
def render_pdf(
    title: str, number: str, day: str, parties: tuple[str, str], rows: tuple[tuple[str, str], ...], total: str
) -> bytes:
    """Draw one document.

    Args:
        title: ``Facture``, ``Avoir``, …
        number: The number a person sees.
        day: ISO date.
        parties: Seller and buyer.
        rows: ``(label, amount)``.
        total: The amount including taxes with its currency, ``1 164,00 EUR``.
    """
    buffer = BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=1, pageCompression=1)
    canvas.setTitle(f"{title} {number}")
    canvas.setFont("Helvetica-Bold", 16)
    canvas.drawString(56, 780, f"{title} n° {number or 'sans numéro'}")
    canvas.setFont("Helvetica", 10)
    canvas.drawString(56, 756, f"Date : {day}")
    canvas.drawString(56, 740, f"De : {_printable(parties[0], 80)}")
    canvas.drawString(56, 726, f"À : {_printable(parties[1], 80)}")
    height = 696
    for label, amount in rows[:_ROWS_ON_PAGE]:
        canvas.drawString(56, height, _printable(label, 70))
        canvas.drawRightString(540, height, amount)
        height -= 15
    canvas.setFont("Helvetica-Bold", 12)
    canvas.drawRightString(540, height - 12, f"Total TTC : {total}")
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def money(amount: Decimal, currency: str) -> str:
    """``1 164,00 EUR``."""
    return f"{amount:,.2f} {currency}".replace(",", " ").replace(".", ",")


def _printable(text: str, length: int) -> str:
    """What the built-in fonts can draw, on one line."""
    return " ".join(text.split())[:length].encode("cp1252", "replace").decode("cp1252")
