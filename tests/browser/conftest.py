"""A real Airflow (API server and DAG processor on SQLite) and a real headless Chromium, once per session.

Where this machine has no Chromium with chromedriver, the tests marked ``browser`` are left out of the collection;
``tests/browser/prepare.sh`` installs them where it can and says so where it cannot.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from sellsy_ledger_airflow.demo import companies
from sellsy_ledger_airflow.demo.home import Home, free_port
from sellsy_ledger_airflow.demo.processes import Processes, wait_for
from sellsy_ledger_airflow.demo.rest import AirflowApi

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
CHROMEDRIVER = shutil.which("chromedriver")
FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-dev-shm-usage --window-size=1500,1000 --lang=en-US"
)


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave this folder out where there is no browser."""
    return True if collection_path.name.startswith("test_") and not (CHROMIUM and CHROMEDRIVER) else None


class Airflow(NamedTuple):
    """The running Airflow: its address, the admin's password, and where its register is."""

    url: str
    password: str
    register_url: str


@pytest.fixture(scope="session")
def airflow_ui(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Airflow]:
    """Airflow with the demo companies' Variables, Connections and DAGs; nothing runs, nothing outside loopback."""
    folder = tmp_path_factory.mktemp("airflow-ui")
    for name in ("dags", "plugins"):
        (folder / name).symlink_to(ROOT / name)
    home = Home(folder)
    home.prepare()
    port = free_port()
    environment = home.environment(port)
    processes = Processes(home)
    api = AirflowApi(f"http://127.0.0.1:{port}", "admin", home.secrets()["password"])
    try:
        processes.start_airflow(environment, ("api-server", "dag-processor"))
        wait_for("the API server", lambda: api.login() is None, seconds=120, alive=processes.check_alive)
        companies.configure(api, "http://127.0.0.1:9")
        for company in companies.COMPANIES:
            dag_id = companies.dag_id_of(company)
            wait_for(dag_id, lambda dag_id=dag_id: api.dag_exists(dag_id), seconds=120, alive=processes.check_alive)
        yield Airflow(api.base_url, home.secrets()["password"], home.register_url)
    finally:
        processes.stop()


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    """A headless Chromium with an empty profile."""
    options = Options()
    options.binary_location = CHROMIUM or ""
    for flag in (*FLAGS.split(), f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(flag)
    os.environ.setdefault("NO_PROXY", "127.0.0.1,localhost")
    driver = webdriver.Chrome(options=options, service=Service(CHROMEDRIVER))
    driver.implicitly_wait(20)
    yield driver
    driver.quit()


@pytest.fixture
def logged_in(browser: webdriver.Chrome, airflow_ui: Airflow) -> webdriver.Chrome:
    """The browser, logged in as the admin (whatever the test before did)."""
    browser.switch_to.default_content()
    browser.get(f"{airflow_ui.url}/auth/login")
    browser.delete_all_cookies()
    browser.get(f"{airflow_ui.url}/auth/login")
    browser.find_element(By.NAME, "username").send_keys("admin")
    browser.find_element(By.NAME, "password").send_keys(airflow_ui.password)
    browser.find_element(By.CSS_SELECTOR, "button[type=submit]").click()
    WebDriverWait(browser, 30).until(lambda driver: "/auth/login" not in driver.current_url)
    return browser
