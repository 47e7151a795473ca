"""What is known of a file while it is written: keys, pieces, balances, and the lists that go with it."""

from __future__ import annotations

from sellsy_ledger.connectors.base import PostingRequest
from sellsy_ledger.connectors.sage100 import manifest
from sellsy_ledger.connectors.sage100.manifest import Delivered
from sellsy_ledger.connectors.sage100.missing import MissingThirdParties
from sellsy_ledger.connectors.sage100.rendering import Rendered, gross_cents
from sellsy_ledger.core.fingerprint import payload_hash
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.errors import DocumentError, InvariantBroken

__all__ = ["Written"]


class Written:
    """What is known of the file while it is written; grows by a few words per entry."""

    def __init__(self, rows: manifest.Writer, missing: MissingThirdParties) -> None:
        self.manifest = rows
        self.missing = missing
        self.keys: dict[str, None] = {}
        self._pieces: set[tuple[str, str, str]] = set()
        self._balances: dict[tuple[str, int, int], int] = {}
        self._debit = self._credit = 0

    def must_be_new(self, request: PostingRequest, piece: str) -> None:
        """Sage knows an entry by its journal, piece and third party: two documents must not share them."""
        if (request.entry.journal, piece, request.third_party.auxiliary_account) in self._pieces:
            raise DocumentError(
                f"Piece {piece} of {request.third_party.auxiliary_account} is in the file already.",
                reason=Reason.POSSIBLE_DUPLICATE,
                facts={"detail": f"une autre pièce {piece} du même tiers est déjà dans le fichier"},
                field="piece",
                tool="sage100",
            )

    def add(self, request: PostingRequest, rendered: Rendered, pdf_name: str) -> None:
        """One more entry is in the file."""
        entry = request.entry
        party = request.third_party.auxiliary_account
        self.keys[request.posting_key] = None
        self._pieces.add((entry.journal, rendered.piece, party))
        month = (entry.journal, entry.date.year, entry.date.month)
        debit, credit = entry.debit_cents, entry.credit_cents
        self._balances[month] = self._balances.get(month, 0) + debit - credit
        self._debit += debit
        self._credit += credit
        self.missing.add(request)
        self.manifest.add(
            Delivered(
                posting_key=request.posting_key,
                journal=entry.journal,
                piece=rendered.piece,
                number=entry.number,
                date=entry.date,
                third_party=party,
                gross_cents=gross_cents(entry),
                pdf_name=pdf_name,
                payload_hash=payload_hash(rendered.payload),
            )
        )

    def must_balance(self) -> None:
        """Sage refuses a file that does not balance per journal and month; each entry was checked before."""
        wrong = [f"{journal} {year}-{month:02d}" for (journal, year, month), gap in self._balances.items() if gap]
        if wrong or self._debit != self._credit:
            raise InvariantBroken(f"the file does not balance: {', '.join(wrong) or 'overall'}")
