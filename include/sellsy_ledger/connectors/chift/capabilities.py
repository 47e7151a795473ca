"""What Chift can and cannot do, as data, by the accounting tool that stands behind it.

Source: Chift's OpenAPI and guides, and the documented field limits of the tools behind; values that are our own choice
carry a comment. Imports nothing of this folder, so that reading it costs nothing.

The first variant is the strictest: it is what is assumed while nobody has said which tool is behind.
"""

from __future__ import annotations

from typing import Any

from sellsy_ledger.core.capabilities import (
    Capabilities,
    Caveat,
    KeySupport,
    PdfSupport,
    Promise,
    ThirdPartySupport,
    VatSupport,
)

__all__ = ["BEHIND", "CAPABILITIES", "VARIANTS"]

BEHIND = {"sage100": "Sage 100", "acd": "ACD", "cegid_loop": "Cegid Loop", "myunisoft": "MyUnisoft"}
"""The option ``behind`` → the tool's own name; Chift's integration names are compared with both."""

_CAVEATS = {
    Promise.PDF_ATTACHED: Caveat(
        "Chift annonce la présence du PDF seulement si l'outil derrière la dit",
        "Chift tells of the PDF only where the tool behind it does",
    ),
    Promise.READ_BACK: Caveat(
        "si l'écriture ne se rapproche pas de la facture dans Chift, seule la facture est relue",
        "where Chift does not show the entry that belongs to the invoice, only the invoice is read back",
    ),
    Promise.POSTED_ONCE: Caveat(
        "Chift ne documente pas ce qu'il retient quand l'outil derrière n'a pas répondu à temps",
        "Chift does not document what it remembers when the tool behind it did not answer in time",
    ),
}


def _variant(behind: str, *, settles_within_seconds: int = 900, **its_own: Any) -> Capabilities:
    return Capabilities(
        tool="chift",
        title=f"Chift ({BEHIND[behind]})",
        pdf=PdfSupport.WITH_ENTRY,
        # The request id is remembered for six months, with what became of it.
        key=KeySupport.NATIVE,
        read_back=True,
        pdf_read_back=False,
        # Three months at a time; nothing that was posted can be changed through Chift.
        reads_books=True,
        third_parties=ThirdPartySupport.API,
        vat=VatSupport.CODE_PER_LINE,
        # A purchase with a reversed VAT code gets its 445 pair from Chift.
        computes_vat=True,
        chooses_vat_accounts=True,
        # `regroup_lines`: same account, VAT code and analytics.
        merges_lines=True,
        caveats=_CAVEATS,
        journal_max=6,
        account_max=20,
        auxiliary_pattern="A-Z0-9",
        pdf_max_bytes=50 * 1024 * 1024,
        # `^[a-zA-Z0-9\-_ ]{1,196}(?:.pdf)?$`
        pdf_name_max=200,
        # The tool behind, or the agent before it, may finish a request after Chift gave it up: ours, no figure is
        # documented.
        settles_within_seconds=settles_within_seconds,
        # Chift names no limit of its own; ours spares the tool behind.
        rate_limit=(5, 1.0),
        max_concurrent=2,
        **its_own,
    )


# The collective root starts a third party's account where the tool keeps both in one number.
_ROOTS = {"sales": "411", "purchases": "401"}

VARIANTS: dict[str, Capabilities] = {
    "sage100": _variant(
        "sage100",
        draft=False,
        # 35 characters in older Sage databases, 69 in newer ones; 13 for a piece, 17 for an invoice number.
        label_max=35,
        piece_max=13,
        piece_pattern="A-Za-z0-9",
        # Sage keeps 17; 10 fits every tool.
        auxiliary_max=10,
        auxiliary_prefix=_ROOTS,
    ),
    "acd": _variant(
        "acd",
        draft=False,
        label_max=50,
        # No length is documented; 20 is ours.
        piece_max=20,
        piece_pattern="A-Za-z0-9",
        auxiliary_max=13,
        auxiliary_prefix={"sales": "C", "purchases": "F"},
        third_party_ids=False,
    ),
    "cegid_loop": _variant(
        "cegid_loop",
        draft=False,
        # Loop's imports are a queue, whoever hands them over: as for our own connector.
        settles_within_seconds=3600,
        label_max=35,
        # No length is documented; 20 is the longest piece number of Cegid's own exchange formats.
        piece_max=20,
        piece_pattern="A-Za-z0-9",
        auxiliary_max=17,
        auxiliary_prefix=_ROOTS,
    ),
    "myunisoft": _variant(
        "myunisoft",
        draft=True,
        label_max=50,
        piece_max=25,
        piece_pattern="A-Za-z0-9",
        auxiliary_max=10,
        auxiliary_prefix=_ROOTS,
    ),
}
CAPABILITIES = VARIANTS["sage100"]
