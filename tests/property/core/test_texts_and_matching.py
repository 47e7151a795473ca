"""Labels and piece numbers never exceed or smuggle anything; matching never crosses directions."""

from __future__ import annotations

import string
import unicodedata

from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from sellsy_ledger.core.documents import Direction
from sellsy_ledger.core.labels import Labels, clean_text, piece_number
from sellsy_ledger.core.settings import LabelStyle
from sellsy_ledger.core.third_parties import LedgerThirdParty, ThirdParty, match, propose_auxiliary
from tests.unit.core.builders import capabilities, document, row

anything = st.text(max_size=300)
charsets = st.sampled_from(["unicode", "ascii", "latin-1", "iso8859-15", "cp1252"])


def is_writable(text: str) -> bool:
    return all(unicodedata.category(character)[0] != "C" and character not in "\u2028\u2029" for character in text)


@given(
    anything,
    st.lists(anything, max_size=4),
    anything,
    st.sampled_from(list(LabelStyle)),
    st.integers(1, 80),
    charsets,
    st.sampled_from(["", "(pièce du 15/12/2025)"]),
)
@hypothesis_settings(max_examples=300, deadline=None)
def test_a_label_never_exceeds_its_limit_and_holds_no_control(
    name: str, descriptions: list[str], subject: str, style: LabelStyle, longest: int, charset: str, note: str
) -> None:
    printed = document([row("1")], third_party_name=name, subject=subject)
    labels = Labels(printed, "", style, capabilities(label_max=longest, label_charset=charset), note)
    for label in (labels.third_party(), labels.net(descriptions), labels.other(subject)):
        assert len(label) <= longest
        assert is_writable(label)
        assert len(label.splitlines()) <= 1
        if charset != "unicode":
            label.encode(charset)


@given(anything, charsets)
@hypothesis_settings(max_examples=300, deadline=None)
def test_a_clean_text_is_one_line_in_the_tool_s_characters_and_stays_as_it_is(text: str, charset: str) -> None:
    clean = clean_text(text, charset)
    assert is_writable(clean)
    assert clean == " ".join(clean.split())
    if charset != "unicode":
        clean.encode(charset)


@given(anything, st.integers(1, 25))
@hypothesis_settings(max_examples=300, deadline=None)
def test_a_piece_number_keeps_to_the_tool_s_characters_and_length(number: str, longest: int) -> None:
    piece = piece_number(number, capabilities(piece_pattern="A-Za-z0-9", piece_max=longest))
    assert len(piece) <= longest
    assert set(piece) <= set(string.ascii_letters + string.digits)
    assert is_writable(piece_number(number, capabilities(piece_max=longest)))
    assert len(piece_number(number, capabilities(piece_max=longest))) <= longest


directions = st.sampled_from(list(Direction))
names = st.sampled_from(["ACME", "Acme SAS", "Café", "", "BETA"])
codes = st.sampled_from(["", "ACME", "411ACME", "401ACME", "BETA", "CAFE"])
sirets = st.sampled_from(["", "73282932000074", "44306184100047", "73282932000075", "n/a"])
vats = st.sampled_from(["", "FR44732829320", "FR 44 732 829 320", "FR00000000000", "DE136695976"])

tool_parties = st.builds(
    LedgerThirdParty,
    auxiliary_account=codes,
    name=names,
    direction=directions,
    siret=sirets,
    vat_number=vats,
    active=st.booleans(),
)
our_parties = st.builds(
    ThirdParty,
    direction=directions,
    type=st.just("company"),
    id=st.just(1),
    name=names,
    auxiliary_code=codes,
    siret=sirets,
    vat_number=vats,
)


@given(our_parties, st.lists(tool_parties, max_size=8), st.one_of(st.none(), tool_parties))
@hypothesis_settings(max_examples=500, deadline=None)
def test_matching_never_crosses_directions_and_never_guesses(
    ours: ThirdParty, candidates: list[LedgerThirdParty], link: LedgerThirdParty | None
) -> None:
    found = match(ours, candidates, link=link)
    touched = [*found.candidates, *([found.found] if found.found else [])]
    assert all(candidate.direction is ours.direction for candidate in touched)
    assert found.found is None or not found.candidates
    assert len(found.candidates) != 1
    if found.by != "link":
        assert all(candidate.active and candidate in candidates for candidate in touched)


@given(our_parties, st.lists(tool_parties, max_size=8), st.randoms())
@hypothesis_settings(max_examples=300, deadline=None)
def test_matching_does_not_depend_on_the_order_of_the_ledger(
    ours: ThirdParty, candidates: list[LedgerThirdParty], order: object
) -> None:
    shuffled = list(candidates)
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    one, two = match(ours, candidates, link=None), match(ours, shuffled, link=None)
    assert (one.found, one.by) == (two.found, two.by)


@given(anything, st.integers(6, 20), st.sampled_from([None, "A-Z0-9", "[A-Z0-9]"]), st.integers(0, 30))
@hypothesis_settings(max_examples=300, deadline=None)
def test_a_proposed_account_fits_the_tool_and_is_free(name: str, longest: int, pattern: str | None, busy: int) -> None:
    tool = capabilities(auxiliary_max=longest, auxiliary_pattern=pattern, auxiliary_in_account=True)
    ours = ThirdParty(direction=Direction.SALES, type="company", id=7, name=name)
    taken: set[str] = set()
    for _ in range(busy + 1):
        proposed = propose_auxiliary(ours, tool, taken, "411000")
        assert proposed.startswith("411")
        assert 3 < len(proposed) <= longest
        assert proposed not in taken
        assert proposed.isascii()
        assert proposed.isalnum()
        taken.add(proposed)
