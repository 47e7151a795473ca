"""Our key inside a reference of unknown length."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sellsy_ledger.connectors.cegid_loop.keys import is_ours, is_somebodys, reference_of

KEY = "sellsy:4242:sales_invoice:990042"


def test_the_reference_is_short_and_begins_with_the_documents_id() -> None:
    assert reference_of(KEY) == "sellsy:990042:si:4242"
    assert reference_of("sellsy:4242:purchase_credit_note:7") == "sellsy:7:pc:4242"


@pytest.mark.parametrize(
    ("held", "ours"),
    [
        ("sellsy:990042:si:4242", True),
        ("SELLSY:990042:SI:4242 ", True),
        ("sellsy:990042:si", True),
        ("sellsy:990042:", True),
        ("sellsy:990042", False),
        ("sellsy:99004", False),
        ("sellsy:", False),
        ("", False),
        ("sellsy:990042:si:42424", False),
        ("sellsy:990042:pi:4242", False),
        ("F-2026-0042", False),
    ],
)
def test_a_reference_that_was_cut_behind_the_id_is_still_ours(held: str, ours: bool) -> None:
    assert is_ours(held, reference_of(KEY)) is ours


def test_a_correction_has_its_label_behind_the_id_and_is_never_taken_for_another_version() -> None:
    original, reversal, version = (
        reference_of(key)
        for key in (KEY, "sellsy:4242:sales_credit_note:990042-r1", "sellsy:4242:sales_invoice:990042-v2")
    )
    assert (reversal, version) == ("sellsy:990042-r1:sc:4242", "sellsy:990042-v2:si:4242")
    assert is_ours("sellsy:990042-v2:", version)
    for held, wanted in ((version, original), (original, version), (reversal, version), ("sellsy:990042-v", version)):
        assert not is_ours(held, wanted)


def test_a_reference_of_ours_is_known_for_one() -> None:
    assert is_somebodys(" Sellsy:1:si:1")
    assert not is_somebodys("commande 12")


accounts = st.from_regex(r"[A-Za-z0-9_-]{1,40}", fullmatch=True)
kinds = st.sampled_from(["sales_invoice", "sales_credit_note", "purchase_invoice", "purchase_credit_note"])
keys = st.builds(
    lambda account, kind, number, label: f"sellsy:{account}:{kind}:{number}{label}",
    accounts,
    kinds,
    st.integers(0, 10**9),
    st.sampled_from(["", "-r1", "-r2", "-v2", "-v12"]),
)


@given(left=keys, right=keys)
def test_two_documents_never_share_a_reference(left: str, right: str) -> None:
    shaped = reference_of(left)
    assert len(shaped) <= 35
    assert is_ours(shaped, shaped)
    assert (shaped == reference_of(right)) is (left == right)
