"""Sets Airflow's throw-away home before anything of Airflow is imported; no limiter of a run here really waits."""

from __future__ import annotations

import pytest
import tests.airflow_home  # noqa: F401
from tests.elastic_time import ElasticTime


@pytest.fixture(autouse=True)
def elastic_time(monkeypatch: pytest.MonkeyPatch) -> ElasticTime:
    """The time of every limiter: tasks of ``dag.test()`` make theirs in this process, with the tools' real limits."""
    elastic = ElasticTime()
    monkeypatch.setattr("sellsy_ledger.http.throttle.time", elastic)
    monkeypatch.setattr("sellsy_ledger.http.shared_throttle.time", elastic)
    return elastic
