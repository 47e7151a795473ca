"""An accountant decides by clicking, inside Airflow's frame, with the pages' own headers and no script of ours."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from tests.browser.conftest import Airflow
from tests.browser.test_airflow_ui import shows
from tests.pages.examples import changed, like, propose, ready
from tests.unit.register.builders import COMPANY

from sellsy_ledger.core.corrections import Action
from sellsy_ledger.core.outcomes import State
from sellsy_ledger.register.store import Register

pytestmark = pytest.mark.browser


@pytest.fixture
def register(airflow_ui: Airflow) -> Iterator[Register]:
    with Register.open(airflow_ui.register_url) as opened:
        yield opened


@pytest.fixture
def framed(logged_in: Chrome, airflow_ui: Airflow) -> Iterator[Chrome]:
    """The cockpit in Airflow's own frame."""
    logged_in.get(f"{airflow_ui.url}/plugin/sellsy-ledger")
    logged_in.switch_to.frame(logged_in.find_element(By.TAG_NAME, "iframe"))
    yield logged_in
    logged_in.switch_to.default_content()


def press_in(driver: Chrome, number: str, words: str) -> None:
    """Click a button of one document as a person does."""
    section = driver.find_element(By.XPATH, f'//section[.//bdi[text()="{number}"]]')
    section.find_element(By.XPATH, f'.//button[text()="{words}"]').click()


def test_a_correction_is_accepted_and_a_double_refused_by_clicking(register: Register, framed: Chrome) -> None:
    correction, double = changed(register, 701), like(register, 702, number="<b>F-702</b>")
    propose(
        register,
        correction.key,
        action=Action.REVERSE_AND_BOOK,
        reversal_date=date(2026, 1, 31),
        sentence="L'écriture sera extournée.",
    )

    framed.find_element(By.LINK_TEXT, "Décisions à prendre").click()
    shows(framed, "120,00 €", "130,00 €", "L'écriture sera extournée.", "<b>F-702</b>", "écriture 4711")
    press_in(framed, "F-701", "Accepter")
    shows(framed, "F-701 : Correction acceptée")
    section = framed.find_element(By.XPATH, '//section[.//bdi[text()="<b>F-702</b>"]]')
    section.find_elements(By.NAME, "note")[-1].send_keys("vu avec le client")
    press_in(framed, "<b>F-702</b>", "Ce sont deux pièces différentes")
    shows(framed, "Deux pièces différentes : elle part")

    [kept, free, reversal] = register.load(COMPANY, [correction.key, double.key, "sales_credit_note:701-r1"])
    assert (kept.state, free.state, reversal.state) == (State.CORRECTED, State.SEEN, State.READY)
    last = register.events(COMPANY, double.key)[-1]
    assert (last.who, last.note) == ("admin", "vu avec le client")


def test_the_prepared_entries_and_a_documents_story_are_read_in_the_frame(register: Register, framed: Chrome) -> None:
    ready(register, 703)

    framed.find_element(By.LINK_TEXT, "Écritures préparées").click()
    shows(framed, "Choisissez une société.")
    framed.find_element(By.XPATH, f'//select[@name="company"]/option[@value="{COMPANY}"]').click()
    framed.find_element(By.TAG_NAME, "button").click()
    shows(framed, "F-703", "411ACME", "Totaux par journal")
    framed.find_element(By.LINK_TEXT, "F-703").click()
    shows(framed, "Histoire", "lue dans Sellsy")
    framed.find_element(By.LINK_TEXT, "English").click()
    shows(framed, "Story", "read in Sellsy", "120.00 EUR")
