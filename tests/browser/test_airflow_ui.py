"""What the data team and the accountants see and click in a real browser, inside Airflow's frame.

One file, so that one Airflow serves all of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException, TimeoutException
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait
from tests.browser.conftest import Airflow
from tests.pages.examples import changed, like, propose, ready
from tests.unit.register.builders import COMPANY

from sellsy_ledger.core.corrections import Action
from sellsy_ledger.core.outcomes import State
from sellsy_ledger.register.store import Register

pytestmark = pytest.mark.browser


def shows(driver: Chrome, *texts: str) -> None:
    """Wait until the page shows every text."""
    missing = list(texts)

    def all_there(_: Chrome) -> bool:
        page = driver.find_element(By.TAG_NAME, "body").text
        missing[:] = [text for text in texts if text not in page]
        return not missing

    try:
        # The page may be replaced by the next one between two looks.
        replaced = [StaleElementReferenceException, NoSuchElementException]
        WebDriverWait(driver, 40, ignored_exceptions=replaced).until(all_there)
    except TimeoutException:
        page = driver.find_element(By.TAG_NAME, "body").text
        pytest.fail(f"the page never showed {missing}; it shows: {page}")


def press(driver: Chrome, words: str) -> None:
    """Press the first button with these words on it, or as its accessible name."""
    path = f"//button[contains(normalize-space(.), '{words}') or contains(@aria-label, '{words}')]"
    button = driver.find_element(By.XPATH, path)
    driver.execute_script("arguments[0].click()", button)


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


def test_a_stranger_is_sent_to_the_login(logged_in: Chrome, airflow_ui: Airflow) -> None:
    logged_in.delete_all_cookies()
    logged_in.get(f"{airflow_ui.url}/dags")
    WebDriverWait(logged_in, 30).until(lambda driver: "/auth/login" in driver.current_url)


def test_every_company_is_a_dag_with_its_name(logged_in: Chrome, airflow_ui: Airflow) -> None:
    logged_in.get(f"{airflow_ui.url}/dags?paused=true")
    shows(logged_in, "Atelier Exemple SARL", "Boutique Exemple SAS", "Commerce Exemple SARL")


def test_the_trigger_form_asks_in_french(logged_in: Chrome, airflow_ui: Airflow) -> None:
    logged_in.get(f"{airflow_ui.url}/dags/sync__atelier")
    press(logged_in, "Trigger")
    shows(logged_in, "Du (date des pièces)", "Au (date des pièces)", "Numéros de pièces", "Backfill")


@pytest.mark.parametrize(
    ("connection", "labels"),
    [
        ("myunisoft__atelier", ("Adresse de l'API", "Jeton API du dossier ou du cabinet")),
        ("sellsy__atelier", ("Adresse de l'API V2", "Identifiant client (client_id)", "Secret client (client_secret)")),
        ("pennylane__boutique", ("Adresse de l'API", "Jeton API de l'entreprise")),
    ],
)
def test_connection_forms_name_their_fields_and_hide_secrets(
    logged_in: Chrome, airflow_ui: Airflow, connection: str, labels: tuple[str, ...]
) -> None:
    logged_in.get(f"{airflow_ui.url}/connections?name_pattern={connection}")
    shows(logged_in, connection)
    row = logged_in.find_element(By.XPATH, f"//tr[contains(., '{connection}')]")
    logged_in.execute_script(
        "arguments[0].click()", row.find_element(By.XPATH, ".//button[contains(@aria-label, 'dit')]")
    )
    shows(logged_in, *labels)
    page = logged_in.page_source
    assert "demo-secret-sellsy" not in page
    assert "demo-token" not in page


def test_the_cockpit_speaks_french_inside_airflow(logged_in: Chrome, airflow_ui: Airflow) -> None:
    logged_in.get(f"{airflow_ui.url}/plugin/sellsy-ledger")
    logged_in.switch_to.frame(logged_in.find_element(By.TAG_NAME, "iframe"))
    shows(logged_in, "Atelier Exemple SARL", "Boutique Exemple SAS", "Commerce Exemple SARL")
    assert logged_in.find_element(By.TAG_NAME, "html").get_attribute("lang") == "fr"
    logged_in.switch_to.default_content()


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
