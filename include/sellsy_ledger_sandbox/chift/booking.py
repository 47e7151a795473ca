"""An invoice, or a journal entry, → a booked entry in emulated Chift, after every check that Chift documents."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from sellsy_ledger_sandbox.chift import bodies
from sellsy_ledger_sandbox.chift.books import (
    CORRECTION_MAX,
    JOURNAL_TYPES,
    Booked,
    Books,
    Line,
    Party,
    Refusal,
    exact_cents,
    rounded,
)

__all__ = ["book_entry", "book_invoice"]

CORRECTION_LABEL = "Écart d'arrondi"
_HUNDRED = Decimal(100)


# -- invoices ----------------------------------------------------------------------------------------------------
def book_invoice(books: Books, body: bodies.Invoice, key: str | None, *, regroup: bool) -> Booked:
    """Book an invoice or credit note.

    Raises:
        Refusal: whatever Chift, or the tool behind, would not take.
    """
    sales = body.invoice_type.startswith("customer")
    gap = _check_amounts(books, body)
    books.check_currency(body.currency)
    books.check_draft(draft=body.status == "draft")
    journal = _journal(books, body.journal_id, sales=sales)
    party = books.check_party(body.partner_id, "client" if sales else "supplier")
    for line in body.lines:
        books.check_account(line.account_number)
    books.check_day(body.invoice_date)
    number = _number(books, body, party)
    pdf = books.pdf_of(body.pdf)
    lines = _invoice_lines(books, body, party, gap, regroup=regroup)
    invoice_id = books.new_id()
    return books.keep(
        Booked(
            id=invoice_id,
            entry_id=invoice_id if books.behind.same_id else books.new_id(),
            journal=journal,
            date=body.invoice_date,
            number=number,
            draft=body.status == "draft",
            lines=lines,
            due_date=body.due_date,
            reference=body.reference,
            invoice=body,
            party=party,
            key=key,
            pdf=pdf,
            pdf_name=body.pdf_name or "document.pdf",
        )
    )


def _check_amounts(books: Books, body: bodies.Invoice) -> int:
    """The amount rules; returns the cents that a correction line must add to the lines."""
    if not body.lines:
        raise Refusal(400, "NO_INVOICE_LINE", "The invoice must contain at least one invoice line.")
    total, untaxed, tax = (exact_cents(each) for each in (body.total, body.untaxed_amount, body.tax_amount))
    if total < 0 or total != untaxed + tax:
        raise Refusal(400, None, "The total of the invoice must be positive and equal to untaxed amount + tax amount.")
    if untaxed == 0:
        raise Refusal(400, "ZERO_INVOICE", "You cannot create an invoice with an untaxed amount of 0.")
    for line in body.lines:
        _check_line(books, line)
    _check_groups(books, body)
    gap = total - sum(exact_cents(line.total) for line in body.lines)
    if gap and (abs(gap) > CORRECTION_MAX or body.invoice_correction is None):
        raise Refusal(400, None, "The sum of the lines differs from the total of the invoice.")
    return gap


def _check_line(books: Books, line: bodies.InvoiceLine) -> None:
    if line.untaxed_amount + line.tax_amount != line.total:
        raise Refusal(400, None, "The total of a line must be equal to untaxed amount + tax amount.")
    if line.unit_price * line.quantity != line.untaxed_amount:
        raise Refusal(400, None, "The untaxed amount of a line must be equal to unit price x quantity.")
    code = books.check_code(line.tax_code)
    if Decimal(code["rate"]) != line.tax_rate:
        raise Refusal(400, None, f"The tax rate of a line is not the one of tax code '{line.tax_code}'.")
    if code["reverse_charge_account"] and line.tax_amount:
        raise Refusal(400, None, "A line with a reversed tax code must have a tax amount of 0.")


def _check_groups(books: Books, body: bodies.Invoice) -> None:
    """Lines are regrouped by account and tax code; a group's tax follows its rate to less than a cent."""
    groups: defaultdict[tuple[str, str], list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for line in body.lines:
        group = groups[line.account_number, line.tax_code]
        group[0] += line.untaxed_amount * line.tax_rate
        group[1] += line.tax_amount * _HUNDRED
    for (_, code), (expected, told) in groups.items():
        if not books.check_code(code)["reverse_charge_account"] and abs(expected - told) >= 1:
            raise Refusal(400, None, f"The tax amount of tax code '{code}' is not untaxed amount x tax rate.")


def _journal(books: Books, journal_id: str | None, *, sales: bool) -> str:
    kind = "sales" if sales else "purchases"
    if journal_id is None:
        fitting = [each["code"] for each in books.world.journals if each["kind"] == kind]
        if len(fitting) != 1:
            raise Refusal(404, "MULTIPLE_JOURNALS", "Multiple journals were found. Please indicate the wanted journal.")
        journal_id = fitting[0]
    return books.journal_of(journal_id, (kind,), "JOURNAL_NOT_GOOD_SCOPE")


def _number(books: Books, body: bodies.Invoice, party: Party) -> str:
    """The invoice's number; the tool's own when none is given."""
    number = body.invoice_number or f"{len(books.booked) + 1:05d}"
    if len(number) > books.behind.number_max:
        message = "The format of the invoice number doesn't follow the format of the corresponding accounting system"
        raise Refusal(422, "INVALID_FIELD_FORMAT_INVOICE_NUMBER", f"{message} (e.g. too long)")
    sales = body.invoice_type.startswith("customer")
    used = any(
        each.number == number and each.invoice is not None and (sales or each.party is party)
        for each in books.booked
        if each.invoice is not None and each.invoice.invoice_type.startswith("customer") == sales
    )
    if used and books.behind.checks_numbers:
        message = "The invoice number is already used in the accounting system."
        raise Refusal(409, "INVOICE_NUMBER_ALREADY_USED", message)
    return number


def _invoice_lines(books: Books, body: bodies.Invoice, party: Party, gap: int, *, regroup: bool) -> list[Line]:
    """Third party, nets, VAT by code, the pair of reversed codes, the correction."""
    sales = body.invoice_type.startswith("customer")
    side = -1 if body.invoice_type in ("customer_invoice", "supplier_refund") else 1
    lines = [
        books.line(books.party_account(party), -side * exact_cents(body.total), party.body.name, party=party),
    ]
    nets: dict[tuple[str, str, int], list[int]] = {}
    labels: dict[tuple[str, str, int], str] = {}
    taxes: defaultdict[str, int] = defaultdict(int)
    for place, line in enumerate(body.lines):
        group = (line.account_number, line.tax_code, 0 if regroup else place)
        nets.setdefault(group, []).append(exact_cents(line.untaxed_amount))
        labels.setdefault(group, line.description or body.invoice_number or "")
        taxes[line.tax_code] += exact_cents(line.tax_amount)
    for group, amounts in nets.items():
        lines.append(books.line(group[0], side * sum(amounts), labels[group], tax_code=group[1]))
    for tax_code, amount in taxes.items():
        lines += _vat_lines(books, tax_code, side, amount, _base(body, tax_code))
    if gap:
        lines.append(_correction_line(books, body, side * gap, sales=sales))
    return [line for line in lines if line.debit or line.credit]


def _base(body: bodies.Invoice, tax_code: str) -> int:
    return sum(exact_cents(line.untaxed_amount) for line in body.lines if line.tax_code == tax_code)


def _vat_lines(books: Books, tax_code: str, side: int, amount: int, base: int) -> list[Line]:
    code = books.check_code(tax_code)
    if code["reverse_charge_account"]:
        owed = rounded(base * Decimal(code["rate"]) / _HUNDRED)
        return [
            books.line(books.check_account(code["account"]), side * owed, code["label"], tax_code=tax_code),
            books.line(code["reverse_charge_account"], -side * owed, code["label"], tax_code=tax_code),
        ]
    if not amount:
        return []
    return [books.line(books.check_account(code["account"]), side * amount, code["label"], tax_code=tax_code)]


def _correction_line(books: Books, body: bodies.Invoice, balance: int, *, sales: bool) -> Line:
    """By the OpenAPI's text: the credit account serves sales, the debit account purchases."""
    given = body.invoice_correction or bodies.Correction()
    code = given.sale_invoice_correction_tax_code if sales else given.purchase_invoice_correction_tax_code
    account = given.invoice_correction_credit_account_number if sales else given.invoice_correction_debit_account_number
    if code is None:
        raise Refusal(400, None, "The tax code of the correction line is missing.")
    books.check_code(code)
    return books.line(books.check_account(account), balance, CORRECTION_LABEL, tax_code=code)


# -- journal entries -----------------------------------------------------------------------------------------------
def book_entry(books: Books, body: bodies.JournalEntry, key: str | None) -> Booked:
    """Book a journal entry line by line.

    Raises:
        Refusal: whatever Chift, or the tool behind, would not take.
    """
    _check_items(body)
    books.check_currency(body.currency)
    books.check_draft(draft=body.posted is False)
    journal = books.journal_of(body.journal_id, ("sales", "purchases"), "WRONG_ENTRY_TYPE")
    books.check_day(body.date)
    lines: list[Line] = []
    party: Party | None = None
    for item in body.items:
        made, of_party = _item_lines(books, item)
        lines += made
        party = of_party or party
    if party is None:
        raise Refusal(422, "PARTNER_ACCOUNT_MISSING", "Please provide a client/supplier account.")
    if not any(line.account.startswith(("6", "7")) for line in lines):
        raise Refusal(422, "CHARGE_PRODUCT_ACCOUNT_MISSING", "Please provide at least one charge/product account.")
    if len({line.party.id for line in lines if line.party}) > 1:
        message = "A sale/purchase entry cannot be linked to multiple partner accounts."
        raise Refusal(400, "MULTIPLE_PARTNER_ACCOUNTS", message)
    if sum(line.debit - line.credit for line in lines):
        raise Refusal(422, "ENTRY_NOT_BALANCED", "The entry is not balanced.")
    pdf = books.pdf_of(body.pdf)
    entry_id = books.new_id()
    return books.keep(
        Booked(
            id="",
            entry_id=entry_id,
            journal=journal,
            date=body.date,
            number=body.number,
            draft=body.posted is False,
            lines=lines,
            due_date=body.due_date,
            reference=body.reference,
            invoice=None,
            party=party,
            key=key,
            pdf=pdf,
            pdf_name=body.pdf_name or "document.pdf",
        )
    )


def _check_items(body: bodies.JournalEntry) -> None:
    for item in body.items:
        if item.debit < 0 or item.credit < 0:
            raise Refusal(422, "DEBIT_CREDIT_VALUE", "Debit and credit cannot be negative.")
        if item.debit and item.credit:
            raise Refusal(422, "DEBIT_CREDIT_VALUE", "Debit and credit cannot be both positive.")


def _item_lines(books: Books, item: bodies.Item) -> tuple[list[Line], Party | None]:
    balance = exact_cents(item.debit) - exact_cents(item.credit)
    label = item.description or ""
    if item.account_type in ("customer_account", "supplier_account"):
        kind = "client" if item.account_type == "customer_account" else "supplier"
        party = books.check_party(item.account, kind)
        collective = books.check_account(item.force_general_account) if item.force_general_account else None
        account = (
            collective
            if collective and (books.behind.collective or not item.prioritise_thirdparty_account)
            else books.party_account(party)
        )
        return [books.line(account, balance, label, party=party)], party
    if item.tax_code is not None:
        books.check_code(item.tax_code)
    lines = [books.line(books.check_account(item.account), balance, label, tax_code=item.tax_code)]
    if item.tax_info is not None:
        lines += _tax_info_lines(books, item.tax_info, 1 if balance > 0 else -1)
    return lines, None


def _tax_info_lines(books: Books, info: bodies.TaxInfo, side: int) -> list[Line]:
    code, amount = books.check_code(info.tax_code), exact_cents(info.tax_amount)
    if amount < 0:
        raise Refusal(422, None, "tax_amount must be positive.")
    lines = [books.line(books.check_account(info.vat_account), side * amount, code["label"], tax_code=info.tax_code)]
    if code["reverse_charge_account"]:
        account = books.check_account(info.reversed_vat_account)
        lines.append(books.line(account, -side * amount, code["label"], tax_code=info.tax_code))
    return lines


def journal_type(kind: str) -> str:
    """The API's name of a kind of journal."""
    return JOURNAL_TYPES.get(kind, "unknown")
