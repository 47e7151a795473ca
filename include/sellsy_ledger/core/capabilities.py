"""What a tool can and cannot do, as data. The pipeline and the core branch on these, never on a tool's name."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

import msgspec

__all__ = [
    "Capabilities",
    "Caveat",
    "KeySupport",
    "PdfSupport",
    "Promise",
    "ThirdPartySupport",
    "VatSupport",
    "kept_characters",
]


class PdfSupport(StrEnum):
    """When the PDF is handed over, relative to the entry."""

    WITH_ENTRY = "with_entry"
    BEFORE = "before"
    AFTER = "after"
    URL = "url"
    NEVER = "never"


class KeySupport(StrEnum):
    """How a posting is found again: the tool keeps our key, a look-up by content, or not at all."""

    NATIVE = "native"
    LOOK_UP = "look_up"
    NONE = "none"


class ThirdPartySupport(StrEnum):
    """How a third party comes to exist in the tool."""

    API = "api"
    WITH_ENTRY = "with_entry"
    FILE = "file"
    NONE = "none"


class VatSupport(StrEnum):
    """How VAT is told: a VAT code on lines, or only by the account of the VAT line."""

    CODE_PER_LINE = "code_per_line"
    ACCOUNT_ONLY = "account_only"


class Promise(StrEnum):
    """What the product promises of each tool, and keeps to a level that :mod:`sellsy_ledger.core.levels` tells."""

    POSTED_ONCE = "posted_once"
    PDF_ATTACHED = "pdf_attached"
    READ_BACK = "read_back"
    DRAFT = "draft"
    CLOSED_PERIOD = "closed_period"
    THIRD_PARTY_MATCHING = "third_party_matching"


class Caveat(NamedTuple):
    """One reservation, as part of a sentence, in both languages."""

    french: str
    english: str


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """One tool's abilities and limits (characters, bytes, requests). None = no limit known.

    ``piece_pattern`` and ``auxiliary_pattern`` are character classes, with or without their brackets: characters
    outside them are dropped (:func:`kept_characters`). ``label_charset`` is ``unicode`` or an encoding's name.
    ``computes_vat`` = the tool adds the reverse-charge pair itself. ``auxiliary_in_account`` = the third-party line
    carries only the auxiliary account. ``rate_limit`` = (requests, per seconds). What the tool decides by itself, so
    that an entry read back may differ there and still be the one sent: ``chooses_journal`` (its own sales and purchases
    journals), ``chooses_vat_accounts`` (the accounts of its VAT codes), ``merges_lines`` (same account and label).

    How an entry gets there: ``asynchronous`` = the tool takes it into a queue and is asked later what became of it
    (:meth:`LedgerConnector.wait_until_done`); until ``settles_within_seconds`` after a write, not finding the entry
    proves nothing. ``batches`` = entries are collected, and handed over as one file per run that somebody else imports
    (:meth:`LedgerConnector.deliver_batch`). ``document_only`` = the word by which settings ask for the pending mode
    that hands over the PDF alone and leaves the entry to the accountant; None where there is none.
    ``reads_books`` = every entry of a period can be read, whoever made it (:meth:`LedgerConnector.booked_entries`).
    ``replaces`` = a booked entry that is still editable can be changed in its place
    (:meth:`LedgerConnector.replace_entry`); without it a correction is a reversal and a new entry.
    ``third_party_ids`` = third parties are read with VAT number or SIREN, not by name and account alone.
    ``caveats`` = what keeps a promise from being proved: such a promise is never more than *partly* kept.
    """

    tool: str
    title: str
    draft: bool
    pdf: PdfSupport
    key: KeySupport
    read_back: bool
    pdf_read_back: bool
    third_parties: ThirdPartySupport
    vat: VatSupport
    computes_vat: bool = False
    chooses_journal: bool = False
    chooses_vat_accounts: bool = False
    merges_lines: bool = False
    reads_period_locks: bool = False
    auxiliary_in_account: bool = False
    asynchronous: bool = False
    settles_within_seconds: int = 0
    batches: bool = False
    document_only: str | None = None
    reads_books: bool = False
    replaces: bool = False
    third_party_ids: bool = True
    caveats: dict[Promise, Caveat] = {}
    label_max: int | None = None
    piece_max: int | None = None
    piece_pattern: str | None = None
    journal_max: int | None = None
    account_max: int | None = None
    auxiliary_max: int | None = None
    auxiliary_pattern: str | None = None
    auxiliary_prefix: dict[str, str] = {}
    pdf_max_bytes: int | None = None
    pdf_name_max: int | None = None
    rate_limit: tuple[int, float] = (1, 1.0)
    max_concurrent: int = 4
    currencies: tuple[str, ...] = ("EUR",)
    label_charset: str = "unicode"


def kept_characters(text: str, pattern: str | None) -> str:
    """``text`` without the characters that a tool does not take: ``"F-26/1"`` with ``A-Z0-9`` → ``"F261"``."""
    return text if pattern is None else _outside(pattern).sub("", text)


@lru_cache(maxsize=32)
def _outside(pattern: str) -> re.Pattern[str]:
    return re.compile(f"[^{pattern.removeprefix('[').removesuffix(']')}]")
