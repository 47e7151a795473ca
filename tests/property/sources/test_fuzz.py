"""The short form of ``make fuzz``: 2,000 hostile documents all the way, and proof that its witnesses would notice."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import msgspec
import pytest
from fuzz import samples, witness
from fuzz.books import shops
from fuzz.mutations import mutate
from fuzz.trial import must_be_right, must_be_sound, trial
from fuzz.written import Raw, Twice, text_of

from sellsy_ledger.core.documents import Document, Kind
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.core.third_parties import LedgerThirdParty
from sellsy_ledger.sources.sellsy.objects import parse_document

SEED, DOCUMENTS = 20260203, 2_000

# What became of them, at least; a generator that lost its teeth, or a reader that refuses all, would fall below.
AT_LEAST = {
    "entry": 2_500,
    Reason.DOCUMENT_UNREADABLE.value: 300,
    Reason.AMOUNTS_DO_NOT_CLOSE.value: 150,
    Reason.ROUNDING_BEYOND_TOLERANCE.value: 30,
    Reason.PERIOD_CLOSED.value: 80,
    Reason.CURRENCY_NOT_SUPPORTED.value: 10,
    Reason.ZERO_AMOUNT.value: 3,
    Reason.REFUSED_BY_TOOL.value: 200,
    "nested without end": 10,
    **{f"{name} file": 200 for name in ("fec", "tra", "mecg", "pnm", "quadra")},
}


def test_hostile_documents_become_right_entries_or_are_refused_with_a_known_reason():
    counts: Counter[str] = Counter()
    failures = []
    for number in range(DOCUMENTS):
        result = trial(SEED, number)
        failures += [f"python -m fuzz --seed {SEED} --only {number}: {failure}" for failure in result.failures]
        counts.update(outcome.rpartition(": ")[2] for outcome in result.outcomes)
    assert not failures
    assert {name: counts[name] for name, least in AT_LEAST.items() if counts[name] < least} == {}


def test_every_document_that_nobody_touched_is_accepted():
    rng = random.Random(SEED)
    for kind in Kind:
        for _ in range(20):
            tree = samples.sale(rng, kind) if kind.value.startswith("sales") else samples.purchase(rng, kind)
            assert witness.differences(parse_document(kind, text_of(tree).encode()), text_of(tree)) == []


def test_every_kind_of_mutation_occurs():
    rng = random.Random(SEED)
    said: Counter[str] = Counter()
    for _ in range(800):
        said.update(
            one.rpartition(": ")[2].split()[0] for one in mutate(rng, samples.sale(rng, Kind.SALES_INVOICE), 1)[1]
        )
    kinds = ("missing", "null", "text", "number", "date", "value", "the", "nested", "key", "nudged")
    assert all(said[kind] > 4 for kind in kinds), said


def accepted(kind: Kind) -> tuple[Document, str]:
    rng = random.Random(SEED)
    tree = samples.sale(rng, kind) if kind.value.startswith("sales") else samples.purchase(rng, kind)
    return parse_document(kind, text_of(tree).encode(), {}), text_of(tree)


@pytest.mark.parametrize("kind", [Kind.SALES_INVOICE, Kind.PURCHASE_INVOICE])
def test_the_witness_notices_any_other_amount(kind: Kind):
    document, text = accepted(kind)
    rows = document.rows or ()
    others: list[dict[str, Any]] = [
        {"gross_cents": document.gross_cents + 1},
        {"net_cents": -document.net_cents},
        {"vat": ()},
        {"vat": (msgspec.structs.replace(document.vat[0], vat_cents=document.vat[0].vat_cents + 1), *document.vat[1:])},
        {"rows": rows[1:]},
        {"rows": (msgspec.structs.replace(rows[0], net=rows[0].net * 10), *rows[1:])},
        {"global_discount": document.global_discount + 1},
        {"remaining_due_cents": None},
    ]
    assert witness.differences(document, text) == []
    for other in others:
        assert witness.differences(msgspec.structs.replace(document, **other), text), other


@pytest.mark.parametrize(
    "amount", ["NaN", "1_000.00", "1,5", "0x10", "", "1.2.3", Raw("12.5"), Raw("1e2"), None, [1], True]
)
def test_the_witness_takes_nothing_for_an_amount_that_is_none(amount: Any):
    document, _ = accepted(Kind.SALES_INVOICE)
    tree = samples.sale(random.Random(SEED), Kind.SALES_INVOICE)
    tree["amounts"]["total_incl_tax"] = amount
    assert witness.differences(document, text_of(tree))


def test_of_a_key_that_comes_twice_the_last_one_counts_for_reader_and_witness():
    tree = samples.sale(random.Random(SEED), Kind.SALES_INVOICE)
    tree["amounts"]["total_incl_tax"] = Twice("9999.99", "12.34")
    document = parse_document(Kind.SALES_INVOICE, text_of(tree).encode())
    assert document.gross_cents == 1234
    assert witness.differences(document, text_of(tree)) == []


def test_a_wrong_entry_or_an_unsound_document_is_noticed():
    document = msgspec.structs.replace(accepted(Kind.SALES_INVOICE)[0], deposits=())
    party = LedgerThirdParty(auxiliary_account="C1", name="Café", direction=document.kind.direction)
    entry = shops()[0].journaliser(document, party).entry
    assert entry is not None
    must_be_right(document, entry)
    first, *rest = entry.lines
    wrong = [
        (msgspec.structs.replace(first, debit_cents=first.debit_cents + 1), *rest),
        (msgspec.structs.replace(first, debit_cents=float(first.debit_cents)), *rest),  # type: ignore[arg-type]
        (*rest,),
    ]
    for lines in wrong:
        with pytest.raises(AssertionError):
            must_be_right(document, msgspec.structs.replace(entry, lines=lines))
    for changes in ({"gross_cents": 1.0}, {"number": "A\u202e"}, {"id": 2**63}, {"subject": "\ud800"}):
        with pytest.raises(AssertionError):
            must_be_sound(msgspec.structs.replace(document, **changes))
