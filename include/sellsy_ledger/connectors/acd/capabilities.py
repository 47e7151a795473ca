"""What ACD i-Suite Expert can and cannot do, as data.

Source: what independent public clients of the API and the help pages of integrators agree on; ACD publishes no
reference, each firm's server shows its own Swagger. Values that are our own choice carry a comment. Imports nothing
of this folder, so that reading it costs nothing.
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

__all__ = ["CAPABILITIES"]

CAPABILITIES = Capabilities(
    tool="acd",
    title="ACD i-Suite Expert",
    # Entries arrive at once in the books. The only pending mode hands over the PDF alone.
    draft=False,
    document_only="panier",
    # Uploaded to the document store (GED) first; the entry then names it.
    pdf=PdfSupport.BEFORE,
    # No id comes back: the entry is found in the FEC by a mark at the end of the third-party line's label.
    key=KeySupport.LOOK_UP,
    read_back=True,
    # The document store lists names; no route is known that gives the bytes back, or the entry of a document.
    pdf_read_back=False,
    # The FEC of each calendar year, whoever made its entries.
    reads_books=True,
    third_parties=ThirdPartySupport.API,
    # Code and name are all that can be read of a third party.
    third_party_ids=False,
    # A line's VAT code may be empty: the account decides. One that is mapped is sent.
    vat=VatSupport.ACCOUNT_ONLY,
    auxiliary_in_account=True,
    label_max=50,
    auxiliary_max=13,
    # Our own choice: what every dossier takes.
    auxiliary_pattern="A-Z0-9",
    auxiliary_prefix={"sales": "C", "purchases": "F"},
    # Known of the tray's page only; taken for the document store too.
    pdf_max_bytes=20_971_520,
    # No limit is known: one request at a time, with a small pause.
    rate_limit=(2, 1.0),
    max_concurrent=1,
    # A request that timed out here may still be carried out over there: ours, no figure is documented.
    settles_within_seconds=900,
    caveats={
        Promise.POSTED_ONCE: Caveat(
            "il n'est pas confirmé que le FEC d'ACD contienne les écritures non validées ; la relecture de la "
            "première écriture le montre",
            "whether ACD's FEC holds entries that are not validated yet is not confirmed; reading the first entry "
            "back shows it",
        ),
        Promise.PDF_ATTACHED: Caveat(
            "la GED montre le fichier, jamais l'écriture à laquelle il est rattaché",
            "the document store shows the file, never the entry that it belongs to",
        ),
        Promise.READ_BACK: Caveat(
            "un exercice à cheval sur deux années civiles n'a pas de FEC lisible par l'API (option « read_back »)",
            "a fiscal year over two calendar years has no FEC that the API can give (option `read_back`)",
        ),
    },
)
