"""Airflow's login and permissions for our pages; the only module that touches Airflow's internal security code.

Airflow mounts a plugin's application outside its own checks: without these dependencies every route would answer to
anybody. They are set on the whole application, so that a new route is closed unless nothing at all protects the app.
Its session cookie comes with no protection against forged requests: :mod:`.forms` adds that.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.core_api.security import GetUserDep, get_user, requires_access_dag
from airflow.configuration import conf
from fastapi import Depends, Request

from sellsy_ledger_airflow.pages.companies import dag_of

__all__ = ["PROTECTION", "Person", "editable_dags", "may_decide", "own_host", "person", "readable_dags", "secret_key"]

# Anonymous: 401; a bad token: 403; signed in without the right to read DAGs: 403.
PROTECTION: list[Any] = [Depends(get_user), Depends(requires_access_dag("GET"))]


class Person(NamedTuple):
    """Who is signed in: the id that no two share, and the name that the register's events carry."""

    id: str
    name: str


def person(user: GetUserDep) -> Person:
    """Who is signed in."""
    return Person(id=str(user.get_id()), name=str(user.get_name()))


def readable_dags(user: GetUserDep) -> set[str]:
    """The ids of the DAGs that this user may read: a company is shown to those who may read its DAG."""
    return get_auth_manager().get_authorized_dag_ids(user=user, method="GET")


def editable_dags(user: GetUserDep) -> set[str]:
    """The ids of the DAGs that this user may change: those people decide for the company."""
    return get_auth_manager().get_authorized_dag_ids(user=user, method="PUT")


def may_decide(company: str, request: Request, user: GetUserDep) -> None:
    """Let those pass who may change the company's DAG; 403 for the others."""
    requires_access_dag("PUT", param_dag_id=dag_of(company))(request, user)


def secret_key() -> bytes:
    """What Airflow itself signs its pages with; the same on every API server of one installation."""
    return conf.get_mandatory_value("api", "secret_key").encode()


def own_host() -> str:
    """Airflow's public address where a proxy in front of it changes the Host header; empty when not configured."""
    return conf.get("api", "base_url", fallback="") or ""
