"""What Cegid Loop can and cannot do, as data: by the JSON import, and by the three file imports.

Source: Cegid's public pages "Loop API Management Docs"; limits of label and third-party code as vendors who operate a
connector name them. Values that are our own choice carry a comment. Imports nothing of this folder.
"""

from __future__ import annotations

import msgspec

from sellsy_ledger.core.capabilities import (
    Capabilities,
    Caveat,
    KeySupport,
    PdfSupport,
    Promise,
    ThirdPartySupport,
    VatSupport,
)

__all__ = ["CAPABILITIES", "DEFAULT_ROUTE", "VARIANTS"]

DEFAULT_ROUTE = "json"

_CLOSED = Caveat(
    "Cegid Loop ne donne pas les exercices par son API ; une période close n'est connue qu'au refus de l'import",
    "the API of Cegid Loop tells no fiscal years; a closed period is known only when the import refuses",
)
_NO_NAMES = Caveat(
    "l'import JSON crée le tiers par son seul code, sans nom ni SIRET ; "
    "un tiers ainsi créé n'est reconnu que par ce code, gardé dans notre registre",
    "the JSON import creates a third party by its code alone, without name or SIRET; "
    "it is recognised by that code only, which our register keeps",
)
_NO_IDS = Caveat(
    "ce fichier crée le tiers sans SIRET ; un tiers ainsi créé n'est reconnu que par son code ou son nom",
    "this file creates a third party without SIRET; it is recognised by its code or its name only",
)
_FILE_KEY = Caveat(
    "le fichier ne porte pas notre clé ; l'écriture est retrouvée par sa pièce, son journal, sa date et ses lignes",
    "the file does not hold our key; the entry is found by its piece, journal, date and lines",
)

_JSON = Capabilities(
    tool="cegid_loop",
    title="Cegid Loop",
    # Vendors say that drafts do not arrive; the pending way is the robot's (document_only).
    draft=False,
    pdf=PdfSupport.URL,
    # The key travels in `reference`, which comes back but cannot be asked for: the look-up goes by the piece number.
    key=KeySupport.LOOK_UP,
    read_back=True,
    pdf_read_back=False,
    # 100 lines an answer without a word of more, and no date filter but the document's own, which may be empty: no
    # reading is surely whole.
    reads_books=False,
    third_parties=ThirdPartySupport.WITH_ENTRY,
    # A line of the import has no VAT code: a VAT amount is an ordinary line on its account.
    vat=VatSupport.ACCOUNT_ONLY,
    asynchronous=True,
    # Our own choice: Cegid names no longest duration of an import.
    settles_within_seconds=3600,
    document_only="pia",
    caveats={
        Promise.POSTED_ONCE: Caveat(
            "l'import est asynchrone et sans clé d'idempotence ; pendant l'heure qui suit un envoi sans réponse, "
            "l'absence de l'écriture ne prouve rien, et la pièce attend",
            "the import is asynchronous and knows no key; for an hour after an unanswered one, not finding the entry "
            "proves nothing, and the document waits",
        ),
        Promise.PDF_ATTACHED: Caveat(
            "Cegid Loop télécharge lui-même le PDF et ne dit pas s'il y est parvenu",
            "Cegid Loop fetches the PDF by itself and does not tell whether it could",
        ),
        Promise.CLOSED_PERIOD: _CLOSED,
        Promise.THIRD_PARTY_MATCHING: _NO_NAMES,
    },
    label_max=35,
    # Not documented for `refPiece`; the same as in Cegid's own TRA file. No quote may enter a filter.
    piece_max=35,
    piece_pattern="A-Za-z0-9/._-",
    auxiliary_max=17,
    auxiliary_pattern="A-Z0-9",
    # Customers and suppliers share one namespace in many folders; Cegid's own samples begin them alike.
    auxiliary_prefix={"sales": "C", "purchases": "F"},
    pdf_max_bytes=50 * 1024 * 1024,
    pdf_name_max=100,
    # Our own choice: Cegid publishes no quota. 429 and Retry-After are honoured.
    rate_limit=(5, 1.0),
    max_concurrent=2,
)

_FILE = msgspec.structs.replace(
    _JSON,
    pdf=PdfSupport.NEVER,
    third_parties=ThirdPartySupport.FILE,
    caveats={Promise.POSTED_ONCE: _FILE_KEY, Promise.CLOSED_PERIOD: _CLOSED},
)

VARIANTS: dict[str, Capabilities] = {
    DEFAULT_ROUTE: _JSON,
    "fec": msgspec.structs.replace(
        _FILE, label_charset="ascii", caveats={**_FILE.caveats, Promise.THIRD_PARTY_MATCHING: _NO_IDS}
    ),
    "tra": msgspec.structs.replace(_FILE, label_charset="cp1252", journal_max=3, account_max=17),
    # The Quadra layout: accounts of eight characters, piece numbers of twenty, labels of thirty.
    "quadra": msgspec.structs.replace(
        _FILE,
        caveats={**_FILE.caveats, Promise.THIRD_PARTY_MATCHING: _NO_IDS},
        label_charset="cp1252",
        label_max=30,
        piece_max=20,
        journal_max=3,
        account_max=8,
        auxiliary_max=8,
    ),
}

CAPABILITIES = VARIANTS[DEFAULT_ROUTE]
