"""One hostile document from Sellsy's answer to the accounting file, with everything that must hold on the way."""

from __future__ import annotations

import datetime as dt
import random
import traceback
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec
from tests.unit.formats import readers

from fuzz import samples, witness
from fuzz.account import reader_on
from fuzz.books import Shop, shops
from fuzz.mutations import mutate
from fuzz.written import text_of
from sellsy_ledger.core.documents import Direction, Document, Kind
from sellsy_ledger.core.entries import JournalEntry, Role
from sellsy_ledger.core.fingerprint import fingerprint
from sellsy_ledger.core.outcomes import Reason, State, sentence
from sellsy_ledger.core.third_parties import LedgerThirdParty, Matcher, ThirdParty, propose_auxiliary
from sellsy_ledger.errors import DocumentError, TryLater
from sellsy_ledger.formats import catalogue
from sellsy_ledger.formats.base import FileEntry, file_bytes
from sellsy_ledger.pipeline.steps import detail_of
from sellsy_ledger.register.codec import decode, encode

__all__ = ["Result", "must_be_right", "must_be_sound", "trial"]

_SHOPS_EACH = 3
_LONGEST_SENTENCE = 700
_LARGEST_ID = 2**63 - 1
_READERS = {
    "fec": readers.read_fec,
    "tra": readers.read_tra,
    "pnm": readers.read_pnm,
    "mecg": readers.read_mecg,
    "quadra": readers.read_quadra,
}
_KINDS = (
    Kind.SALES_INVOICE,
    Kind.SALES_INVOICE,
    Kind.SALES_CREDIT_NOTE,
    Kind.PURCHASE_INVOICE,
    Kind.PURCHASE_CREDIT_NOTE,
)
_TAKEN = frozenset({"CLIAUTRE"})
_MATCHER = Matcher([LedgerThirdParty(auxiliary_account="CLIAUTRE", name="Autre", direction=Direction.SALES)])


class Result(NamedTuple):
    """What became of one document: ``outcomes`` to count, ``failures`` to mend."""

    mutations: list[str]
    outcomes: list[str]
    failures: list[str]


class _Failed(AssertionError):
    """Something that must hold does not."""


def trial(seed: int, number: int) -> Result:
    """Make document ``number`` of ``seed`` and send it all the way."""
    rng = random.Random(f"{seed}:{number}")
    kind = rng.choice(_KINDS)
    sales = kind.direction is Direction.SALES
    tree = samples.sale(rng, kind) if sales else samples.purchase(rng, kind)
    party = samples.third_party()
    journal = text_of(samples.journal_of(kind, tree)[0]) if not sales or rng.random() < 0.3 else ""
    times = rng.choice((0, 1, 1, 1, 1, 1, 1, 2, 2, 3))
    done: list[str] = []
    if rng.random() < 0.1:
        party, said = mutate(rng, party, 1)
        done += [f"party {one}" for one in said]
    tree, said = mutate(rng, tree, times)
    done += said
    way = _Way(rng, kind, tree, party, journal)
    try:
        way.go()
    except _Failed as failed:
        way.failures.append(str(failed))
    except TryLater as error:
        # Nesting without end makes a page that cannot be cut into its documents: nothing of it is taken.
        if any("nested" in one for one in done):
            way.outcomes.append("asked again later: nested without end")
        else:
            way.failures.append(f"one document stops the night: {error}")
    except Exception as error:  # noqa: BLE001 - whatever escapes is a finding
        where = " < ".join(
            f"{frame.name}:{frame.lineno}" for frame in reversed(traceback.extract_tb(error.__traceback__)[-4:])
        )
        way.failures.append(f"{type(error).__name__}: {str(error)[:160]} ({where})")
    return Result(done, way.outcomes, way.failures)


class _Way:
    def __init__(self, rng: random.Random, kind: Kind, tree: Any, party: Any, journal: str) -> None:
        self.rng = rng
        self.kind = kind
        self.text, self.seen = text_of(tree), text_of(tree, for_witness=True)
        left_out = "rows" if kind.direction is Direction.SALES else "map"
        listed = {name: value for name, value in tree.items() if name != left_out}
        if kind.direction is Direction.SALES and isinstance(listed.get("_embed"), dict):
            listed["_embed"] = listed["_embed"] | {"company": party}
        self.reader = reader_on(kind, text_of(listed), self.text, text_of(party), journal)
        self.outcomes: list[str] = []
        self.failures: list[str] = []

    def go(self) -> None:
        """As a night does: the list, the detail, the third party, the entry, the file."""
        pages = list(self.reader.accounted((self.kind.direction,), dt.date(1, 1, 2), None))
        for problem in self.reader.problems:
            self._refused("unreadable in the list", problem.error.reason, detail_of(problem.error))
        pairs = [pair for page in pages for pair in page]
        if not pairs and not self.reader.problems:
            self.outcomes.append("not accounted, or a draft")
        for listed, embedded in pairs:
            must_be_sound(listed)
            try:
                document = self.reader.detail(listed)
            except DocumentError as error:
                self._refused("unreadable in its detail", error.reason, detail_of(error))
                continue
            must_be_sound(document)
            self.failures += witness.differences(document, self.seen)
            self._journalised(document, embedded or self.reader.third_parties([document])[document.key])

    def _journalised(self, document: Document, third_party: ThirdParty) -> None:
        must_be_sound(third_party)
        for shop in self.rng.sample(shops(), _SHOPS_EACH):
            self._in(shop, document, third_party)

    def _in(self, shop: Shop, document: Document, third_party: ThirdParty) -> None:
        if not third_party.name.strip():
            self.outcomes.append("third party without a name")
            return
        control = "411000" if document.kind.direction is Direction.SALES else "401000"
        found = _MATCHER.match(third_party).found
        try:
            account = (
                found.auxiliary_account if found else propose_auxiliary(third_party, shop.capabilities, _TAKEN, control)
            )
        except DocumentError as error:
            self._refused("third party", error.reason, detail_of(error))
            return
        booked = LedgerThirdParty(auxiliary_account=account, name=third_party.name, direction=document.kind.direction)
        outcome = shop.journaliser(document, booked)
        if outcome.state is not State.READY or outcome.entry is None:
            if outcome.reason is None:
                raise _Failed(f"{outcome.state} without a reason")
            self._refused(outcome.state.value, outcome.reason, outcome.detail)
            return
        self.outcomes.append("entry")
        must_be_right(document, outcome.entry)
        self._filed(document, third_party, outcome.entry, shop)

    def _filed(self, document: Document, third_party: ThirdParty, entry: JournalEntry, shop: Shop) -> None:
        name = self.rng.choice(catalogue.NAMES)
        one = FileEntry(entry=entry, kind=document.kind, third_party_name=third_party.name, third_party=third_party)
        file_format = catalogue.load(name)
        try:
            data = b"".join(file_bytes(file_format, [one], shop.journaliser.ledger))
        except DocumentError as error:
            self._refused(f"{name} file", error.reason, detail_of(error))
            return
        told = [(movement.debit_cents, movement.credit_cents) for movement in _READERS[name](data)]
        if told != [(line.debit_cents, line.credit_cents) for line in entry.lines]:
            raise _Failed(f"the {name} file holds other amounts than the entry")
        self.outcomes.append(f"{name} file")

    def _refused(self, where: str, reason: Reason, detail: str) -> None:
        words = sentence(Reason(reason), detail)
        if not words.isprintable() or len(words) > _LONGEST_SENTENCE or "{" in words.replace(detail, ""):
            raise _Failed(f"{where}: {reason}: a sentence of {len(words)} characters, {words[:80]!r}")
        if reason is Reason.DOCUMENT_UNREADABLE and not detail:
            raise _Failed(f"{where}: nobody is told what cannot be read")
        self.outcomes.append(f"{where}: {reason.value}")


def must_be_sound(value: Document | ThirdParty) -> None:
    """No float, ids that a database keeps, text that can be stored and shown, the same when read back."""
    for name, one in _leaves(value, type(value).__name__):
        if isinstance(one, float):
            raise _Failed(f"{name} is a float")
        if isinstance(one, int) and abs(one) > _LARGEST_ID:
            raise _Failed(f"{name} is larger than any database keeps")
        if isinstance(one, str) and not one.isprintable():
            raise _Failed(f"{name} holds characters that nobody can see: {one[:40]!r}")
        if isinstance(one, Decimal) and not one.is_finite():
            raise _Failed(f"{name} is {one}")
    if decode(type(value), encode(value)) != value:
        raise _Failed("stored and read back, it is another one")
    if isinstance(value, Document):
        fingerprint(value)


def _leaves(value: Any, name: str) -> Any:
    if isinstance(value, msgspec.Struct):
        for field in value.__struct_fields__:
            yield from _leaves(getattr(value, field), f"{name}.{field}")
    elif isinstance(value, tuple):
        for one in value:
            yield from _leaves(one, name)
    else:
        yield name, value


def must_be_right(document: Document, entry: JournalEntry) -> None:
    """Balanced, each line on one side, the third party on the gross, VAT as printed; added up anew."""
    sides = [(line.debit_cents, line.credit_cents) for line in entry.lines]
    if any(type(side) is not int or side < 0 for pair in sides for side in pair):
        raise _Failed("an amount is no positive whole number of cents")
    if any((debit > 0) is (credit > 0) for debit, credit in sides):
        raise _Failed("a line has not exactly one side")
    if sum(debit for debit, _ in sides) != sum(credit for _, credit in sides):
        raise _Failed("the entry does not balance")
    sign = 1 if (document.kind.direction is Direction.SALES) is not document.kind.is_credit_note else -1
    claimed = sign * sum(line.debit_cents - line.credit_cents for line in entry.lines if line.role is Role.THIRD_PARTY)
    deposits = sum(deposit.gross_cents for deposit in document.deposits)
    if claimed not in {document.gross_cents, document.gross_cents - deposits}:
        raise _Failed(f"the third party carries {claimed} of a gross of {document.gross_cents}")
    if document.deposits:
        return
    vat = sign * sum(line.credit_cents - line.debit_cents for line in entry.lines if line.role is Role.VAT)
    net = sign * sum(line.credit_cents - line.debit_cents for line in entry.lines if line.role is Role.NET)
    if vat != document.vat_cents:
        raise _Failed(f"VAT lines carry {vat}, printed are {document.vat_cents}")
    if abs(net - document.net_cents) > 20:
        raise _Failed(f"net lines carry {net}, the document's net is {document.net_cents}")
