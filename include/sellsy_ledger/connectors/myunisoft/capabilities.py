"""What MyUnisoft can and cannot do, as data.

Source: MyUnisoft's public partner documentation (API Partenaires v1) and the JSON schema it publishes for entries;
values that are our own choice carry a comment. Imports nothing of this folder, so that reading it costs nothing.
"""

from __future__ import annotations

from sellsy_ledger.core.capabilities import Capabilities, KeySupport, PdfSupport, ThirdPartySupport, VatSupport

__all__ = ["CAPABILITIES"]

CAPABILITIES = Capabilities(
    tool="myunisoft",
    title="MyUnisoft",
    draft=True,
    # Larger files follow the entry by a second request; connector.py decides by size.
    pdf=PdfSupport.WITH_ENTRY,
    key=KeySupport.NATIVE,
    read_back=True,
    # The entry read back names its attachments; whether their bytes can be fetched is not documented.
    pdf_read_back=False,
    # Posted and pending entries by period; an entry cannot be changed over the API, its labels apart.
    reads_books=True,
    third_parties=ThirdPartySupport.API,
    # The JSON entry has no VAT field: a VAT amount is an ordinary line on its account.
    vat=VatSupport.ACCOUNT_ONLY,
    auxiliary_in_account=True,
    label_max=50,
    piece_max=25,
    piece_pattern="A-Za-z0-9",
    journal_max=4,
    account_max=20,
    # 20 at most; a folder's own limit (max_car_third_p_account) is usually 10, and numbers beyond it are cut there.
    auxiliary_max=10,
    auxiliary_pattern="A-Z0-9",
    auxiliary_prefix={"sales": "411", "purchases": "401"},
    pdf_max_bytes=50 * 1024 * 1024,
    pdf_name_max=50,
    rate_limit=(20, 10.0),
    max_concurrent=4,
)
