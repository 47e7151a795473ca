"""What Pennylane can and cannot do, as data.

Source: Pennylane's official "Company V2" OpenAPI and guides; values that only a third party observed, or that we chose,
carry a comment. Imports nothing of this folder, so that reading it costs nothing.
"""

from __future__ import annotations

from sellsy_ledger.core.capabilities import Capabilities, KeySupport, PdfSupport, ThirdPartySupport, VatSupport

__all__ = ["CAPABILITIES"]

CAPABILITIES = Capabilities(
    tool="pennylane",
    title="Pennylane",
    draft=True,
    pdf=PdfSupport.WITH_ENTRY,
    key=KeySupport.NATIVE,
    read_back=True,
    pdf_read_back=True,
    third_parties=ThirdPartySupport.API,
    vat=VatSupport.CODE_PER_LINE,
    # The VAT codes intracom_*, crossborder, extracom and *_construction make their own 445 pair.
    computes_vat=True,
    # An imported invoice goes to Pennylane's own sales or purchases journal, on the VAT accounts of its VAT codes,
    # and lines with the same label, tax and account are merged.
    chooses_journal=True,
    chooses_vat_accounts=True,
    merges_lines=True,
    # Entries, and invoices that have none yet.
    reads_books=True,
    # An imported invoice can be updated and never gets another file: with the new content it would show the old PDF. So
    # a correction is a credit note and a new invoice.
    replaces=False,
    auxiliary_in_account=True,
    label_max=255,
    # Free text in the API; 50 is our own bound, so that a number stays readable in every list and export.
    piece_max=50,
    journal_max=5,
    # The API states no length; a FEC reader takes 20 and auxiliary accounts stay readable.
    account_max=20,
    auxiliary_max=20,
    auxiliary_pattern="[A-Z0-9]",
    auxiliary_prefix={"sales": "411", "purchases": "401"},
    pdf_max_bytes=100 * 1024 * 1024,
    pdf_name_max=255,
    # Per token, all routes, sandbox companies included.
    rate_limit=(25, 5.0),
    max_concurrent=4,
)
