"""The metadata database of the test home, made once per test process and only for tests that run real DAGs or pages."""

from __future__ import annotations

from functools import cache

__all__ = ["prepare_database", "store_dags"]


@cache
def prepare_database() -> None:
    """Create Airflow's tables in the throw-away home (about five seconds, once)."""
    from airflow.utils.db import initdb

    initdb()


def store_dags() -> None:
    """Make the currently configured DAGs known to Airflow, as its DAG processor would."""
    from airflow.dag_processing.bundles.manager import DagBundlesManager
    from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db

    from tests.airflow_home import DAGS

    prepare_database()
    DagBundlesManager().sync_bundles_to_db()
    sync_bag_to_db(DagBag(DAGS, bundle_name="dags-folder"), "dags-folder", None)
