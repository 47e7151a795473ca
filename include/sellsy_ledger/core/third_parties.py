"""Third parties (customers and suppliers) and how one of ours is recognised in the tool.

The matching order and its refusals are the design's section 7: one criterion is tried against all candidates before
the next, several candidates never decide, customers never match suppliers. Identifiers are judged by python-stdnum
(Luhn, La Poste, Monaco, FR VAT keys); a bad identifier never matches, and a VAT number shared by a VAT group decides
nothing against two known SIRENs that differ.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Container, Iterable
from functools import lru_cache
from typing import Literal, NamedTuple

import msgspec
from unidecode import unidecode

from sellsy_ledger.core.capabilities import Capabilities, kept_characters
from sellsy_ledger.core.documents import Direction
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.errors import DocumentError

__all__ = [
    "Address",
    "LedgerThirdParty",
    "Match",
    "Matcher",
    "ThirdParty",
    "account_forms",
    "company_ids",
    "match",
    "plain_name",
    "propose_auxiliary",
]

Criterion = Literal["link", "auxiliary_account", "vat_number", "siret", "name", ""]

_COLLECTIVE = {Direction.SALES: "411", Direction.PURCHASES: "401"}
_MOST_SUFFIXES = 9_999


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """A postal address; every part may be empty."""

    line: str = ""
    postal_code: str = ""
    city: str = ""
    country_code: str = ""


class ThirdParty(msgspec.Struct, frozen=True, kw_only=True):
    """A customer or supplier as Sellsy knows it; identifiers are as typed there, judged at matching."""

    direction: Direction
    type: str
    id: int | None
    name: str
    auxiliary_code: str = ""
    siret: str = ""
    siren: str = ""
    vat_number: str = ""
    email: str = ""
    phone: str = ""
    first_name: str = ""
    last_name: str = ""
    reference: str = ""
    accounting_code_id: int | None = None
    accounting_purchase_code_id: int | None = None
    address: Address = Address()

    @property
    def key(self) -> str:
        """Identity inside one company: ``sales:company:7001``; a snapshot is identified by its name."""
        return f"{self.direction.value}:{self.type}:{self.id if self.id is not None else self.name}"


class LedgerThirdParty(msgspec.Struct, frozen=True, kw_only=True):
    """A customer or supplier of the tool. ``auxiliary_account`` is the form that the tool itself gave back;
    ``tool_id`` its own identifier, as text (empty where it has none). ``code`` is what stands behind the collective
    account where the tool's is not 411 or 401 itself (``ACME`` of ``4111ACME``), so that it is recognised by it too.
    """

    auxiliary_account: str
    name: str
    direction: Direction
    siret: str = ""
    siren: str = ""
    vat_number: str = ""
    tool_id: str = ""
    account_tool_id: str = ""
    active: bool = True
    code: str = ""


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """The tool's third party, or why there is none.

    ``by`` is the criterion that decided, or that left several. ``found`` None with no ``candidates``: nothing fits,
    and the third party is to be created. With ``candidates``: ambiguous, and a person decides.
    """

    found: LedgerThirdParty | None = None
    by: Criterion = ""
    candidates: tuple[LedgerThirdParty, ...] = ()


class _Identity(msgspec.Struct, frozen=True, kw_only=True):
    """Normalised and proven facts of a third party, ours or the tool's; empty where unknown or wrong."""

    codes: frozenset[str]
    vat_number: str
    siret: str
    siren: str
    name: str


class Matcher:
    """The tool's third parties, ready to be searched: built once per run, each search costs a few look-ups.

    Args:
        candidates: every third party of the tool, of both directions; inactive ones are never found.
    """

    def __init__(self, candidates: Iterable[LedgerThirdParty]) -> None:
        self._all = list(candidates)
        self._indexes: dict[Direction, tuple[tuple[Criterion, _Index], ...]] = {}

    def match(self, third_party: ThirdParty, *, link: LedgerThirdParty | None = None) -> Match:
        """Recognise ``third_party``.

        Args:
            third_party: the customer or supplier of Sellsy.
            link: what the register has stored for it, if anything.
        """
        if link is not None and link.direction is third_party.direction:
            return Match(found=self._as_told_today(link), by="link")
        ours = _ours(third_party)
        for criterion, index in self._of(third_party.direction):
            fitting = index.find(ours)
            if len(fitting) > 1:
                fitting = _narrowed(ours, fitting)
            if len(fitting) == 1:
                return Match(found=fitting[0][0], by=criterion)
            if fitting:
                return Match(by=criterion, candidates=tuple(candidate for candidate, _ in fitting))
        return Match()

    def add(self, candidate: LedgerThirdParty) -> None:
        """One more candidate (just created, or about to be), without indexing the others again."""
        self._all.append(candidate)
        indexes = self._indexes.get(candidate.direction)
        if indexes is not None and candidate.active:
            identity = _theirs(candidate)
            for _, index in indexes:
                index.add(candidate, identity)

    def _of(self, direction: Direction) -> tuple[tuple[Criterion, _Index], ...]:
        known = self._indexes.get(direction)
        if known is None:
            known = self._indexes[direction] = tuple((criterion, _Index(keys)) for criterion, keys in _CRITERIA)
            for candidate in self._all:
                if candidate.direction is direction and candidate.active:
                    identity = _theirs(candidate)
                    for _, index in known:
                        index.add(candidate, identity)
        return known

    def _as_told_today(self, link: LedgerThirdParty) -> LedgerThirdParty:
        """The linked third party as the tool tells it today; as stored when the snapshot does not hold it (it may
        have been created after the snapshot).
        """
        for candidate in self._all:
            if candidate.direction is link.direction and (
                candidate.tool_id == link.tool_id
                if link.tool_id
                else candidate.auxiliary_account == link.auxiliary_account
            ):
                return candidate
        return link


def match(third_party: ThirdParty, candidates: Iterable[LedgerThirdParty], *, link: LedgerThirdParty | None) -> Match:
    """One search; whoever searches for many builds a :class:`Matcher` once."""
    return Matcher(candidates).match(third_party, link=link)


class _Index:
    """Candidates by the keys of one criterion."""

    def __init__(self, keys: _Keys) -> None:
        self._keys = keys
        self._found: defaultdict[str, list[tuple[LedgerThirdParty, _Identity]]] = defaultdict(list)

    def add(self, candidate: LedgerThirdParty, identity: _Identity) -> None:
        for key in self._keys.theirs(identity):
            self._found[key].append((candidate, identity))

    def find(self, ours: _Identity) -> list[tuple[LedgerThirdParty, _Identity]]:
        fitting = {
            id(candidate): (candidate, identity)
            for key in self._keys.ours(ours)
            for candidate, identity in self._found.get(key, ())
            if not (self._keys.refuses_other_company and _other_company(ours, identity))
        }
        return list(fitting.values())


class _Keys(NamedTuple):
    """How one criterion compares: two identities fit when they share a key."""

    ours: Callable[[_Identity], Iterable[str]]
    theirs: Callable[[_Identity], Iterable[str]]
    refuses_other_company: bool = False


def _known(value: str) -> tuple[str, ...]:
    return (value,) if value else ()


_CRITERIA: tuple[tuple[Criterion, _Keys], ...] = (
    ("auxiliary_account", _Keys(lambda ours: ours.codes, lambda theirs: theirs.codes)),
    # A VAT group shares one number among several companies.
    ("vat_number", _Keys(lambda ours: _known(ours.vat_number), lambda theirs: _known(theirs.vat_number), True)),
    ("siret", _Keys(lambda ours: _known(ours.siret), lambda theirs: _known(theirs.siret))),
    ("siret", _Keys(lambda ours: _known(ours.siren), lambda theirs: _known(theirs.siren))),
    # Both readings: the tool's code is the name, or its label is.
    ("name", _Keys(lambda ours: _known(ours.name), lambda theirs: {*_known(theirs.name), *theirs.codes}, True)),
)
"""In the order of the contract; an equal SIRET is tried against all before an equal SIREN."""


def _narrowed(
    ours: _Identity, fitting: list[tuple[LedgerThirdParty, _Identity]]
) -> list[tuple[LedgerThirdParty, _Identity]]:
    """Several candidates, narrowed by SIRET and then by name as far as that leaves any."""
    by_siret = [pair for pair in fitting if ours.siret and ours.siret == pair[1].siret] or fitting
    if len(by_siret) == 1:
        return by_siret
    return [pair for pair in by_siret if ours.name and ours.name == pair[1].name] or by_siret


def _other_company(ours: _Identity, theirs: _Identity) -> bool:
    return bool(ours.siren and theirs.siren) and ours.siren != theirs.siren


def _ours(party: ThirdParty) -> _Identity:
    return _identity(party.direction, party.auxiliary_code, party.name, party.vat_number, party.siret, party.siren)


def _theirs(party: LedgerThirdParty) -> _Identity:
    known = _identity(party.direction, party.auxiliary_account, party.name, party.vat_number, party.siret, party.siren)
    if not party.code:
        return known
    return msgspec.structs.replace(known, codes=known.codes | account_forms(party.direction, party.code))


def _identity(direction: Direction, code: str, name: str, vat_number: str, siret: str, siren: str) -> _Identity:
    vat = _valid_vat_number(vat_number)
    establishment = _valid_siret(siret)
    return _Identity(
        codes=account_forms(direction, code),
        vat_number=vat,
        siret=establishment,
        siren=establishment[:9] or _valid_siren(siren) or _siren_of_vat(vat),
        name=_normalised(name),
    )


@lru_cache(maxsize=16_384)
def account_forms(direction: Direction, code: str) -> frozenset[str]:
    """An auxiliary account with and without its collective root: 411ACME is ACME in tools that keep them apart."""
    whole = _normalised(code)
    if not whole:
        return frozenset()
    bare = whole.removeprefix(_COLLECTIVE[direction])
    return frozenset({whole, bare}) if bare.strip("0") else frozenset({whole})


_LEGAL_FORMS = frozenset({"SA", "SAS", "SASU", "SARL", "EURL", "SNC", "SCI", "SCOP", "SELARL", "EI", "EIRL", "GIE"})
_LEGAL_FORMS |= {"GMBH", "LTD", "BV", "SRL", "STE", "SOCIETE", "ETS"}


@lru_cache(maxsize=16_384)
def plain_name(name: str) -> str:
    """A name without accents, spaces and legal form: « SARL Café & Cie » → ``CAFECIE``."""
    words = unidecode(name).upper().replace(".", "").split()
    return _normalised("".join(word for word in words if word not in _LEGAL_FORMS)) or _normalised(name)


@lru_cache(maxsize=16_384)
def company_ids(*numbers: str) -> frozenset[str]:
    """The VAT numbers and SIRENs that valid ones among ``numbers`` (VAT numbers, SIRENs, SIRETs) tell."""
    found: set[str] = set()
    for number in numbers:
        vat = _valid_vat_number(number)
        found |= {vat, _siren_of_vat(vat), _valid_siret(number)[:9], _valid_siren(number)}
    return frozenset(found - {""})


def _normalised(text: str) -> str:
    """Letters and digits only, without accents, in capitals: « Café & Cie » → ``CAFECIE``."""
    return "".join(character for character in unidecode(text) if character.isalnum()).upper()


# python-stdnum is imported when the first identifier is judged: it takes 50 ms, which entries alone do not need.


def _valid_siret(text: str) -> str:
    if not text:
        return ""
    from stdnum.fr import siret

    return str(siret.compact(text)) if siret.is_valid(text) else ""


def _valid_siren(text: str) -> str:
    if not text:
        return ""
    from stdnum.fr import siren

    return str(siren.compact(text)) if siren.is_valid(text) else ""


def _valid_vat_number(text: str) -> str:
    """The compact number with its country; French ones are often typed without it."""
    if not text:
        return ""
    from stdnum.eu import vat
    from stdnum.fr import tva

    if vat.is_valid(text):
        return str(vat.compact(text))
    return f"FR{tva.compact(text)}" if tva.is_valid(text) else ""


def _siren_of_vat(vat_number: str) -> str:
    # Monaco's numbers are French VAT numbers without a SIREN: their digits begin with 000.
    if not vat_number.startswith("FR") or vat_number[4:7] == "000":
        return ""
    return vat_number[4:]


def propose_auxiliary(
    third_party: ThirdParty, capabilities: Capabilities, taken: Container[str], control_account: str
) -> str:
    """The auxiliary account to create for a third party that the tool does not have.

    Sellsy's auxiliary code where there is one, else the name; in the tool's characters and length, with the tool's
    prefix (the collective root where the auxiliary is the account itself), and a number when it is taken.

    Args:
        third_party: the customer or supplier.
        capabilities: the tool's limits.
        taken: auxiliary accounts that exist already, in the tool's own form.
        control_account: the company's collective account (``411000``).

    Raises:
        DocumentError: ``third_party_refused`` when every number behind the name is taken.

    Example: « Café de la Gare », prefix 411, 10 characters → ``411CAFEDEL``; taken → ``411CAFEDE2``.
    """
    prefix = capabilities.auxiliary_prefix.get(third_party.direction.value, "")
    if not prefix and capabilities.auxiliary_in_account:
        prefix = control_account[:3]
    code = _allowed(_normalised(third_party.auxiliary_code), capabilities).removeprefix(prefix)
    code = code or _allowed(_normalised(third_party.name), capabilities)
    code = code or (f"T{third_party.id}" if third_party.id is not None else "DIVERS")
    longest = capabilities.auxiliary_max or 17
    for number in range(1, _MOST_SUFFIXES):
        suffix = "" if number == 1 else str(number)
        proposed = f"{(prefix + code)[: longest - len(suffix)]}{suffix}"
        if proposed not in taken:
            return proposed
    raise DocumentError(
        f"every auxiliary account beginning with {prefix}{code} is taken; choose one in the tool",
        reason=Reason.THIRD_PARTY_REFUSED,
        facts={"detail": f"tous les comptes auxiliaires {prefix}{code} sont pris"},
    )


def _allowed(code: str, capabilities: Capabilities) -> str:
    return kept_characters(code, capabilities.auxiliary_pattern)
