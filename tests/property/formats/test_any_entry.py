"""Any entry, any text: a file reads back to the same accounts, dates and amounts, or the entry is refused whole."""

from __future__ import annotations

import datetime as dt
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sellsy_ledger.core.documents import Kind
from sellsy_ledger.core.entries import EntryLine, JournalEntry, Role
from sellsy_ledger.core.ledger import Account, Journal, Ledger, LedgerIndex
from sellsy_ledger.errors import DocumentError
from sellsy_ledger.formats import fec, mecg, pnm, quadra, tra
from sellsy_ledger.formats.base import FileEntry, file_bytes
from tests.unit.formats import readers
from tests.unit.formats.readers import Movement

# What breaks files: line ends of every kind, separators, marks, accents, pictures, letters of other scripts, halves.
HOSTILE = "\r\n\t|;#*\x00\x1a\x85\xa0\u2028\ufeff\u202e\ud800éœß€’…＃｜；漢字🙂<b>&#10;&amp;"
TEXTS = st.one_of(
    st.text(max_size=40),
    st.text(st.sampled_from(HOSTILE + "aZ 0-/"), max_size=40),
    st.text(st.characters(codec="cp1252"), max_size=300),
)
CODES = st.from_regex(r"[A-Za-z0-9]{1,8}", fullmatch=True)
DATES = st.one_of(st.dates(dt.date(2000, 1, 1), dt.date(2049, 12, 31)), st.dates())
CENTS = st.one_of(st.integers(1, 10**9), st.integers(1, 10**25))
FORMATS: tuple[tuple[Any, Any, Any], ...] = (
    (fec, fec.Options(), readers.read_fec),
    (
        fec,
        fec.Options(separator="|", decimal_mark=".", empty_side=True, charset="cp1252"),
        lambda data: readers.read_fec(data, "cp1252", "|", "."),
    ),
    (tra, tra.Options(), readers.read_tra),
    (pnm, pnm.Options(), readers.read_pnm),
    (pnm, pnm.Options(width=141, charset="cp1252"), lambda data: readers.read_pnm(data, "cp1252", 141)),
    (mecg, mecg.Options(tax_codes=True), readers.read_mecg),
    (quadra, quadra.Options(), readers.read_quadra),
)


@st.composite
def file_entries(draw: st.DrawFn, codes: st.SearchStrategy[str]) -> FileEntry:
    """Balanced, with one to four lines a side; any text in any place for words, ``codes`` for what identifies."""
    debits = draw(st.lists(CENTS, min_size=1, max_size=4))
    credits_ = draw(st.lists(CENTS, max_size=3))
    gap = sum(debits) - sum(credits_)
    if gap:
        (credits_ if gap > 0 else debits).append(abs(gap))
    auxiliary = draw(codes)
    lines = [
        EntryLine(
            account=draw(codes),
            auxiliary_account=auxiliary if position == 0 else None,
            label=draw(TEXTS),
            debit_cents=debit,
            credit_cents=credit,
            vat_code=draw(st.none() | codes),
            role=Role.NET if position else Role.THIRD_PARTY,
        )
        for position, (debit, credit) in enumerate([*((d, 0) for d in debits), *((0, c) for c in credits_)])
    ]
    entry = JournalEntry(
        journal=draw(st.sampled_from(["VE", "ACH"]) | codes),
        date=draw(DATES),
        piece=draw(codes),
        number=draw(TEXTS),
        piece_date=draw(DATES),
        due_date=draw(st.none() | DATES),
        lines=tuple(lines),
    )
    name = draw(TEXTS)
    return FileEntry(
        entry=entry,
        kind=draw(st.sampled_from(Kind)),
        third_party_name=name,
        pdf_name=draw(st.just("") | CODES.map("{}.pdf".format) | TEXTS),
        reference=draw(st.just("") | TEXTS),
    )


def ledger_of(one: FileEntry) -> LedgerIndex:
    label = one.third_party_name
    accounts = tuple(Account(number=line.account, label=label) for line in one.entry.lines)
    return LedgerIndex(Ledger(accounts=accounts, journals=(Journal(code=one.entry.journal, label=label),)))


def told(one: FileEntry, file_format: Any) -> list[tuple[Any, ...]]:
    """What the file must say of the entry."""
    capitals = file_format in (pnm, mecg)
    return [
        seen(
            file_format,
            line.account,
            (line.auxiliary_account or "").upper() if capitals else line.auxiliary_account or "",
            one.entry.date,
            line.debit_cents,
            line.credit_cents,
        )
        for line in one.entry.lines
    ]


def seen(file_format: Any, account: str, auxiliary: str, *rest: Any) -> tuple[Any, ...]:
    # Quadra books on one account only, the auxiliary one where there is one.
    return (auxiliary or account, *rest) if file_format is quadra else (account, auxiliary, *rest)


def written(one: FileEntry, ledger: LedgerIndex, file_format: Any, options: Any) -> tuple[bytes, DocumentError | None]:
    try:
        return b"".join(file_bytes(file_format, [one, one], ledger, options)), None
    except DocumentError as error:
        return b"", error


def check(one: FileEntry, must_fit: bool) -> None:
    ledger = ledger_of(one)
    for file_format, options, read in FORMATS:
        data, refused = written(one, ledger, file_format, options)
        if refused is not None:
            assert refused.field
            assert refused.facts["detail"].isprintable()
            assert not must_fit
            continue
        movements: list[Movement] = read(data)
        found = [seen(file_format, *movement[:5]) for movement in movements]
        assert found == told(one, file_format) * 2
        assert all(movement.number for movement in movements)


@given(file_entries(CODES))
def test_a_file_reads_back_to_the_entry(one: FileEntry):
    check(one, must_fit=False)


@given(file_entries(TEXTS))
def test_any_text_in_any_place_is_written_rightly_or_refused(one: FileEntry):
    check(one, must_fit=False)


@given(TEXTS, TEXTS, st.lists(TEXTS, min_size=2, max_size=2), st.sampled_from(Kind))
def test_no_label_name_or_number_ever_stops_an_entry(name: str, number: str, labels: list[str], kind: Kind):
    lines = (
        EntryLine(
            account="411000",
            auxiliary_account="C1",
            label=labels[0],
            debit_cents=5,
            vat_code="C20",
            role=Role.THIRD_PARTY,
        ),
        EntryLine(account="706000", label=labels[1], credit_cents=5, role=Role.NET),
    )
    day = dt.date(2026, 2, 3)
    entry = JournalEntry(journal="VE", date=day, piece="F1", number=number, piece_date=day, due_date=day, lines=lines)
    check(FileEntry(entry=entry, kind=kind, third_party_name=name), must_fit=True)
