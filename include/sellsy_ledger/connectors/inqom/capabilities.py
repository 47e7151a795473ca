"""What Inqom can and cannot do, as data, in both ways to reach it.

``api`` = entries over ``POST /v1/dossiers/{id}/entries``, booked at once. ``fec`` = one FEC import operation per entry,
which Inqom works off and may leave to a person.
Sources: Inqom's documents "API Accounting" and "API Accounting Documents", its help centre; values that only a third
party observed, or that we chose, carry a comment. Imports nothing of this folder, so that reading it costs nothing.
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

__all__ = ["CAPABILITIES", "FEC", "VARIANTS"]

_PDF = Caveat(
    "les octets ne sont relus que si Inqom donne une empreinte connue du fichier ou un lien vers un hôte autorisé "
    "(option file_hosts) ; sinon seule la présence d'un document sur l'écriture est vue",
    "the bytes are read back only where Inqom gives a known checksum of the file or a link to an allowed host "
    "(option `file_hosts`); otherwise only the presence of a document on the entry is seen",
)

CAPABILITIES = Capabilities(
    tool="inqom",
    title="Inqom",
    # An entry is booked at once; there is no state before it.
    draft=False,
    pdf=PdfSupport.BEFORE,
    # ExternalId is kept, but no filter on it is documented.
    key=KeySupport.LOOK_UP,
    read_back=True,
    pdf_read_back=True,
    reads_books=True,
    # PUT …/entries changes an entry in its place, its document included; a lettered or locked one is refused.
    replaces=True,
    third_parties=ThirdPartySupport.API,
    # No VAT code on lines: the account decides.
    vat=VatSupport.ACCOUNT_ONLY,
    reads_period_locks=True,
    auxiliary_in_account=True,
    document_only="document_only",
    # A third party is an account: number and name, nothing else.
    third_party_ids=False,
    caveats={Promise.PDF_ATTACHED: _PDF},
    # The API states no length, the FEC import 256; 200 is our own bound, so that a number still fits behind a label.
    label_max=200,
    piece_max=256,
    journal_max=4,
    account_max=22,
    # 22, minus the digit that Inqom adds to the root (411X becomes 4111X).
    auxiliary_max=21,
    auxiliary_pattern="[A-Z0-9]",
    auxiliary_prefix={"sales": "411", "purchases": "401"},
    # Neither is documented; 255 is our own bound.
    pdf_name_max=255,
    # Per client id and user, all routes together, in any second.
    rate_limit=(15, 1.0),
    # Inqom advises against parallel batches of entries; six requests of one entry fill the quota at 300 ms each.
    max_concurrent=6,
    # A request that timed out here may still be carried out over there: ours, no figure is documented.
    settles_within_seconds=900,
)

FEC = msgspec.structs.replace(
    CAPABILITIES,
    title="Inqom (import FEC)",
    asynchronous=True,
    # An import only adds.
    replaces=False,
    # How long an import takes is not documented; a quarter of an hour is our own bound.
    settles_within_seconds=900,
    caveats={
        Promise.POSTED_ONCE: Caveat(
            "une réponse perdue à l'envoi du fichier peut laisser dans Inqom une opération d'import en attente, que "
            "l'API ne permet pas de lister : supprimez-la sans l'intégrer",
            "a lost answer to the upload may leave an import operation waiting in Inqom, which the API cannot list: "
            "delete it without integrating it",
        ),
        Promise.PDF_ATTACHED: Caveat(
            f"c'est Inqom qui rattache à l'import le PDF déposé, par le numéro de pièce ; {_PDF.french}",
            f"it is Inqom that ties the deposited PDF to the import, by the piece number; {_PDF.english}",
        ),
    },
    label_charset="ascii",
)

VARIANTS = {"api": CAPABILITIES, "fec": FEC}
