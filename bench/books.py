"""One company between generated documents, or a sandbox, and books in memory: the pipeline without any tool."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import msgspec

from bench.samples import CAPABILITIES, LEDGER
from sellsy_ledger.connectors.base import LedgerConnector, PostedEntry, PostingRequest, Receipt
from sellsy_ledger.core.access import AccessCheck
from sellsy_ledger.core.ledger import Ledger
from sellsy_ledger.core.settings import CompanySettings
from sellsy_ledger.core.third_parties import LedgerThirdParty, ThirdParty
from sellsy_ledger.errors import InvariantBroken
from sellsy_ledger.pipeline.company import Company, Selection
from sellsy_ledger.pipeline.fetch import fetch_invoices
from sellsy_ledger.pipeline.mapping import map_vat_and_accounts
from sellsy_ledger.pipeline.pdfs import fetch_pdfs
from sellsy_ledger.pipeline.rounding import compute_rounding
from sellsy_ledger.pipeline.third_parties import resolve_third_parties
from sellsy_ledger.register.pdf_store import LocalDocumentStore
from sellsy_ledger.register.store import Register

__all__ = ["Books", "open_company", "prepare"]


class Books(LedgerConnector):
    """Books that take third parties and nothing else; what is measured ends before posting."""

    capabilities = CAPABILITIES

    def __init__(self) -> None:
        self._created: list[LedgerThirdParty] = []

    def check_access(self) -> Sequence[AccessCheck]:
        """Everything is allowed."""
        return [AccessCheck(step="Outil", ok=True)]

    def read_ledger(self) -> Ledger:
        """The books with the third parties created so far."""
        return msgspec.structs.replace(LEDGER, third_parties=tuple(self._created))

    def create_third_party(self, third_party: ThirdParty, auxiliary_account: str) -> LedgerThirdParty:
        """Open an account for it."""
        made = LedgerThirdParty(
            auxiliary_account=auxiliary_account, name=third_party.name, direction=third_party.direction
        )
        self._created.append(made)
        return made

    def payload(self, request: PostingRequest) -> Mapping[str, Any]:
        """Nothing is posted here."""
        raise InvariantBroken("the bench posts nothing")

    def find_entry(self, request: PostingRequest) -> PostedEntry | None:
        """Nothing was posted here."""
        return None

    def post_entry(self, request: PostingRequest) -> Receipt:
        """Nothing is posted here."""
        raise InvariantBroken("the bench posts nothing")

    def read_back(self, request: PostingRequest, entry_id: str) -> PostedEntry | None:
        """Nothing was posted here."""
        return None


def open_company(settings: CompanySettings, reader: object, folder: Path) -> Company:
    """The company in one run, its register and files below ``folder``."""
    return Company(
        settings=settings,
        sellsy=cast(Any, reader),
        connector=Books(),
        register=Register.open(f"sqlite:///{folder}/register.db"),
        documents=LocalDocumentStore(folder / "documents"),
        who="bench/1",
        run_id="bench-1",
    )


def prepare(company: Company) -> int:
    """Every step from fetching to rounding; returns how many documents were worked on."""
    done = 0
    for batch in fetch_invoices(company, Selection(kind="scheduled", dated_from=company.settings.start_date)):
        fetch_pdfs(company, batch)
        resolve_third_parties(company, batch)
        map_vat_and_accounts(company, batch)
        done += compute_rounding(company, batch).states.get("ready", 0)
    return done
