"""What Sage 100 (France) can and cannot do, as data, in both ways to reach it.

``files`` = a file for the menu *Fichier > Importer*, which a person or a task on the Sage side imports: the only way
that every Sage 100 has. ``odata`` = the HTTP interface of Sage 100, where the company has one.
Sources: Sage's description of the PNM format, Sage's own sample of the OData interface and its documentation; lengths
of fields that only partners have published, or that we chose, carry a comment. Imports nothing of this folder, so that
reading it costs nothing.
"""

from __future__ import annotations

from sellsy_ledger.core.capabilities import (
    Capabilities,
    Caveat,
    KeySupport,
    PdfSupport,
    Promise,
    ThirdPartySupport,
    VatSupport,
)

__all__ = ["CAPABILITIES", "ODATA", "VARIANTS"]

CAPABILITIES = Capabilities(
    tool="sage100",
    title="Sage 100",
    # What is imported lies in the journal like an entry typed in by hand: there is no state before it.
    draft=False,
    # The file formats have no room for a document: the PDFs lie in a folder beside the file.
    pdf=PdfSupport.NEVER,
    # Our own index of what was delivered is asked, not Sage.
    key=KeySupport.LOOK_UP,
    read_back=False,
    pdf_read_back=False,
    third_parties=ThirdPartySupport.FILE,
    vat=VatSupport.ACCOUNT_ONLY,
    batches=True,
    caveats={
        Promise.POSTED_ONCE: Caveat(
            "chaque pièce n'est livrée qu'une fois, mais Sage 100 n'empêche pas d'importer deux fois le même fichier",
            "each document is delivered once, but Sage 100 does not prevent importing the same file twice",
        ),
        Promise.PDF_ATTACHED: Caveat(
            "le format d'import ne transporte pas de document : les PDF sont livrés à côté du fichier, nommés par "
            "numéro de facture, et se joignent dans Sage",
            "the import format carries no document: the PDFs are delivered beside the file, named by invoice number, "
            "and attached in Sage by hand",
        ),
        Promise.READ_BACK: Caveat(
            "le fichier livré ne dit pas ce que Sage en a fait ; seul l'accusé d'import le dit",
            "the delivered file does not tell what Sage made of it; only the acknowledgement does",
        ),
        Promise.CLOSED_PERIOD: Caveat(
            "les exercices ne sont connus que par exercices.csv ; sans ce fichier, c'est Sage qui refuse à l'import",
            "fiscal years are known from exercices.csv only; without it, Sage refuses at the import",
        ),
        Promise.THIRD_PARTY_MATCHING: Caveat(
            "les tiers ne sont connus que par tiers.csv ; ceux qui n'y sont pas sont à créer dans Sage avant l'import",
            "third parties are known from tiers.csv only; create the others in Sage before the import",
        ),
    },
    # The 25 characters of a PNM label; MECG takes 35 or 69, by the version of Sage.
    label_max=25,
    piece_max=13,
    piece_pattern="[A-Z0-9]",
    # 3 in a PNM file, 6 in Sage itself.
    journal_max=3,
    account_max=13,
    # 13 in a PNM file, 17 in Sage itself.
    auxiliary_max=13,
    auxiliary_pattern="[A-Z0-9]",
    pdf_name_max=100,
    # Nothing is sent over HTTP.
    rate_limit=(1000, 1.0),
    max_concurrent=1,
    label_charset="ascii",
)

ODATA = Capabilities(
    tool="sage100",
    title="Sage 100 (OData)",
    draft=False,
    # Neither the sample nor the documentation knows a resource for documents.
    pdf=PdfSupport.NEVER,
    key=KeySupport.LOOK_UP,
    read_back=True,
    pdf_read_back=False,
    # Ledger lines of a period, whoever made them.
    reads_books=True,
    third_parties=ThirdPartySupport.API,
    # A line may have a tax, but the name of that property is not published.
    vat=VatSupport.ACCOUNT_ONLY,
    caveats={
        Promise.POSTED_ONCE: Caveat(
            "Sage ne garde pas notre clé : une écriture se retrouve par numéro de facture, journal, tiers et montant",
            "Sage does not keep our key: an entry is found by invoice number, journal, third party and amount",
        ),
        Promise.PDF_ATTACHED: Caveat(
            "l'interface OData de Sage 100 ne reçoit pas de document",
            "the OData interface of Sage 100 takes no document",
        ),
    },
    # $metadata of the company may say less; the connector then cuts to that.
    label_max=69,
    piece_max=13,
    piece_pattern="[A-Z0-9]",
    journal_max=6,
    account_max=13,
    auxiliary_max=17,
    auxiliary_pattern="[A-Z0-9]",
    # Limits are not published; a 429 says when they are reached.
    rate_limit=(10, 1.0),
    max_concurrent=2,
    # A request that timed out here may still be carried out over there: ours, no figure is documented.
    settles_within_seconds=900,
)

VARIANTS = {"files": CAPABILITIES, "odata": ODATA}
