"""Entries as the core makes them, in every shape that changes what Pennylane receives; shared by Pennylane's tests."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import defaultdict

from hypothesis import strategies as st

from sellsy_ledger.connectors.base import PostingRequest
from sellsy_ledger.core.documents import Direction, Kind, SupportingDocument
from sellsy_ledger.core.entries import EntryLine, JournalEntry, Role
from sellsy_ledger.core.ledger import Ledger
from sellsy_ledger.core.third_parties import LedgerThirdParty

__all__ = ["entries", "make_entry", "request_for"]

RATES = {"FR_200": 200, "FR_100": 100, "FR_55": 55, "FR_21": 21, "exempt": 0, "intracom_100": 0, "extracom": 0}
ACCOUNTS = {
    Direction.SALES: ("706000", "707", "708500", "419100"),
    Direction.PURCHASES: ("607000", "606400", "218300", "626"),
}
CONTROLS = {Direction.SALES: "411000", Direction.PURCHASES: "401000"}
DAY = dt.date(2026, 2, 3)

texts = st.text(max_size=300)
net_lines = st.tuples(st.integers(0, 3), st.sampled_from(sorted(RATES)), st.integers(-50_000, 5_000_000), texts)


@st.composite
def entries(draw: st.DrawFn, *, rates: tuple[str, ...] = tuple(RATES)) -> tuple[Kind, JournalEntry]:
    """A balanced entry: several rates, negative lines, VAT a few cents off its rate, a rounding line, wild texts."""
    kind = draw(st.sampled_from(Kind))
    nets = draw(st.lists(net_lines.filter(lambda net: net[1] in rates and net[2] != 0), min_size=1, max_size=6))
    noise = {code: draw(st.integers(-3, 3)) for code in sorted({net[1] for net in nets})}
    due = draw(st.sampled_from([None, DAY, DAY + dt.timedelta(days=45), DAY - dt.timedelta(days=3)]))
    return kind, make_entry(kind, nets, noise, draw(st.integers(-3, 3)), due, draw(texts))


def make_entry(
    kind: Kind,
    nets: list[tuple[int, str, int, str]],
    noise: dict[str, int],
    rounding: int,
    due_date: dt.date | None,
    third_party_label: str = "Exemple",
    number: str = "F-2026-0001",
) -> JournalEntry:
    """The entry of a document; amounts are seen from the document, sides follow from its kind.

    Args:
        kind: invoice or credit note, sale or purchase.
        nets: (position in ACCOUNTS, VAT code, signed cents, label).
        noise: VAT code → cents by which the document's VAT is off its rate.
        rounding: cents that the lines lack.
        due_date: may lie before the date, as in the wild.
        third_party_label: the third-party line's label.
        number: the document's number.
    """
    bases: defaultdict[str, int] = defaultdict(int)
    lines = []
    for position, code, cents, label in nets:
        bases[code] += cents
        lines.append(_line(kind, ACCOUNTS[kind.direction][position], cents, label, code, Role.NET))
    for code, base in bases.items():
        vat = round(base * RATES[code] / 1000) + noise.get(code, 0) if RATES[code] else 0
        if vat:
            lines.append(_line(kind, "445710", vat, "TVA", code, Role.VAT))
    if rounding:
        side = _line(kind, "758000", rounding, "Arrondi", None, Role.ROUNDING)
        lines.append(side)
    gap = sum(line.debit_cents - line.credit_cents for line in lines)
    third_party = EntryLine(
        account=CONTROLS[kind.direction],
        auxiliary_account="411EXEMPLE",
        label=third_party_label,
        debit_cents=max(-gap, 0),
        credit_cents=max(gap, 0),
        role=Role.THIRD_PARTY,
    )
    return JournalEntry(
        journal="VE" if kind.direction is Direction.SALES else "AC",
        date=DAY,
        piece=number,
        number=number,
        piece_date=DAY,
        due_date=due_date,
        lines=(third_party, *lines),
    )


def _line(kind: Kind, account: str, cents: int, label: str, code: str | None, role: Role) -> EntryLine:
    on_credit = (kind.direction is Direction.SALES) != kind.is_credit_note
    credit = cents if on_credit else -cents
    return EntryLine(
        account=account,
        label=label,
        debit_cents=max(-credit, 0),
        credit_cents=max(credit, 0),
        vat_code=code,
        role=role,
    )


def request_for(
    kind: Kind,
    entry: JournalEntry,
    ledger: Ledger,
    third_party: LedgerThirdParty,
    *,
    key: str = "sellsy:1:x:1",
    pdf: bytes | None = b"%PDF-1.7 one",
    draft: bool = False,
) -> PostingRequest:
    """What the pipeline would hand over."""
    document = None
    if pdf is not None:
        document = SupportingDocument(
            path="p", file_name="F.pdf", sha256=hashlib.sha256(pdf).hexdigest(), size_bytes=len(pdf)
        )
    return PostingRequest(
        posting_key=key,
        kind=kind,
        entry=entry,
        third_party=third_party,
        ledger=ledger,
        draft=draft,
        pdf=pdf,
        supporting_document=document,
    )
