"""Airflow's login and permissions for our pages; the only module that touches Airflow's internal security code.

Airflow mounts a plugin's application outside its own checks: without these dependencies every route would answer to
anybody. They are set on the whole application, so that a new route is closed unless nothing at all protects the app.
"""

from __future__ import annotations

from typing import Any

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.core_api.security import GetUserDep, get_user, requires_access_dag
from fastapi import Depends

__all__ = ["PROTECTION", "readable_dags"]

# Anonymous: 401; a bad token: 403; signed in without the right to read DAGs: 403.
PROTECTION: list[Any] = [Depends(get_user), Depends(requires_access_dag("GET"))]


def readable_dags(user: GetUserDep) -> set[str]:
    """The ids of the DAGs that this user may read: a company is shown to those who may read its DAG."""
    return get_auth_manager().get_authorized_dag_ids(user=user, method="GET")
