"""Texts of APIs before they are shown, and lists that never end."""

from __future__ import annotations

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sellsy_ledger.errors import TryLater
from sellsy_ledger.http.paging import follow
from sellsy_ledger.http.redaction import RedactingFilter, redact_target, remember_credentials, short_text


@pytest.mark.parametrize(
    ("target", "shown"),
    [
        ("/invoices/5", "/invoices/5"),
        ("/invoices?limit=100&offset=abc&key=K", "/invoices?limit=100&offset=abc&key=***"),
        (
            "https://u:p@files.example.com/a?sig=S&X-Amz-Credential=C",
            "https://files.example.com/a?sig=***&X-Amz-Credential=***",
        ),
        ("/x?filter=%5B%7B%22value%22%3A%22FR123%22%7D%5D", "/x?filter=***"),
        ("/x?token", "/x?token=***"),
    ],
)
def test_query_values_are_hidden_unless_they_only_page(target: str, shown: str) -> None:
    assert redact_target(target) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Ecriture\ndéséquilibrée\t!", "Ecriture déséquilibrée !"),
        ("bloqué par X <br>le 3", "bloqué par X le 3"),
        ("see https://x.example/f?key=abc", "see https://x.example/f?key=***"),
        ("Bearer abcdef", "***"),
        ("IBAN FR76 3000 6000 0112 3456 7890 189 refused", "IBAN *** refused"),
        ("eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.SflKxwRJSMeKKF2QT4", "***"),
        ("\x00\x1b[31mred\u202e", "[31mred"),
        (None, "None"),
    ],
)
def test_a_text_of_an_api_becomes_one_clean_line(text: object, shown: str) -> None:
    assert short_text(text) == shown


@given(st.text(max_size=500), st.integers(5, 100))
def test_a_clean_line_is_short_and_printable(text: str, limit: int) -> None:
    line = short_text(text, limit)
    assert len(line) <= limit
    assert line == "" or line.isprintable()


def test_a_credential_that_was_sent_is_hidden_where_the_api_repeats_it() -> None:
    sent = {
        "Authorization": "Bearer opaque-token-1",
        "X-Third-Party-Secret": "opaque-secret-2",
        "X-Version": "2026-01-01",
    }
    remember_credentials(sent.items())
    remember_credentials({"client_secret": "opaque-secret-3", "password": "kurz", "amount": 12}.items())

    told = short_text("opaque-token-1 and opaque-secret-2, opaque-secret-3 since 2026-01-01, kurz und gut")

    assert told == "*** and ***, *** since 2026-01-01, kurz und gut"


def test_old_credentials_make_room_for_new_ones() -> None:
    remember_credentials(("token", f"opaque-number-{number}") for number in range(600))

    assert short_text("opaque-number-599") == "***"
    assert short_text("opaque-number-5") == "opaque-number-5"


def test_the_engines_own_log_is_redacted() -> None:
    record = logging.LogRecord("x", 10, "f", 1, "%s %s %s", ("GET", "/f?key=SECRET", 200), None)
    assert RedactingFilter().filter(record)
    assert record.getMessage() == "GET /f?key=*** 200"


def test_pages_are_followed_to_the_last() -> None:
    pages = {"": ([1, 2], "b"), "b": ([3], "c"), "c": ([], None)}
    assert list(follow("", lambda cursor: pages[cursor], what="invoices")) == [[1, 2], [3], []]


def test_a_page_that_comes_again_is_no_end() -> None:
    pages = {"": ([1], "b"), "b": ([2], "")}
    with pytest.raises(TryLater, match="invoices do not end"):
        list(follow("", lambda cursor: pages[cursor], what="invoices"))


def test_pages_without_end_are_stopped() -> None:
    with pytest.raises(TryLater):
        list(follow(0, lambda cursor: ([], cursor + 1), what="x", max_pages=10))
