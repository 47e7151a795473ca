"""Forms that only our own pages can send: whatever is not exactly what this person was shown is refused."""

from __future__ import annotations

import pytest
from tests.airflow_home import HOME  # noqa: F401

from sellsy_ledger_airflow.pages.forms import VALID_SECONDS, Signer, is_own_request

SUBJECT = ("atelier", "accept", "sales_invoice:1")
CLAIRE = Signer(key=b"secret", person="claire", now=lambda: 1_000_000.5)


def test_a_token_is_good_for_what_it_was_made_for() -> None:
    assert CLAIRE.is_valid(CLAIRE.sign(*SUBJECT), *SUBJECT)


@pytest.mark.parametrize(
    "other",
    [
        ("mairie", "accept", "sales_invoice:1"),
        ("atelier", "decline", "sales_invoice:1"),
        ("atelier", "accept", "sales_invoice:11"),
        ("atelier", "accept"),
        ("atelieraccept", "", "sales_invoice:1"),
    ],
)
def test_a_token_is_worth_nothing_for_anything_else(other: tuple[str, ...]) -> None:
    assert not CLAIRE.is_valid(CLAIRE.sign(*SUBJECT), *other)


def test_a_token_is_worth_nothing_in_other_hands_or_under_another_key() -> None:
    token = CLAIRE.sign(*SUBJECT)

    assert not Signer(key=b"secret", person="bob", now=CLAIRE.now).is_valid(token, *SUBJECT)
    assert not Signer(key=b"other", person="claire", now=CLAIRE.now).is_valid(token, *SUBJECT)


def test_a_token_expires() -> None:
    token = CLAIRE.sign(*SUBJECT)

    def after(seconds: float) -> bool:
        return Signer(key=b"secret", person="claire", now=lambda: 1_000_000 + seconds).is_valid(token, *SUBJECT)

    assert after(VALID_SECONDS)
    assert not after(VALID_SECONDS + 1)


def test_the_expiry_cannot_be_moved() -> None:
    expires, mac = CLAIRE.sign(*SUBJECT).split(".")

    assert not CLAIRE.is_valid(f"{int(expires) + 1}.{mac}", *SUBJECT)


@pytest.mark.parametrize("token", ["", ".", "1.", "x.y", "9999999999." + "0" * 64, "²." + "0" * 64, "1" * 5000])
def test_nonsense_is_no_token(token: str) -> None:
    assert not CLAIRE.is_valid(token, *SUBJECT)


@pytest.mark.parametrize(
    ("headers", "own"),
    [
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "same-origin", "origin": "https://books.example", "host": "inner:8080"}, True),
        ({"sec-fetch-site": "cross-site", "origin": "http://airflow:8080", "host": "airflow:8080"}, False),
        ({"sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": "none"}, False),
        ({"origin": "http://airflow:8080", "host": "airflow:8080"}, True),
        ({"origin": "https://books.example", "host": "inner:8080"}, True),
        ({"origin": "http://airflow:8081", "host": "airflow:8080"}, False),
        ({"origin": "https://airflow:8080.evil.example", "host": "airflow:8080"}, False),
        ({"origin": "null", "host": "airflow:8080"}, False),
        ({"origin": "http://[", "host": "airflow:8080"}, False),
        ({"host": "airflow:8080"}, False),
        ({"host": ""}, False),
        ({}, False),
    ],
)
def test_only_a_page_of_this_address_may_send_a_form(headers: dict[str, str], own: bool) -> None:
    assert is_own_request(headers, "https://books.example/airflow") is own


def test_without_a_public_address_an_empty_origin_is_not_ours() -> None:
    assert not is_own_request({"origin": "", "host": "airflow"}, "")
    assert not is_own_request({"origin": "null", "host": "airflow"}, "")
