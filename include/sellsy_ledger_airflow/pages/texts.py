"""The words of the pages, French first. Reasons come from the product in French; their English stands here."""

from __future__ import annotations

from datetime import date, datetime

from sellsy_ledger.core.documents import Kind
from sellsy_ledger.core.money import cents_to_french, cents_to_text
from sellsy_ledger.core.outcomes import REASON_TEXTS, Reason, State
from sellsy_ledger_airflow.pages import words as words_of
from sellsy_ledger_airflow.runs import PARIS

__all__ = [
    "LANGUAGES",
    "action",
    "amount",
    "correction_name",
    "day",
    "doubt_explanation",
    "event_name",
    "kind_name",
    "language_of",
    "moment",
    "one_state_name",
    "reason_name",
    "said",
    "state_name",
    "stored_state_name",
    "who",
    "words",
]

LANGUAGES = ("fr", "en")


def language_of(asked: str | None) -> str:
    """The asked language when there is one, else French."""
    return asked if asked in LANGUAGES else "fr"


def words(language: str) -> dict[str, str]:
    """Every fixed word of the pages in one language."""
    index = LANGUAGES.index(language)
    return {name: pair[index] for name, pair in words_of.WORDS.items()}


def state_name(state: State, language: str) -> str:
    """What a state is called where documents are counted."""
    return words_of.STATES[state][LANGUAGES.index(language)]


def one_state_name(state: State, language: str) -> str:
    """What the state of one document is called."""
    return words_of.ONE_STATE[state] if language == "fr" else state_name(state, language)


def stored_state_name(state: str, language: str) -> str:
    """What a state of an old event is called; an unknown one stays as it is."""
    return one_state_name(State(state), language) if state in set(State) else state


def kind_name(kind: Kind, language: str) -> str:
    """What a kind of document is called."""
    return words_of.KINDS[kind][LANGUAGES.index(language)]


def doubt_explanation(state: State, language: str) -> str:
    """Why nobody knows whether a document in this state is in the books."""
    return words_of.DOUBTS[state][LANGUAGES.index(language)]


def correction_name(proposed: str, language: str) -> str:
    """What the program proposes for a changed document."""
    return words_of.CORRECTIONS[proposed][LANGUAGES.index(language)]


def said(code: str, language: str) -> str:
    """What the page says after a decision."""
    return words_of.SAID[code][LANGUAGES.index(language)]


def event_name(what: str, language: str) -> str:
    """What happened in an event; the code of one that has no words stays as it is."""
    return words_of.EVENTS[what][LANGUAGES.index(language)] if what in words_of.EVENTS else what


def day(value: date, language: str) -> str:
    """A date as the reader writes it."""
    return value.strftime("%d/%m/%Y" if language == "fr" else "%Y-%m-%d")


def moment(value: datetime, language: str) -> str:
    """A moment in Paris time."""
    local = value.astimezone(PARIS)
    return f"{day(local, language)} {local:%H:%M}"


def amount(cents: int, language: str, currency: str = "EUR") -> str:
    """An amount with its currency."""
    if language != "fr":
        return f"{cents_to_text(cents)} {currency}"
    text = cents_to_french(cents)
    return text if currency == "EUR" else f"{text.removesuffix('€')}{currency}"


def reason_name(reason: Reason, language: str) -> str:
    """A reason's short name."""
    return words_of.REASONS[reason][LANGUAGES.index(language)]


def who(reason: Reason, language: str) -> str:
    """Who acts on a reason."""
    person = REASON_TEXTS[reason].who
    return words_of.PEOPLE.get(person, person) if language == "en" else person


def action(reason: Reason, language: str) -> str:
    """What that person does."""
    return words_of.REASONS[reason][2] if language == "en" else REASON_TEXTS[reason].action
