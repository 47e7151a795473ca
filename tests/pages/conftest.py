"""Sets Airflow's throw-away home before anything of Airflow is imported."""

import tests.airflow_home  # noqa: F401
