"""What the data team and the accountants see, in a real browser."""

from __future__ import annotations

import pytest
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException, TimeoutException
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait
from tests.browser.conftest import Airflow

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
