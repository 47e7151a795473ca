"""A PDF for the second time: other bytes, the same document."""

from __future__ import annotations

import hashlib

from sellsy_ledger.connectors.copies import copy_of, sha256_without_mark

PDF = b"%PDF-1.7\n%%EOF\n"
KEY = "sellsy:1:sales_credit_note:7-r1"


def test_a_copy_has_bytes_of_its_own_and_proves_those_it_was_made_from() -> None:
    made = copy_of(PDF, KEY)
    assert made != PDF
    assert made.startswith(PDF)
    assert made != copy_of(PDF, "sellsy:1:sales_invoice:7-v2")
    assert sha256_without_mark(made, KEY) == sha256_without_mark(PDF, KEY) == hashlib.sha256(PDF).hexdigest()


def test_the_copy_of_another_key_proves_nothing_for_ours() -> None:
    other = copy_of(PDF, "sellsy:1:sales_invoice:7-v2")
    assert sha256_without_mark(other, KEY) == hashlib.sha256(other).hexdigest()
