"""What an accountant decides on the page: done once, in that person's name, and only as it was shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from tests.pages.examples import changed, delivered, doubtful, like, posted, propose, ready
from tests.pages.visitor import Visitor, forms_of
from tests.unit.airflow.examples import entry
from tests.unit.register.builders import COMPANY, document

from sellsy_ledger.core.corrections import Action
from sellsy_ledger.core.documents import Document
from sellsy_ledger.core.outcomes import State
from sellsy_ledger.errors import InvariantBroken, TryLater
from sellsy_ledger.pipeline.corrections import declined_proposals, stored_proposals
from sellsy_ledger.register.store import Register
from sellsy_ledger_airflow.pages import app as pages
from sellsy_ledger_airflow.pages import deciding, words
from sellsy_ledger_airflow.pages.deciding import Said
from sellsy_ledger_airflow.pages.forms import Signer
from sellsy_ledger_airflow.pages.security import secret_key

HOSTILE = '"><script>alert(1)</script>\u202e\u0000' + "é" * 3000


@pytest.fixture(autouse=True)
def two_companies(companies: Callable[[Any], None]) -> None:
    companies([entry("atelier"), entry("mairie") | {"name": "Mairie"}])


@pytest.fixture
def claire() -> Visitor:
    """She may decide for both companies."""
    return Visitor("atelier", "mairie", decides=("atelier", "mairie"))


def state(register: Register, made: Document) -> State:
    [record] = register.load(COMPANY, [made.key])
    return record.state


def by_people(register: Register, made: Document) -> list[tuple[str, str]]:
    """Who decided what on the document, as its story tells."""
    return [(one.who, one.note) for one in register.events(COMPANY, made.key) if not one.who.startswith("sync__")]


# -- what is shown ---------------------------------------------------------------------------------------------------
def test_a_correction_shows_both_sides_what_will_be_done_and_two_buttons(register: Register, claire: Visitor) -> None:
    made = changed(register, number="F-1 bis", third_party_name="Acmé SA", date=document().date.replace(day=20))
    propose(
        register,
        made.key,
        action=Action.REVERSE_AND_BOOK,
        reversal_date=made.date.replace(day=31),
        sentence="L'écriture sera extournée au 31/01/2026, puis la nouvelle version enregistrée.",
    )

    text = claire.get("decisions", company="atelier").text

    for shown in ("120,00 €", "130,00 €", "15/01/2026", "20/01/2026", "Acmé &amp; Fils", "Acmé SA", "F-1 bis"):
        assert f"<bdi>{shown}</bdi>" in text, shown
    assert "Extourner l&#39;écriture et enregistrer la nouvelle version · Date de l&#39;extourne 31/01/2026" in text
    assert "sera extournée au 31/01/2026, puis la nouvelle version" in text
    assert [form.button for form in forms_of(text)] == ["Accepter", "Laisser tel quel"]


def test_only_what_differs_is_marked(register: Register, claire: Visitor) -> None:
    changed(register, gross_cents=13000)

    text = claire.get("decisions").text

    assert text.count('<td class="differs">') == 1
    assert '<td class="differs"><bdi>130,00 €</bdi></td>' in text


def test_a_change_that_the_page_does_not_show_is_said(register: Register, claire: Visitor) -> None:
    made = posted(register)
    rows = (msgspec.structs.replace(made.rows[0], accounting_code_id=99),)  # type: ignore[index]
    register.record_seen(COMPANY, [(msgspec.structs.replace(made, rows=rows), None, "another")], who="test")
    propose(register, made.key)

    assert "le détail (lignes, comptes, codes TVA) a changé" in claire.get("decisions").text


def test_a_withdrawn_document_has_nothing_on_the_right(register: Register, claire: Visitor) -> None:
    from sellsy_ledger.register.store import Change

    made = posted(register)
    register.apply(COMPANY, [Change(key=made.key, state=State.RETRACTED)], who="sync__atelier/run-2")
    propose(register, made.key, action=Action.REVERSE, reversal_date=made.date)

    text = claire.get("decisions").text

    assert "La comptabilisation a été annulée dans Sellsy." in text
    assert text.count("<bdi>120,00 €</bdi>") == 1


def test_both_sides_of_a_possible_double_are_beside_each_other(register: Register, claire: Visitor) -> None:
    like(register)

    text = claire.get("decisions").text

    assert text.index("F-1 du 15/01/2026, Acmé") < text.index("écriture 4711 du 15/01/2026")
    assert [form.button for form in forms_of(text)] == ["C'est la même pièce", "Ce sont deux pièces différentes"]


@pytest.mark.parametrize("doubt", [State.OUTCOME_UNKNOWN, State.CONFLICT])
def test_a_posting_in_doubt_warns_before_it_is_sent_again(register: Register, claire: Visitor, doubt: State) -> None:
    doubtful(register, state=doubt)

    text = claire.get("decisions").text

    assert "Regardez d&#39;abord dans l&#39;outil comptable" in text
    assert [form.button for form in forms_of(text)] == ["Est dans les livres", "N'y est pas"]
    assert 'name="entry_id" maxlength="200" autocomplete="off" required' in text


def test_a_file_is_decided_as_a_whole_with_the_warning_to_take_it_away_first(
    register: Register, claire: Visitor
) -> None:
    for identity in (1, 2):
        delivered(register, identity, handle="20260201030000")

    text = claire.get("decisions").text

    assert "retirez le fichier et son manifeste du dossier" in text
    assert [form.button for form in forms_of(text)][:2] == ["Tout a été importé", "N'a pas été importé"]


def test_what_a_run_is_writing_now_is_nobodys_decision(register: Register, claire: Visitor) -> None:
    made = ready(register)
    register.begin_posting(COMPANY, made.key, posting_key="k", payload_hash="p", draft=False, who="sync__atelier/run-1")

    assert forms_of(claire.get("decisions").text) == []


def test_the_filter_shows_one_company_and_knows_only_those_one_may_read(register: Register) -> None:
    doubtful(register)
    bob = Visitor("mairie", decides=("mairie",))

    assert "F-1" not in bob.get("decisions").text
    assert "F-1" not in bob.get("decisions", company="mairie").text
    assert bob.get("decisions", company="atelier").status_code == 404
    assert Visitor("atelier").get("decisions", company="nobody").status_code == 404


def test_more_than_a_page_holds_is_counted(register: Register, claire: Visitor) -> None:
    for identity in range(1, 54):
        doubtful(register, identity)

    text = claire.get("decisions").text

    assert len(forms_of(text)) == 2 * 50
    assert "3 autres suivront quand celles-ci seront décidées" in text


def test_the_cockpit_counts_what_is_to_be_decided_and_leads_there(register: Register, claire: Visitor) -> None:
    changed(register, 1)
    like(register, 2)
    doubtful(register, 3)
    ready(register, 4)

    text = claire.get("").text

    assert '<a href="decisions?company=atelier">Décisions à prendre : <strong>3</strong></a>' in text
    assert '<a href="preview?company=atelier">Écritures préparées : <strong>2</strong></a>' in text
    assert "decisions?company=mairie" not in text


def test_the_page_speaks_english_and_stays_english_after_a_decision(register: Register, claire: Visitor) -> None:
    made = doubtful(register)
    form = claire.form("Is not there", lang="en")

    answer = claire.send(form)

    assert '<html lang="en">' in answer.text
    assert "Noted: not in the books, leaves again with the next run." in answer.text
    assert state(register, made) is State.READY


@pytest.mark.parametrize("language", [0, 1])
def test_everything_that_can_be_said_has_its_words_in_both_languages(language: int) -> None:
    for table, needed in (
        (words.SAID, set(Said)),
        (words.CORRECTIONS, set(Action)),
        (words.DOUBTS, {State.OUTCOME_UNKNOWN, State.CONFLICT, State.DELIVERED}),
    ):
        assert set(table) == needed  # type: ignore[comparison-overlap]
    for table in (words.SAID, words.CORRECTIONS, words.DOUBTS, words.KINDS, words.EVENTS, words.WORDS):
        assert all(pair[language].strip() for pair in table.values())  # type: ignore[attr-defined]


# -- what a decision does --------------------------------------------------------------------------------------------
def test_an_accepted_correction_is_carried_out_in_the_persons_name(register: Register, claire: Visitor) -> None:
    made = changed(register)

    answer = claire.send(claire.form("Accepter"))

    assert answer.status_code == 200
    assert "<bdi>F-1</bdi> : Correction acceptée" in answer.text
    assert stored_proposals(register, COMPANY) == []
    assert state(register, made) is not State.CHANGED_AFTER_POSTING
    assert {who for who, _ in by_people(register, made)} == {"Claire"}


def test_a_declined_correction_is_left_alone_and_may_be_accepted_later(register: Register, claire: Visitor) -> None:
    made = changed(register)

    answer = claire.send(claire.form("Laisser tel quel"), note="avoir fait à la main")

    assert "Laissé tel quel." in answer.text
    assert state(register, made) is State.CHANGED_AFTER_POSTING
    assert [one.proposal.key for one in declined_proposals(register, COMPANY)] == [made.key]
    assert ("Claire", "avoir fait à la main") in by_people(register, made)
    assert [form.button for form in forms_of(answer.text)] == ["Accepter"]
    assert "Correction acceptée" in claire.send(claire.form("Accepter")).text
    assert state(register, made) is not State.CHANGED_AFTER_POSTING


def test_the_same_document_is_adopted_and_never_sent(register: Register, claire: Visitor) -> None:
    made = like(register)

    answer = claire.send(claire.form("C'est la même pièce"))

    assert "elle ne sera pas envoyée" in answer.text
    assert state(register, made) is State.ADOPTED
    assert by_people(register, made)[0][0] == "Claire"


def test_one_of_several_entries_has_to_be_named(register: Register, claire: Visitor) -> None:
    made = like(register, entries=("4711", "4712"))
    form = claire.form("C'est la même pièce")

    assert form.inputs == ["entry_id", "note"]
    assert "donnez le n° de l&#39;écriture" in claire.send(form, entry_id="").text
    assert state(register, made) is State.WAITING
    claire.send(form, entry_id="4712")
    assert state(register, made) is State.ADOPTED
    assert register.booked_as(COMPANY, [made.key])[made.key].entry.entry_id == "4712"


def test_an_entry_that_was_not_shown_is_not_taken(register: Register, claire: Visitor) -> None:
    made = like(register, entries=("4711", "4712"))

    assert "donnez le n° de l&#39;écriture" in claire.send(claire.form("C'est la même pièce"), entry_id="9").text
    assert state(register, made) is State.WAITING


def test_two_documents_are_not_the_same_entry(register: Register, claire: Visitor) -> None:
    first, second = like(register, 1), like(register, 2)
    claire.send(claire.form("C'est la même pièce", key=first.key))

    answer = claire.send(claire.form("C'est la même pièce", key=second.key))

    assert "cette écriture est déjà celle d&#39;une autre pièce" in answer.text
    assert state(register, second) is State.WAITING


def test_two_different_documents_go_on(register: Register, claire: Visitor) -> None:
    made = like(register)

    claire.send(claire.form("Ce sont deux pièces différentes"), note="vu avec le client")

    assert state(register, made) is State.SEEN
    assert ("Claire", "vu avec le client") in by_people(register, made)


@pytest.mark.parametrize("doubt", [State.OUTCOME_UNKNOWN, State.CONFLICT])
def test_what_was_found_in_the_books_is_posted_under_its_id(register: Register, claire: Visitor, doubt: State) -> None:
    made = doubtful(register, state=doubt)

    answer = claire.send(claire.form("Est dans les livres"), entry_id=" 4711 ", note="vu au journal VE")

    assert "Noté : dans les livres." in answer.text
    [record] = register.load(COMPANY, [made.key])
    assert record.state is State.POSTED
    assert record.posting is not None
    assert record.posting.entry_id == "4711"
    assert by_people(register, made) == [("Claire", "posted as entry 4711; vu au journal VE")]


def test_what_is_said_to_be_in_the_books_needs_its_id_unless_it_was_handed_over(
    register: Register, claire: Visitor
) -> None:
    unknown, handed_over = doubtful(register, 1), delivered(register, 2)

    assert "donnez le n° de l&#39;écriture" in claire.send(claire.form("Est dans les livres", key=unknown.key)).text
    assert state(register, unknown) is State.OUTCOME_UNKNOWN
    claire.send(claire.form("Est dans les livres", key=handed_over.key))
    assert state(register, handed_over) is State.POSTED


def test_a_whole_file_is_settled_at_once(register: Register, claire: Visitor) -> None:
    made = [delivered(register, identity, handle="20260201030000") for identity in (1, 2, 3)]

    claire.send(claire.form("N'a pas été importé"))

    assert {state(register, one) for one in made} == {State.READY}
    assert by_people(register, made[0]) == [("Claire", "not posted with 20260201030000")]


def test_a_file_that_grew_since_it_was_shown_is_left_alone(register: Register, claire: Visitor) -> None:
    made = [delivered(register, identity, handle="20260201030000") for identity in (1, 2)]
    form = claire.form("Tout a été importé")
    delivered(register, 3, handle="20260201030000")

    assert "cela a changé depuis" in claire.send(form).text
    assert {state(register, one) for one in made} == {State.DELIVERED}


# -- twice, too late, at the same time -------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("prepare", "button"),
    [
        (changed, "Accepter"),
        (changed, "Laisser tel quel"),
        (like, "C'est la même pièce"),
        (like, "Ce sont deux pièces différentes"),
        (delivered, "Est dans les livres"),
        (doubtful, "N'y est pas"),
    ],
)
def test_a_double_click_does_it_once(
    register: Register, claire: Visitor, prepare: Callable[[Register], Document], button: str
) -> None:
    made = prepare(register)
    form = claire.form(button)
    claire.send(form)
    once = register.events(COMPANY, made.key)

    again = claire.send(form)

    assert again.status_code == 200
    assert "la décision était déjà prise" in again.text
    assert register.events(COMPANY, made.key) == once


def test_a_correction_that_changed_since_it_was_shown_is_not_carried_out(register: Register, claire: Visitor) -> None:
    made = changed(register, gross_cents=13000)
    accept, decline = claire.form("Accepter"), claire.form("Laisser tel quel")
    register.record_seen(COMPANY, [(msgspec.structs.replace(made, gross_cents=14000), None, "again")], who="test")
    propose(register, made.key, sentence="Encore autre chose.")

    for form in (accept, decline):
        answer = claire.send(form)
        assert "cela a changé depuis que la page était affichée" in answer.text
        assert "<bdi>140,00 €</bdi>" in answer.text
    assert state(register, made) is State.CHANGED_AFTER_POSTING
    assert by_people(register, made) == [("test", "")]
    assert declined_proposals(register, COMPANY) == []


def test_a_double_that_is_like_something_else_by_now_is_not_decided(register: Register, claire: Visitor) -> None:
    made = like(register, entries=("4711",))
    form = claire.form("C'est la même pièce")
    like(register, entries=("4799",))

    assert "cela a changé depuis" in claire.send(form).text
    assert state(register, made) is State.WAITING


def test_an_old_form_says_nothing_about_a_later_doubt(register: Register, claire: Visitor) -> None:
    made = doubtful(register)
    form = claire.form("N'y est pas")
    register.resolve(COMPANY, made.key, entry_id=None, who="Bob")
    register.begin_posting(
        COMPANY, made.key, posting_key=f"sellsy:1:{made.key}", payload_hash="p", draft=False, who="sync__atelier/run-2"
    )
    from sellsy_ledger.register.store import Change

    register.apply(COMPANY, [Change(key=made.key, state=State.OUTCOME_UNKNOWN)], who="sync__atelier/run-2")

    assert "cela a changé depuis" in claire.send(form).text
    assert state(register, made) is State.OUTCOME_UNKNOWN


def test_of_two_people_at_once_one_decides(
    register: Register, claire: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = doubtful(register)
    form = claire.form("N'y est pas")
    resolve = Register.resolve

    def overtaken(self: Register, company: str, key: str, **fields: Any) -> None:
        resolve(self, company, key, entry_id="4711", who="Bob")
        resolve(self, company, key, **fields)

    monkeypatch.setattr(Register, "resolve", overtaken)

    assert "la décision était déjà prise" in claire.send(form).text
    assert state(register, made) is State.POSTED


def test_a_run_that_takes_a_doubt_up_at_the_same_moment_is_not_told_that_nothing_was_posted(
    register: Register, claire: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = doubtful(register)
    form = claire.form("N'y est pas")
    resolve = Register.resolve

    def overtaken(self: Register, company: str, key: str, **fields: Any) -> None:
        # Its write may be on its way right now.
        who = "sync__atelier/run-2"
        self.begin_posting(COMPANY, key, posting_key=f"sellsy:1:{key}", payload_hash="p", draft=False, who=who)
        resolve(self, company, key, **fields)

    monkeypatch.setattr(Register, "resolve", overtaken)

    assert "la décision était déjà prise" in claire.send(form).text
    assert state(register, made) is State.POSTING


def test_of_two_people_at_once_one_says_whether_it_is_a_double(
    register: Register, claire: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = like(register)
    form = claire.form("C'est la même pièce")
    decide = deciding.decide_double

    def overtaken(*args: Any, **fields: Any) -> None:
        decide(register, COMPANY, made.key, same=False, who="Bob")
        decide(*args, **fields)

    monkeypatch.setattr(deciding, "decide_double", overtaken)

    assert "la décision était déjà prise" in claire.send(form).text
    assert state(register, made) is State.SEEN


# -- forged, expired, foreign ----------------------------------------------------------------------------------------
def _forged(form: Any, **fields: str) -> Any:
    return type(form)(form.method, form.address, {**form.fields, **fields})


@pytest.mark.parametrize(
    "how", ["missing", "forged", "expired", "other person", "other company", "other action", "other document"]
)
def test_a_form_that_this_person_was_not_shown_does_nothing(register: Register, claire: Visitor, how: str) -> None:
    made, other = doubtful(register, 1), doubtful(register, 2)
    form = claire.form("N'y est pas", key=made.key)
    subject = (COMPANY, "not_posted", made.key)
    if how == "missing":
        del form.fields["token"]
    elif how == "forged":
        form = _forged(form, token=form.fields["token"][:-1] + ("0" if form.fields["token"][-1] != "0" else "1"))
    elif how == "expired":
        long_ago = Signer(key=secret_key(), person="id of Claire", now=lambda: 1_000_000)
        form = _forged(form, token=long_ago.sign(*subject))
    elif how == "other person":
        form = _forged(form, token=Signer(key=secret_key(), person="id of Bob").sign(*subject))
    elif how == "other company":
        form.address = form.address.replace("atelier", "mairie")
    elif how == "other action":
        form = _forged(form, action="posted", entry_id="1")
    else:
        form = _forged(form, key=other.key)

    answer = claire.send(form)

    assert answer.status_code == 403
    assert "Ce formulaire n&#39;est plus valable" in answer.text
    for one in (made, other):
        assert state(register, one) is State.OUTCOME_UNKNOWN
        assert by_people(register, one) == []


@pytest.mark.parametrize("origin", ["https://evil.example", "null", ""])
def test_a_form_sent_by_another_site_does_nothing(register: Register, claire: Visitor, origin: str) -> None:
    made = doubtful(register)
    form = claire.form("N'y est pas")

    answer = claire.send(form, headers={"Origin": origin})

    assert answer.status_code == 403
    assert state(register, made) is State.OUTCOME_UNKNOWN


def test_somebody_who_may_only_read_sees_no_button_and_may_not_send(register: Register, claire: Visitor) -> None:
    made = doubtful(register)
    form = claire.form("N'y est pas")
    reader = Visitor("atelier", name="Claire")

    text = reader.get("decisions").text

    assert "F-1" in text
    assert "décider demande le droit de modifier la société" in text
    assert forms_of(text) == []
    assert reader.send(form).status_code == 403
    assert state(register, made) is State.OUTCOME_UNKNOWN


def test_nothing_is_decided_by_looking(register: Register, claire: Visitor) -> None:
    made = doubtful(register)
    form = claire.form("N'y est pas")

    assert claire.client.get(f"/{form.address}", params=form.fields).status_code == 405
    assert state(register, made) is State.OUTCOME_UNKNOWN


def test_what_is_said_after_a_decision_cannot_be_put_into_a_link(register: Register, claire: Visitor) -> None:
    made = doubtful(register)
    made_up = {"company": COMPANY, "said": "accepted", "key": made.key}

    for token in ("", "9999999999." + "0" * 64):
        assert "Correction acceptée" not in claire.get("decisions", **made_up, token=token).text


def test_a_form_that_is_too_long_is_refused(register: Register, claire: Visitor) -> None:
    made = doubtful(register)

    assert claire.send(claire.form("N'y est pas"), note="x" * 501).status_code == 422
    assert state(register, made) is State.OUTCOME_UNKNOWN


def test_a_register_that_does_not_answer_is_said_and_nothing_was_done(
    register: Register, claire: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    doubtful(register)
    form = claire.form("N'y est pas")

    def down() -> None:
        raise TryLater("busy at postgres://secret-host")

    monkeypatch.setattr(pages, "open_register", down)
    answer = claire.send(form)

    assert answer.status_code == 503
    assert "réessayez" in answer.text
    assert "secret-host" not in answer.text


# -- texts of strangers ----------------------------------------------------------------------------------------------
def test_names_from_sellsy_and_from_the_books_stay_text(register: Register, claire: Visitor) -> None:
    changed(register, 1, number=HOSTILE, third_party_name=HOSTILE)
    propose(register, "sales_invoice:1", sentence=HOSTILE, number=HOSTILE, third_party=HOSTILE)
    like(register, 2, number=HOSTILE, third_party_name=HOSTILE, theirs=HOSTILE, entries=(HOSTILE[:60], "b"))
    doubtful(register, 3, number=HOSTILE, third_party_name=HOSTILE)
    delivered(register, 4, number=HOSTILE, handle="<b>file</b>")
    delivered(register, 5, number=HOSTILE, handle="<b>file</b>")

    for lang in ("fr", "en"):
        text = claire.get("decisions", lang=lang).text
        assert "<script" not in text
        assert "<b>file" not in text
        assert '="">' not in text.replace('<option value="">', "")
        assert "\u202e" not in text
        assert "\u0000" not in text
        assert text.count("&#34;&gt;&lt;script&gt;") > 8


def test_our_own_mistakes_are_loud(register: Register, claire: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    changed(register)
    form = claire.form("Accepter")

    def broken(*_: Any, **__: Any) -> None:
        raise InvariantBroken("a bug")

    monkeypatch.setattr(deciding, "accept", broken)
    with pytest.raises(InvariantBroken):
        claire.send(form)
